//! Writes what fuzzing begins with: `seeds CORPORA` makes a directory for each target, with a few inputs that are right.

use std::{
    env, fs,
    io::Write,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use boxlite_copy::{Host, Source, SourceOptions};
use boxlite_fuzz::{BORDER, scratch};
use boxlite_vmm::output_file::Durability;

fn main() {
    let corpora = PathBuf::from(env::args_os().nth(1).expect("usage: seeds DIRECTORY"));
    let tree = scratch().join("tree");
    fs::create_dir_all(tree.join("directory/empty")).expect("a tree");
    fs::write(tree.join("directory/file"), [7; 5000]).expect("a file");
    fs::hard_link(tree.join("directory/file"), tree.join("again")).expect("a hard link");
    symlink("directory/file", tree.join("link")).expect("a link");

    seed(&corpora, "copy_stream", &copy_stream(&tree));
    let archive = output("tar", &["-c", "-C"], &tree);
    for (kind, layer) in [
        (2, archive.clone()),
        (0, filter("gzip", &archive)),
        (
            2,
            output("tar", &["-c", "--format=pax", "--xattrs", "-C"], &tree),
        ),
    ] {
        seed(&corpora, "image_layer", &[&[kind], &layer[..]].concat());
    }
    let disk = tree.join("disk");
    boxlite_vmm::disk::create(&disk, 1 << 20, Durability::Unsynced).expect("a disk");
    seed(&corpora, "disk_layer", &fs::read(&disk).expect("the disk"));
    seed(&corpora, "memory_changes", &memory_changes());
}

fn seed(corpora: &Path, target: &str, bytes: &[u8]) {
    let directory = corpora.join(target);
    fs::create_dir_all(&directory).expect("a corpus");
    let name = format!(
        "seed-{}-{}",
        bytes.len(),
        bytes.first().copied().unwrap_or(0)
    );
    fs::write(directory.join(name), bytes).expect("a seed");
}

fn copy_stream(tree: &Path) -> Vec<u8> {
    let path = tree.as_os_str().as_bytes();
    let mut source = Source::open(&Host, path, SourceOptions::default()).expect("a source");
    let mut stream = Vec::new();
    loop {
        let message = source.message().expect("a message");
        if message.is_empty() {
            return stream;
        }
        stream.extend(message);
        stream.extend(BORDER);
    }
}

/// A run of two stored pages, and one of three that are zero.
fn memory_changes() -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    bytes[24..32].copy_from_slice(&2u64.to_le_bytes());
    bytes[32..40].copy_from_slice(&2u64.to_le_bytes());
    for (at, (first, pages, kind)) in [(1u64, 2u32, 0u32), (5, 3, 1)].into_iter().enumerate() {
        let run = &mut bytes[64 + at * 16..][..16];
        run[..8].copy_from_slice(&first.to_le_bytes());
        run[8..12].copy_from_slice(&pages.to_le_bytes());
        run[12..].copy_from_slice(&kind.to_le_bytes());
    }
    bytes.extend([9; 2 * 4096]);
    bytes
}

fn output(program: &str, arguments: &[&str], tree: &Path) -> Vec<u8> {
    let mut command = Command::new(program);
    let output = command.args(arguments).arg(tree).arg(".").output();
    output.expect("the program runs").stdout
}

fn filter(program: &str, input: &[u8]) -> Vec<u8> {
    let child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.expect("the program runs");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(input).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("it ends").stdout
}
