//! A file of a guest's changed memory, as an archive from anywhere brings it. Its checksum keeps a fuzzer from all that is behind it, so
//! it is put right first.
#![no_main]

use boxlite_fuzz::{file, scratch};
use boxlite_vmm::memory::MemoryChanges;
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::xxh3_64;

const RAM: u64 = 64 << 12;
const HEADER: usize = 64;

fuzz_target!(|data: &[u8]| {
    if data.len() < HEADER {
        return;
    }
    let mut bytes = data.to_vec();
    bytes[..8].copy_from_slice(b"BoxLiteM");
    bytes[8..12].copy_from_slice(&1u32.to_le_bytes());
    bytes[12..16].copy_from_slice(&4096u32.to_le_bytes());
    bytes[16..24].copy_from_slice(&RAM.to_le_bytes());
    bytes[40..HEADER].fill(0);
    let checksum = xxh3_64(&bytes);
    bytes[40..48].copy_from_slice(&checksum.to_le_bytes());
    let directory = scratch();
    let path = file(&directory, "changes", &bytes);
    if let Ok(changes) = MemoryChanges::read(&path, RAM) {
        assert_eq!(changes.ram_bytes(), RAM);
        assert!(changes.pages() <= RAM >> 12);
        changes
            .write(&directory.join("again"))
            .expect("what was read can be written");
    }
});
