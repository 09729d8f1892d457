//! Streams in both styles.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use crate::abi::get::{Items, Reader};
use crate::abi::lifetime::unshare;
use crate::abi::method::{Data, Nothing, Outcome, give, refuse, tell_later};
use crate::abi::set::{self, share};
use crate::connection::wait;
use crate::failure::Failure;
use crate::node::Node;
use crate::options::{Argument, UserData};
use crate::stream::{Incoming, Outgoing, Piece};
use crate::text::Text;

fn no_stream() -> Failure {
    Failure::invalid("a stream was asked for that is a null pointer")
}

// --- Bytes that come

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_reader_read(
    this: *const Reader,
    buffer: *mut c_void,
    size: usize,
    error: *mut *mut Failure,
) -> i64 {
    let taken = match unsafe { share(this) } {
        Some(_) if size == 0 || buffer.is_null() => {
            Err(Failure::invalid("there is no buffer to read into"))
        }
        Some(reader) => wait(|taken| reader.take(size, taken)),
        None => Err(no_stream()),
    };
    match taken {
        Ok(piece) => {
            let piece = piece.unwrap_or_default();
            unsafe {
                ptr::copy_nonoverlapping(piece.as_ptr(), buffer.cast::<u8>(), piece.len());
                give::<Nothing>(Ok(Node::Null), error);
            }
            piece.len() as i64
        }
        Err(why) => {
            unsafe { give::<Nothing>(Err(why), error) };
            -1
        }
    }
}

/// All that is left, as one piece.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_reader_read_all(
    this: *const Reader,
    error: *mut *mut Failure,
) -> *mut Node {
    let all = unsafe { share(this) }
        .ok_or_else(no_stream)
        .and_then(|reader| {
            let mut all = Vec::new();
            while let Some(piece) = wait(|taken| reader.take(usize::MAX, taken))? {
                all.extend_from_slice(&piece);
            }
            Ok(Node::Bytes(Text::new(&all)))
        });
    unsafe { give::<Data>(all, error) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_reader_read_async(
    this: *const Reader,
    callback: Option<<Data as Outcome>::Callback>,
    data: *mut c_void,
) {
    unsafe { take_later(this, callback, data, |piece| Node::Bytes(Text::new(&piece))) };
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_reader_close(this: *const Reader) {
    if let Some(reader) = unsafe { share(this) } {
        reader.stop();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_reader_free(this: *const Reader) {
    unsafe { unshare(this) }
}

// --- Things that come

/// The next one; null at the end, and null with an error.
pub unsafe fn next(this: *const Items, error: *mut *mut Failure) -> *mut Node {
    let taken = unsafe { share(this) }
        .ok_or_else(no_stream)
        .and_then(|items| wait(|taken| items.take(1, taken)));
    unsafe { give::<Data>(taken.map(|item| item.unwrap_or(Node::Null)), error) }
}

pub unsafe fn next_later(
    this: *const Items,
    callback: Option<<Data as Outcome>::Callback>,
    data: *mut c_void,
) {
    unsafe { take_later(this, callback, data, |node| node) };
}

pub unsafe fn close(this: *const Items) {
    if let Some(items) = unsafe { share(this) } {
        items.stop();
    }
}

macro_rules! items {
    ($next:ident, $later:ident, $close:ident, $free:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $next(
            this: *const $crate::abi::get::Items,
            error: *mut *mut $crate::failure::Failure,
        ) -> *mut $crate::node::Node {
            unsafe { $crate::abi::streams::next(this, error) }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $later(
            this: *const $crate::abi::get::Items,
            callback: Option<<$crate::abi::method::Data as $crate::abi::method::Outcome>::Callback>,
            data: *mut std::ffi::c_void,
        ) {
            unsafe { $crate::abi::streams::next_later(this, callback, data) }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $close(this: *const $crate::abi::get::Items) {
            unsafe { $crate::abi::streams::close(this) }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $free(this: *const $crate::abi::get::Items) {
            unsafe { $crate::abi::lifetime::unshare(this) }
        }
    };
}

pub(super) use items;

/// The callback gets the next piece; null at the end, and null with an error.
unsafe fn take_later<P: Piece + Send + 'static>(
    this: *const Incoming<P>,
    callback: Option<<Data as Outcome>::Callback>,
    data: *mut c_void,
    of: impl FnOnce(P) -> Node + Send + 'static,
) {
    let data = UserData(data);
    let Some(stream) = (unsafe { share(this) }) else {
        return refuse::<Data>(no_stream(), callback, data);
    };
    let told = tell_later::<Data>(stream.connection().clone(), callback, data);
    stream.take(usize::MAX, move |piece| {
        told(piece.map(|piece| piece.map_or(Node::Null, of)))
    });
}

// --- Bytes that go

unsafe fn to_write(
    this: *const Outgoing,
    bytes: *const c_void,
    length: usize,
) -> Result<(Arc<Outgoing>, Vec<u8>), Failure> {
    let writer = unsafe { share(this) }.ok_or_else(no_stream)?;
    match unsafe { set::bytes(bytes, length) } {
        Argument::Bytes(bytes) => Ok((writer, bytes)),
        _ => Err(Failure::invalid("there are no bytes to write")),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_writer_write(
    this: *const Outgoing,
    bytes: *const c_void,
    length: usize,
    error: *mut *mut Failure,
) -> bool {
    let written = unsafe { to_write(this, bytes, length) }
        .and_then(|(writer, bytes)| wait(|written| writer.write(bytes, written)));
    unsafe { give::<Nothing>(written.map(|()| Node::Null), error) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_writer_write_async(
    this: *const Outgoing,
    bytes: *const c_void,
    length: usize,
    callback: Option<<Nothing as Outcome>::Callback>,
    data: *mut c_void,
) {
    let data = UserData(data);
    match unsafe { to_write(this, bytes, length) } {
        Ok((writer, bytes)) => {
            let told = tell_later::<Nothing>(writer.connection().clone(), callback, data);
            writer.write(bytes, move |written| told(written.map(|()| Node::Null)));
        }
        Err(why) => refuse::<Nothing>(why, callback, data),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_writer_close(this: *const Outgoing) {
    if let Some(writer) = unsafe { share(this) } {
        writer.close();
    }
}
