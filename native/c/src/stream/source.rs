use std::sync::Arc;
use std::thread;

use super::{CHUNK_BYTES, Outgoing};
use crate::connection::wait;
use crate::options::Source;

/// Sends what a function of the program gives, in a thread of its own: it may wait, as one that reads a file or a socket does.
pub fn send(source: Source, stream: Arc<Outgoing>) {
    let started = thread::Builder::new()
        .name("boxlite-stream".into())
        .spawn(move || {
            pump(&source, &stream);
            source.finish();
        });
    // Without a thread the stream ends as it is dropped; the program is told.
    if started.is_err() {
        source.finish();
    }
}

fn pump(source: &Source, stream: &Outgoing) {
    let mut buffer = vec![0_u8; CHUNK_BYTES];
    loop {
        // SAFETY: the program has given the function for this, with its data; the buffer has that size.
        let count =
            unsafe { (source.read)(source.data.0, buffer.as_mut_ptr().cast(), buffer.len()) };
        match usize::try_from(count) {
            Ok(0) => return stream.close(),
            Ok(count) if count <= buffer.len() => {
                let bytes = buffer[..count].to_vec();
                if wait(|written| stream.write(bytes, written)).is_err() {
                    return;
                }
            }
            _ => return stream.fail("the program's function could not read on"),
        }
    }
}
