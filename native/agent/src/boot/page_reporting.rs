//! How the kernel tells the host of free pages (mm/page_reporting.c), which then takes their memory back.

use std::fs;
use std::io::ErrorKind;
use std::sync::Once;

use crate::console;

const ORDER_FILE: &str = "/sys/module/page_reporting/parameters/page_reporting_order";

/// Free memory is told of in pieces of 2^6 pages, 256 KiB. Left alone, the kernel tells of pieces of 2 or 4 MiB only, of which a guest
/// that has run for a while has few.
const ORDER: &str = "6";

/// To be called when the balloon's driver is there, which chooses an order itself.
pub fn apply() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| match fs::write(ORDER_FILE, ORDER) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            console::error(format_args!("could not set {ORDER_FILE}: {error}"));
        }
        // A kernel that has no such thing keeps its pages.
        _ => {}
    });
}
