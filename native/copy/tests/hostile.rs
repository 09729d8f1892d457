//! Streams that lie: nothing is written outside the target, nothing half gets a name, and nothing panics.

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use boxlite_copy::record::Record;
use boxlite_copy::{Fault, Host, Owner, Sink, SinkOptions, SourceOptions};
use proptest::prelude::*;
use support::{Scratch, bytes, describe, messages, sink};

fn stream(records: &[Record<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    records.iter().for_each(|record| record.put(&mut out));
    out
}

fn meta() -> boxlite_copy::Meta {
    boxlite_copy::Meta {
        mode: 0o755,
        ..Default::default()
    }
}

fn enter(name: &[u8]) -> Record<'_> {
    let meta = Some(meta());
    Record::Enter { name, meta }
}

fn file(name: &[u8], size: u64) -> Record<'_> {
    Record::File {
        name,
        meta: meta(),
        id: 0,
        size,
    }
}

fn symlink_to<'a>(name: &'a [u8], target: &'a [u8]) -> Record<'a> {
    Record::Symlink {
        name,
        meta: meta(),
        id: 0,
        target,
    }
}

#[test]
fn names_lead_nowhere() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("target")).unwrap();
    for name in ["..", ".", "a/b", "/a", "a\0b", ""] {
        let mut sink = sink(bytes(&scratch.path("target")));
        let result = sink.take(&stream(&[enter(b"top"), file(name.as_bytes(), 0)]));
        assert!(
            matches!(result, Err(Fault::Stream(_))),
            "{name:?} {result:?}"
        );
    }
    assert_eq!(describe(&scratch.0).len(), 2);
}

#[test]
fn links_of_the_stream_or_the_target_are_not_followed() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("target/there")).unwrap();
    fs::create_dir(scratch.path("outside")).unwrap();
    symlink("../../outside", scratch.path("target/there/link")).unwrap();
    // A link that was there.
    let result = sink(bytes(&scratch.path("target"))).take(&stream(&[
        enter(b"there"),
        enter(b"link"),
        file(b"x", 0),
    ]));
    assert!(matches!(result, Err(Fault::System { .. })), "{result:?}");
    // One that the stream brings, then a directory of that name.
    let records = [
        enter(b"new"),
        symlink_to(b"out", b"../../outside"),
        enter(b"out"),
        file(b"x", 0),
    ];
    let result = sink(bytes(&scratch.path("target"))).take(&stream(&records));
    assert!(matches!(result, Err(Fault::System { .. })), "{result:?}");
    // A file of the name of a link that was there replaces the link.
    let records = [
        enter(b"there"),
        file(b"link", 1),
        Record::Data(b"x"),
        Record::Leave,
        Record::End {
            entries: 2,
            skipped: 0,
        },
    ];
    sink(bytes(&scratch.path("target")))
        .take(&stream(&records))
        .unwrap();
    assert_eq!(fs::read(scratch.path("target/there/link")).unwrap(), b"x");
    assert_eq!(fs::read_dir(scratch.path("outside")).unwrap().count(), 0);
}

#[test]
fn a_link_that_is_swapped_in_meanwhile_is_not_followed() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("target/sub")).unwrap();
    fs::create_dir(scratch.path("outside")).unwrap();
    let mut sink = sink(bytes(&scratch.path("target/.")));
    sink.take(&stream(&[enter(b""), enter(b"sub"), file(b"one", 0)]))
        .unwrap();
    fs::rename(scratch.path("target/sub"), scratch.path("moved")).unwrap();
    symlink("../outside", scratch.path("target/sub")).unwrap();
    // What is open stays what it was.
    sink.take(&stream(&[file(b"two", 0), Record::Leave]))
        .unwrap();
    assert!(scratch.path("moved/two").exists());
    let result = sink.take(&stream(&[enter(b"sub")]));
    assert!(matches!(result, Err(Fault::System { .. })), "{result:?}");
    assert_eq!(fs::read_dir(scratch.path("outside")).unwrap().count(), 0);
}

#[test]
fn what_breaks_off_leaves_nothing() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("target")).unwrap();
    fs::write(scratch.path("target/kept"), "old").unwrap();
    let mut new = sink(bytes(&scratch.path("target/new")));
    new.take(&stream(&[
        enter(b"top"),
        enter(b"sub"),
        file(b"file", 10),
        Record::Data(b"half"),
    ]))
    .unwrap();
    let mut over = sink(bytes(&scratch.path("target/kept")));
    over.take(&stream(&[file(b"file", 10), Record::Data(b"half")]))
        .unwrap();
    // While it lasts only drafts are there.
    let names = || {
        fs::read_dir(scratch.path("target"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
    };
    assert!(names().all(|name| name == "kept" || name.to_string_lossy().starts_with(".boxlite-")));
    assert_eq!(fs::read(scratch.path("target/kept")).unwrap(), b"old");
    drop((new, over));
    assert_eq!(names().collect::<Vec<_>>(), ["kept"]);
}

#[test]
fn lies_about_sizes_and_counts_are_seen() {
    let scratch = Scratch::new();
    let end = Record::End {
        entries: 1,
        skipped: 0,
    };
    let lies: &[&[Record<'_>]] = &[
        &[file(b"f", 1), Record::Data(b"xx")],
        &[file(b"f", 2), Record::Data(b"x"), end.clone()],
        &[file(b"f", 2), Record::Hole(3)],
        &[file(b"f", 0), Record::Data(b"x")],
        &[enter(b"d"), end.clone()],
        &[enter(b"d"), Record::Leave, Record::Leave],
        &[enter(b"d"), enter(b"")],
        &[Record::Leave],
        std::slice::from_ref(&end),
        &[file(b"f", 0), file(b"g", 0)],
        &[
            file(b"f", 0),
            Record::End {
                entries: 2,
                skipped: 0,
            },
        ],
        &[file(b"f", 0), end.clone(), end.clone()],
        &[enter(b"d"), Record::Link { name: b"l", id: 7 }],
    ];
    for lie in lies {
        let result = sink(bytes(&scratch.path("target"))).take(&stream(lie));
        assert!(
            matches!(result, Err(Fault::Stream(_))),
            "{lie:?} {result:?}"
        );
        let _ = fs::remove_file(scratch.path("target"));
    }
    // Setuid is not taken from a stranger.
    let options = SinkOptions {
        owner: Owner::Copier,
        set_id: false,
    };
    let meta = boxlite_copy::Meta {
        mode: 0o6755,
        ..Default::default()
    };
    let record = Record::File {
        name: b"f",
        meta,
        id: 0,
        size: 0,
    };
    Sink::new(Box::new(Host), bytes(&scratch.path("set-id")), options)
        .take(&stream(&[record]))
        .unwrap();
    assert!(
        describe(&scratch.0)
            .iter()
            .any(|line| line.starts_with("\"set-id\" 10 755 "))
    );
}

fn records() -> impl Strategy<Value = Vec<u8>> {
    // Many bytes that mean something, so that fuzz gets deep.
    let byte =
        prop_oneof![3 => 0u8..10, 1 => any::<u8>(), 2 => prop::sample::select(b"./ab".to_vec())];
    prop::collection::vec(byte, 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_writes_nothing_elsewhere(noise in records()) {
        let scratch = Scratch::new();
        fs::create_dir(scratch.path("target")).unwrap();
        let mut sink = sink(bytes(&scratch.path("target")));
        let _ = sink.take(&noise);
        drop(sink);
        prop_assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
    }

    #[test]
    fn damage_writes_nothing_elsewhere(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let scratch = Scratch::new();
        fs::create_dir_all(scratch.path("from/a/b")).unwrap();
        fs::write(scratch.path("from/a/b/file"), "content").unwrap();
        fs::hard_link(scratch.path("from/a/b/file"), scratch.path("from/a/link")).unwrap();
        symlink("..", scratch.path("from/a/up")).unwrap();
        fs::create_dir(scratch.path("target")).unwrap();
        let mut message = messages(bytes(&scratch.path("from")), SourceOptions::default()).unwrap().concat();
        *at.get_mut(&mut message) = byte;
        message.truncate(cut.index(message.len()) + 1);
        let mut sink = sink(bytes(&scratch.path("target")));
        let _ = sink.take(&message);
        drop(sink);
        prop_assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 2);
        let half = describe(&scratch.path("target")).into_iter().find(|line| line.contains(".boxlite-"));
        prop_assert_eq!(half, None);
    }
}
