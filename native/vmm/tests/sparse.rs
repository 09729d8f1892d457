//! Files with holes: copies that keep them, checksums that do not depend on them.

mod support;

use std::{
    fs::{self, File},
    os::unix::fs::{FileExt, MetadataExt},
    path::Path,
};

use boxlite_vmm::{
    cancellation::Cancellation,
    failure::{Code, Failure},
    output_file::Durability,
    sparse::{self, Copied, CopyRequest},
};
use support::{Scratch, random::Random};

const LENGTH: u64 = (64 << 20) + 1234;

/// Data in many places, the last bytes of the file among them.
fn sparse_file(path: &Path, seed: u64) {
    let mut random = Random::new(seed);
    let file = File::create(path).unwrap();
    file.set_len(LENGTH).unwrap();
    for _ in 0..40 {
        let bytes = vec![random.next() as u8 | 1; random.below(40_000) as usize + 1];
        let offset = random.below(LENGTH - bytes.len() as u64);
        file.write_all_at(&bytes, offset).unwrap();
    }
    file.write_all_at(b"end", LENGTH - 3).unwrap();
}

fn copy(from: &Path, to: &Path, max_data_bytes: u64) -> Result<Copied, Failure> {
    let request = CopyRequest {
        from: from.to_owned(),
        to: to.to_owned(),
        max_data_bytes,
        durability: Durability::Unsynced,
    };
    sparse::copy(&request, &Cancellation::default())
}

fn checksum(path: &Path) -> u64 {
    sparse::checksum(path, &Cancellation::default()).unwrap()
}

#[test]
fn a_copy_has_the_content_the_holes_and_the_checksum() {
    let scratch = Scratch::new();
    for seed in 0..5 {
        let (from, to) = (scratch.path("from"), scratch.path("to"));
        sparse_file(&from, seed);
        let copied = copy(&from, &to, u64::MAX).unwrap();
        let content = fs::read(&from).unwrap();
        assert!(fs::read(&to).unwrap() == content);
        let taken = |path: &Path| fs::metadata(path).unwrap().blocks() * 512;
        assert!(taken(&to) <= taken(&from) + 65536);
        assert!(copied.reflink || copied.data_bytes < 3 << 20);
        assert_eq!(checksum(&to), checksum(&from));
        // All data, no holes.
        let full = scratch.write("full", &content);
        assert_eq!(checksum(&full), checksum(&from));
    }
}

#[test]
fn a_checksum_sees_every_change() {
    let scratch = Scratch::new();
    let path = scratch.path("file");
    sparse_file(&path, 1);
    let mut seen = vec![checksum(&path)];
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let mut differs = |what: &str| {
        let now = checksum(&path);
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    file.write_all_at(b"x", LENGTH - 1).unwrap();
    differs("the last byte");
    file.write_all_at(&[1], 0).unwrap();
    differs("a byte in a hole");
    file.write_all_at(&[0, 1], 0).unwrap();
    differs("the next byte");
    file.write_all_at(&[0; 4096], 0).unwrap();
    file.write_all_at(&[0, 1], 4096).unwrap();
    differs("the same block at another place");
    file.set_len(LENGTH + 1).unwrap();
    differs("the length");
}

#[test]
fn the_checksum_is_the_one_that_is_written_down() {
    let scratch = Scratch::new();
    let path = scratch.path("file");
    let file = File::create(&path).unwrap();
    file.write_all_at(b"tail", 3 * 4096).unwrap();
    let text = [
        &(3 * 4096u64 + 4).to_le_bytes()[..],
        &(3 * 4096u64).to_le_bytes(),
        b"tail",
    ]
    .concat();
    assert_eq!(checksum(&path), xxhash_rust::xxh3::xxh3_64(&text));
}

#[test]
fn what_is_too_large_is_not_copied() {
    let scratch = Scratch::new();
    let (from, to) = (scratch.path("from"), scratch.path("to"));
    fs::write(&from, vec![1; 100 << 10]).unwrap();
    match copy(&from, &to, 50 << 10) {
        Err(failure) => {
            assert_eq!(
                (failure.code, failure.reason),
                (Code::ResourceExhausted, "too-large")
            );
            assert_eq!(scratch.names(), ["from"]);
        }
        Ok(copied) => assert!(copied.reflink),
    }
    let copied = copy(&from, &to, 100 << 10).unwrap();
    assert!(copied.reflink || copied.data_bytes == 100 << 10);
}

#[test]
fn a_copy_that_fails_leaves_what_was_there() {
    let scratch = Scratch::new();
    let (from, to) = (scratch.path("from"), scratch.write("to", b"old"));
    fs::write(&from, vec![1; 1 << 20]).unwrap();
    let request = CopyRequest {
        from,
        to: to.clone(),
        max_data_bytes: u64::MAX,
        durability: Durability::Synced,
    };
    let cancellation = Cancellation::default();
    cancellation.cancel();
    match sparse::copy(&request, &cancellation) {
        Err(failure) => {
            assert_eq!(failure.reason, "aborted");
            assert_eq!(fs::read(&to).unwrap(), b"old");
        }
        Ok(copied) => assert!(copied.reflink),
    }
    assert_eq!(
        copy(&scratch.path("absent"), &to, 1).unwrap_err().reason,
        "ENOENT"
    );
    // Nobody writes to it: opening must not wait.
    let fifo = scratch.path("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    assert_eq!(copy(&fifo, &to, 1).unwrap_err().reason, "not-a-file");
    assert_eq!(
        copy(Path::new("/dev/zero"), &to, 1).unwrap_err().reason,
        "not-a-file"
    );
    assert_eq!(scratch.names(), ["fifo", "from", "to"]);
}

/// The kernel copies between no two file systems of different kinds: by hand, then.
#[test]
fn a_copy_to_another_file_system() {
    let shm = Path::new("/dev/shm");
    let target = shm.join(format!("boxlite-copy-{}", std::process::id()));
    let scratch = Scratch::new();
    let from = scratch.path("from");
    sparse_file(&from, 3);
    let Ok(copied) = copy(&from, &target, u64::MAX) else {
        eprintln!("skipped: no file can be made in /dev/shm");
        return;
    };
    let same = fs::read(&target).unwrap() == fs::read(&from).unwrap();
    fs::remove_file(&target).unwrap();
    assert!(same && !copied.reflink);
    assert!(!sparse::can_reflink(shm).unwrap());
}

#[test]
fn a_reflink_is_tried_and_leaves_nothing() {
    let scratch = Scratch::new();
    let (from, to) = (scratch.path("from"), scratch.path("to"));
    let can = sparse::can_reflink(&scratch.path("")).unwrap();
    assert!(scratch.names().is_empty());
    fs::write(&from, vec![1; 8192]).unwrap();
    assert_eq!(copy(&from, &to, 8192).unwrap().reflink, can);
    let absent = sparse::can_reflink(&scratch.path("absent")).unwrap_err();
    assert_eq!(absent.reason, "ENOENT");
}
