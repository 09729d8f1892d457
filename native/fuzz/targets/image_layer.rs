//! A layer of an image, as a registry sends it: an image comes of it, or a refusal, and nothing is left half.
#![no_main]

use std::{fs, sync::Arc};

use boxlite_fuzz::{file, scratch};
use boxlite_vmm::rootfs::{self, Compression, Control, Layer, Limits, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else {
        return;
    };
    let compression = match kind % 4 {
        0 => Compression::Gzip,
        1 => Compression::Zstd,
        _ => Compression::None,
    };
    let directory = scratch();
    let layer = Layer {
        path: file(&directory, "layer", data),
        compression,
    };
    let output = directory.join("image");
    let request = Request {
        layers: vec![layer],
        directories: vec!["/proc".to_owned()],
        output: output.clone(),
        limits: Limits {
            max_entries: 1_000,
            max_bytes: 1 << 20,
        },
    };
    let built = rootfs::build(request, &Arc::new(Control::new(|_| {})));
    let image = fs::metadata(&output).ok().map(|metadata| metadata.len());
    assert_eq!(built.ok().map(|built| built.size_bytes), image);
    let left = fs::read_dir(&directory)
        .expect("the scratch directory")
        .count();
    assert_eq!(left, 1 + usize::from(image.is_some()));
});
