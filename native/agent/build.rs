//! Generates the services and messages of `proto/boxlite/v1`; needs no protoc on the machine.

use std::error::Error;
use std::path::Path;

const FILES: [&str; 4] = [
    "boxlite/v1/container.proto",
    "boxlite/v1/execution.proto",
    "boxlite/v1/files.proto",
    "boxlite/v1/guest.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let descriptors = protox::compile(FILES, [root])?;
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .bytes(".")
        .compile_fds(descriptors)?;
    Ok(())
}
