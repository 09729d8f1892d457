//! What a guest sends for `copyOut`, message by message: nothing is written beside the target, whatever it says.
#![no_main]

use std::{fs, os::unix::ffi::OsStrExt};

use boxlite_copy::{Host, Owner, Sink, SinkOptions};
use boxlite_fuzz::{BORDER, scratch};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let directory = scratch();
    let target = directory.join("inside");
    fs::create_dir(&target).expect("a target");
    fs::write(directory.join("beside"), "untouched").expect("a neighbour");
    let options = SinkOptions {
        owner: Owner::Copier,
        set_id: false,
    };
    {
        let mut sink = Sink::new(Box::new(Host), target.as_os_str().as_bytes(), options);
        let mut rest = data;
        loop {
            let border = rest.windows(BORDER.len()).position(|part| part == BORDER);
            let message = &rest[..border.unwrap_or(rest.len())];
            if sink.take(message).is_err() || sink.ended() {
                break;
            }
            match border {
                Some(at) => rest = &rest[at + BORDER.len()..],
                None => break,
            }
        }
    }
    let mut names: Vec<_> = fs::read_dir(&directory)
        .expect("the scratch directory")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["beside", "inside"]);
    let beside = fs::read(directory.join("beside")).expect("the neighbour");
    assert_eq!(beside, b"untouched");
});
