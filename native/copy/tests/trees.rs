//! What comes out is what went in, and where it goes.

mod support;

use std::ffi::OsString;
use std::fs::{self, File, FileTimes};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use boxlite_copy::{Fault, SourceOptions};
use proptest::prelude::*;
use rustix::io::Errno;
use support::{Scratch, bytes, describe, messages, sink};

fn copy(from: &[u8], to: &[u8]) -> boxlite_copy::Result<boxlite_copy::Sink> {
    let mut sink = sink(to);
    for message in messages(from, SourceOptions::default())? {
        sink.take(&message)?;
    }
    assert!(sink.ended());
    Ok(sink)
}

#[derive(Clone, Debug)]
enum Node {
    Directory(Vec<Node>, u32),
    File {
        pieces: Vec<(usize, u8)>,
        mode: u32,
        nanos: u32,
    },
    Symlink(Vec<u8>),
    Fifo,
    /// Another name of the last file.
    Link,
}

fn node() -> impl Strategy<Value = Node> {
    let pieces = prop::collection::vec(
        (
            prop_oneof![0usize..40, Just(4096), 100_000usize..200_000],
            any::<u8>(),
        ),
        0..4,
    );
    let leaf = prop_oneof![
        4 => (pieces, 0o400u32..0o10000, 0u32..1_000_000_000)
            .prop_map(|(pieces, mode, nanos)| Node::File { pieces, mode: mode | 0o400, nanos }),
        1 => prop::collection::vec(1u8..=255, 1..300).prop_map(Node::Symlink),
        1 => Just(Node::Fifo),
        1 => Just(Node::Link),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        (prop::collection::vec(inner, 0..6), 0o700u32..0o2000)
            .prop_map(|(nodes, mode)| Node::Directory(nodes, mode | 0o700))
    })
}

/// A name that is not UTF-8, and sometimes as long as can be.
fn name(index: usize) -> OsString {
    let mut name = format!("{index}-").into_bytes();
    name.extend([0xff, 0xc3, b'\n']);
    name.resize(if index % 3 == 0 { 255 } else { 9 }, b'x');
    OsString::from_vec(name)
}

fn make(path: &Path, node: &Node, last: &mut Option<std::path::PathBuf>) {
    match node {
        Node::Directory(nodes, mode) => {
            fs::create_dir(path).unwrap();
            for (index, node) in nodes.iter().enumerate() {
                make(&path.join(name(index)), node, last);
            }
            fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
        }
        Node::File {
            pieces,
            mode,
            nanos,
        } => {
            let file = File::create(path).unwrap();
            let mut at = 0;
            for &(length, byte) in pieces {
                // Every third piece is a hole.
                if byte % 3 != 0 {
                    file.write_all_at(&vec![byte; length], at).unwrap();
                }
                at += length as u64;
            }
            file.set_len(at).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
            let time =
                SystemTime::UNIX_EPOCH - Duration::from_secs(1000) + Duration::new(5000, *nanos);
            file.set_times(FileTimes::new().set_modified(time)).unwrap();
            *last = Some(path.to_owned());
        }
        Node::Symlink(target) => symlink(OsString::from_vec(target.clone()), path).unwrap(),
        Node::Fifo => {
            let mode = rustix::fs::Mode::from(0o640);
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0)
                .unwrap();
        }
        Node::Link => {
            if let Some(last) = last {
                fs::hard_link(last, path).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_out_is_what_went_in(nodes in prop::collection::vec(node(), 0..8)) {
        let scratch = Scratch::new();
        let from = scratch.path("from");
        make(&from, &Node::Directory(nodes, 0o755), &mut None);
        copy(bytes(&from), bytes(&scratch.path("to"))).unwrap();
        prop_assert_eq!(describe(&from), describe(&scratch.path("to")));
        // Into a directory that exists, each entry for itself.
        fs::create_dir(scratch.path("there")).unwrap();
        copy(bytes(&scratch.path("from/.")), bytes(&scratch.path("there"))).unwrap();
        prop_assert_eq!(&describe(&from)[1..], &describe(&scratch.path("there"))[1..]);
        // And once more, over what is there now; a directory that is there has the time at which it was filled.
        copy(bytes(&scratch.path("from/.")), bytes(&scratch.path("there"))).unwrap();
        let told = |path| describe(path).into_iter().skip(1).map(without_directory_time).collect::<Vec<_>>();
        prop_assert_eq!(told(&from), told(&scratch.path("there")));
    }
}

fn without_directory_time(line: String) -> String {
    match line.split_once(" 4 ") {
        Some((name, rest)) => format!("{name} 4 {}", rest.split(' ').next().unwrap()),
        None => line,
    }
}

#[test]
fn holes_stay_holes() {
    let scratch = Scratch::new();
    let file = File::create(scratch.path("from")).unwrap();
    file.write_all_at(b"data", 64 << 20).unwrap();
    file.set_len(1 << 30).unwrap();
    let sent: usize = messages(bytes(&scratch.path("from")), SourceOptions::default())
        .unwrap()
        .iter()
        .map(Vec::len)
        .sum();
    copy(bytes(&scratch.path("from")), bytes(&scratch.path("to"))).unwrap();
    let metadata = fs::metadata(scratch.path("to")).unwrap();
    assert_eq!(metadata.len(), 1 << 30);
    assert!(
        metadata.blocks() * 512 < 1 << 20 && sent < 1 << 20,
        "{} {sent}",
        metadata.blocks()
    );
}

#[test]
fn files_that_are_made_when_they_are_read_have_their_content() {
    let scratch = Scratch::new();
    copy(b"/proc/version", bytes(&scratch.path("version"))).unwrap();
    assert_eq!(
        fs::read(scratch.path("version")).unwrap(),
        fs::read("/proc/version").unwrap()
    );
    copy(b"/proc/sys/kernel/random/.", bytes(&scratch.path("random"))).unwrap();
    let id = fs::read("/proc/sys/kernel/random/boot_id").unwrap();
    assert_eq!(fs::read(scratch.path("random/boot_id")).unwrap(), id);
}

#[test]
fn a_deep_tree_comes_through() {
    let scratch = Scratch::new();
    let depth = 300;
    let mut at = rustix::fs::openat(
        rustix::fs::CWD,
        &scratch.0,
        rustix::fs::OFlags::PATH,
        rustix::fs::Mode::empty(),
    )
    .unwrap();
    let long = "d".repeat(255);
    rustix::fs::mkdirat(&at, "from", 0o755.into()).unwrap();
    at = rustix::fs::openat(
        &at,
        "from",
        rustix::fs::OFlags::PATH,
        rustix::fs::Mode::empty(),
    )
    .unwrap();
    for _ in 0..depth {
        rustix::fs::mkdirat(&at, &long, 0o755.into()).unwrap();
        at = rustix::fs::openat(
            &at,
            &long,
            rustix::fs::OFlags::PATH,
            rustix::fs::Mode::empty(),
        )
        .unwrap();
    }
    let sink = copy(bytes(&scratch.path("from")), bytes(&scratch.path("to"))).unwrap();
    assert_eq!(sink.progress().entries, depth + 1);
    // What the standard library removes, since paths are too long for others.
    fs::remove_dir_all(scratch.path("from")).unwrap();
    fs::remove_dir_all(scratch.path("to")).unwrap();
}

fn errno(result: boxlite_copy::Result<boxlite_copy::Sink>) -> Errno {
    match result.map(|_| ()) {
        Err(Fault::System { errno, .. }) => errno,
        other => panic!("{other:?}"),
    }
}

#[test]
fn goes_where_docker_cp_says() {
    let scratch = Scratch::new();
    let path = |name: &str| {
        bytes(&scratch.0)
            .iter()
            .copied()
            .chain([b'/'])
            .chain(name.bytes())
            .collect::<Vec<u8>>()
    };
    let exists = |name: &str| scratch.path(name).exists();
    fs::write(scratch.path("file"), "1").unwrap();
    fs::write(scratch.path("other"), "2").unwrap();
    fs::create_dir_all(scratch.path("tree/sub")).unwrap();
    fs::create_dir(scratch.path("dir")).unwrap();
    symlink("dir", scratch.path("link")).unwrap();
    symlink("other", scratch.path("link-to-file")).unwrap();

    copy(&path("file"), &path("new")).unwrap();
    assert!(exists("new"));
    copy(&path("file"), &path("dir")).unwrap();
    assert!(exists("dir/file"));
    copy(&path("tree"), &path("link")).unwrap();
    assert!(exists("dir/tree/sub"));
    copy(&path("tree/."), &path("dir")).unwrap();
    assert!(exists("dir/sub"));
    copy(&path("tree/."), &path("made/")).unwrap();
    assert!(exists("made/sub") && !exists("made/tree"));
    copy(&path("file"), &path("link-to-file")).unwrap();
    assert_eq!(fs::read(scratch.path("other")).unwrap(), b"1");
    copy(&path("link"), &path("copied-link")).unwrap();
    assert!(
        fs::symlink_metadata(scratch.path("copied-link"))
            .unwrap()
            .is_symlink()
    );
    copy(&path("link/"), &path("followed")).unwrap();
    assert!(exists("followed/file"));

    assert_eq!(errno(copy(&path("file"), &path("nowhere/"))), Errno::NOENT);
    assert_eq!(errno(copy(&path("file"), &path("no/where"))), Errno::NOENT);
    assert_eq!(errno(copy(&path("file"), &path("other/"))), Errno::NOTDIR);
    assert_eq!(errno(copy(&path("tree"), &path("other"))), Errno::NOTDIR);
    fs::create_dir(scratch.path("dir/other")).unwrap();
    assert_eq!(errno(copy(&path("other"), &path("dir"))), Errno::ISDIR);
    fs::write(scratch.path("made/tree"), "").unwrap();
    assert_eq!(errno(copy(&path("tree"), &path("made"))), Errno::NOTDIR);
    // What failed left nothing behind.
    let left = describe(&scratch.0)
        .into_iter()
        .find(|line| line.contains(".boxlite-"));
    assert_eq!(left, None);
}
