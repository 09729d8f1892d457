//! Arguments and options: how what C gives becomes what is sent.

use std::ffi::{c_char, c_void};
use std::slice;
use std::sync::Arc;

use crate::cancellation::Cancellation;
use crate::options::{
    Argument, DoneFunction, Function, NodeFunction, Options, ReadFunction, Source, UserData,
};
use crate::text::bytes_of;

/// A setter of options: `set`, `add` to a list, or `enter` into a map.
macro_rules! setter {
    ($name:ident($($parameter:ident: $type:ty),*), $how:ident($field:literal $(, $key:ident)?), $value:expr) => {
        // Not what every value is made of needs it.
        #[allow(unused_unsafe)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(this: *const $crate::options::Options, $($parameter: $type),*) {
            if let Some(this) = unsafe { this.as_ref() } {
                this.$how($field, $(unsafe { $crate::text::bytes_of($key) },)? unsafe { $value });
            }
        }
    };
}

pub(super) use setter;

pub unsafe fn text(value: *const c_char) -> Argument {
    unsafe { bytes_of(value) }.map_or(Argument::Nothing, Argument::of_bytes)
}

/// A path of Linux, which need not be UTF-8.
pub unsafe fn path(value: *const c_char) -> Argument {
    let Some(bytes) = (unsafe { bytes_of(value) }) else {
        return Argument::Nothing;
    };
    std::str::from_utf8(bytes).map_or_else(
        |_| Argument::Bytes(bytes.into()),
        |text| Argument::Text(text.into()),
    )
}

/// A word, or a number: what is digits is one.
pub unsafe fn text_or_number(value: *const c_char) -> Argument {
    let Some(bytes) = (unsafe { bytes_of(value) }) else {
        return Argument::Nothing;
    };
    let number = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse().ok());
    number.map_or_else(|| Argument::of_bytes(bytes), Argument::Int)
}

pub unsafe fn bytes(data: *const c_void, length: usize) -> Argument {
    if length == 0 {
        return Argument::Bytes(Vec::new());
    }
    if data.is_null() {
        return Argument::Wrong("bytes are not there");
    }
    Argument::Bytes(unsafe { slice::from_raw_parts(data.cast::<u8>(), length) }.to_vec())
}

/// Strings with a null pointer after the last; a null pointer alone is none.
pub unsafe fn texts(values: *const *const c_char) -> Argument {
    if values.is_null() {
        return Argument::Nothing;
    }
    let all = (0..)
        .map(|at| unsafe { *values.add(at) })
        .take_while(|value| !value.is_null());
    Argument::List(all.map(|value| unsafe { text(value) }).collect())
}

pub unsafe fn options(value: *const Options) -> Argument {
    unsafe { value.as_ref() }.map_or(Argument::Nothing, Options::argument)
}

pub unsafe fn stream(
    read: Option<ReadFunction>,
    done: Option<DoneFunction>,
    data: *mut c_void,
) -> Argument {
    let data = UserData(data);
    read.map_or(Argument::Nothing, |read| {
        Argument::Stream(Source { read, done, data })
    })
}

pub unsafe fn function(call: Option<NodeFunction>, data: *mut c_void) -> Argument {
    let data = UserData(data);
    call.map_or(Argument::Nothing, |call| {
        Argument::Function(Function { call, data })
    })
}

pub fn map<const N: usize>(fields: [(&str, Argument); N]) -> Argument {
    Argument::Map(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

pub fn word(value: &str) -> Argument {
    Argument::Text(value.into())
}

/// Another owner of what a pointer points to, whose owner is C.
///
/// # Safety
/// The pointer is null, or was made by [`Arc::into_raw`] or [`Arc::as_ptr`] of something that is still there.
pub unsafe fn share<T>(pointer: *const T) -> Option<Arc<T>> {
    (!pointer.is_null()).then(|| unsafe {
        Arc::increment_strong_count(pointer);
        Arc::from_raw(pointer)
    })
}

pub unsafe fn cancellation_of(options: *const Options) -> Option<Arc<Cancellation>> {
    unsafe { options.as_ref() }.and_then(Options::cancellation)
}
