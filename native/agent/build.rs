//! Generates the services and messages of `proto/boxlite/v1`, which needs no protoc on the machine, and the containers' seccomp filter.

#[path = "seccomp/compile.rs"]
mod seccomp;

use std::error::Error;
use std::path::Path;

const FILES: [&str; 6] = [
    "boxlite/v1/care.proto",
    "boxlite/v1/container.proto",
    "boxlite/v1/copy.proto",
    "boxlite/v1/execution.proto",
    "boxlite/v1/files.proto",
    "boxlite/v1/guest.proto",
];
const PROFILE: &str = "seccomp/default.profile";

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    println!("cargo::rerun-if-changed=seccomp");
    let descriptors = protox::compile(FILES, [root])?;
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .bytes(".")
        .compile_fds(descriptors)?;
    let filter = seccomp::compile(&std::fs::read_to_string(PROFILE)?)
        .map_err(|error| format!("{PROFILE}: {error}"))?;
    let target = Path::new(&std::env::var("OUT_DIR")?).join("seccomp.rs");
    Ok(std::fs::write(target, filter)?)
}
