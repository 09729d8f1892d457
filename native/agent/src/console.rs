//! What the agent says on the machine's console: errors that the host shows when a guest fails, and nothing else.

use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::sync::OnceLock;

static KMSG: OnceLock<File> = OnceLock::new();

/// Call once /dev is mounted. Makes a panic of any thread or child end the guest, with its message on the console.
pub fn init() {
    if let Ok(file) = File::options().write(true).open("/dev/kmsg") {
        let _ = KMSG.set(file);
    }
    std::panic::set_hook(Box::new(|info| fatal(format_args!("panic: {info}"))));
}

/// Writes one line at the level that the console shows.
pub fn error(message: impl Display) {
    // One write is one record; the kernel cuts it at about 1 KiB.
    let line = format!(
        "<3>boxlite-agent: {}\n",
        message.to_string().replace('\n', " ")
    );
    let written = KMSG
        .get()
        .is_some_and(|mut file| file.write_all(line.as_bytes()).is_ok());
    if !written {
        let _ = std::io::stderr().write_all(&line.as_bytes()[3..]);
    }
}

/// Says what went wrong and switches the machine off: without its PID 1 a guest is of no use.
pub fn fatal(message: impl Display) -> ! {
    error(message);
    power_off()
}

/// Switches the machine off.
pub fn power_off() -> ! {
    rustix::fs::sync();
    // Power off needs ACPI; a restart ends the VM as well, since the engine runs with -no-reboot.
    // SAFETY: no pointer is passed.
    unsafe {
        libc::reboot(libc::RB_POWER_OFF);
        libc::reboot(libc::RB_AUTOBOOT);
    }
    std::process::abort()
}
