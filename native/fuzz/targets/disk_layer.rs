//! A layer of a disk (qcow2), as a VMM that was taken over may leave it: read as a disk, or refused.
#![no_main]

use boxlite_fuzz::{file, scratch};
use boxlite_vmm::{
    cancellation::Cancellation,
    disk::{Flatten, Format, Layer, flatten, inspect},
    output_file::Durability,
};
use libfuzzer_sys::fuzz_target;

/// Larger disks take their time and show nothing new.
const LARGEST: u64 = 16 << 20;

fuzz_target!(|data: &[u8]| {
    let directory = scratch();
    let layer = Layer {
        path: file(&directory, "layer", data),
        format: Format::Qcow2,
    };
    let Ok(bytes) = inspect(&layer) else { return };
    if bytes > LARGEST {
        return;
    }
    let request = Flatten {
        layers: vec![layer],
        output: directory.join("flat"),
        durability: Durability::Unsynced,
    };
    if flatten(&request, |_, _| {}, &Cancellation::default()).is_ok() {
        let flat = std::fs::metadata(directory.join("flat")).expect("the flat disk");
        assert_eq!(flat.len(), bytes);
    }
});
