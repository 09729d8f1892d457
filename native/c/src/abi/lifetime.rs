//! How what C has is made, shared and let go of. Null pointers are let go of, too.

use std::ffi::c_char;
use std::sync::{Arc, LazyLock};

use crate::abi::get::getter;
use crate::abi::set::share;
use crate::cancellation::Cancellation;
use crate::failure::Failure;
use crate::node::Node;
use crate::text::Text;

/// # Safety
/// The pointer is null, or this library has given it to be let go of by this.
pub unsafe fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        drop(unsafe { Box::from_raw(pointer) });
    }
}

/// As [`free`], of what may have several owners.
pub unsafe fn unshare<T>(pointer: *const T) {
    if !pointer.is_null() {
        drop(unsafe { Arc::from_raw(pointer) });
    }
}

macro_rules! data {
    ($free:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $free(this: *mut $crate::node::Node) {
            unsafe { $crate::abi::lifetime::free(this) }
        }
    };
}

macro_rules! handle {
    ($share:ident, $free:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $share(
            this: *const $crate::handle::Handle,
        ) -> *const $crate::handle::Handle {
            unsafe { $crate::abi::set::share(this) }
                .map_or(std::ptr::null(), std::sync::Arc::into_raw)
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $free(this: *const $crate::handle::Handle) {
            unsafe { $crate::abi::lifetime::unshare(this) }
        }
    };
}

macro_rules! options {
    ($new:ident, $free:ident) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $new() -> *mut $crate::options::Options {
            Box::into_raw(Box::default())
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $free(this: *mut $crate::options::Options) {
            unsafe { $crate::abi::lifetime::free(this) }
        }
    };
    // Of calls that can be cancelled.
    ($new:ident, $free:ident, $set_cancellation:ident) => {
        options!($new, $free);

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $set_cancellation(
            this: *const $crate::options::Options,
            cancellation: *const $crate::cancellation::Cancellation,
        ) {
            if let Some(this) = unsafe { this.as_ref() } {
                this.set_cancellation(unsafe { $crate::abi::set::share(cancellation) });
            }
        }
    };
}

pub(super) use {data, handle, options};

// --- Errors

getter!(boxlite_error_get_code(Failure), "code", AsCode);
getter!(boxlite_error_get_code_name(Failure), "code", AsText);
getter!(boxlite_error_get_message(Failure), "message", AsText);
getter!(boxlite_error_get_reason(Failure), "reason", AsText);
getter!(boxlite_error_get_cause(Failure), "cause", AsText);
getter!(boxlite_error_get_result(Failure), "result", AsStruct);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_error_free(this: *mut Failure) {
    unsafe { free(this) }
}

// --- Bytes and texts

#[unsafe(no_mangle)]
pub extern "C" fn boxlite_version() -> *const c_char {
    static VERSION: LazyLock<Text> =
        LazyLock::new(|| Text::new(env!("CARGO_PKG_VERSION").as_bytes()));
    VERSION.as_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_bytes_get_data(this: *const Node) -> *const c_char {
    unsafe { this.as_ref() }
        .and_then(Node::text)
        .map_or(std::ptr::null(), Text::as_ptr)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_bytes_get_length(this: *const Node) -> usize {
    unsafe { this.as_ref() }
        .and_then(Node::text)
        .map_or(0, |text| text.bytes().len())
}

data!(boxlite_bytes_free);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_text_length(text: *const c_char) -> usize {
    if text.is_null() {
        0
    } else {
        unsafe { Text::length_at(text) }
    }
}

// --- Cancellation

#[unsafe(no_mangle)]
pub extern "C" fn boxlite_cancellation_new() -> *const Cancellation {
    Arc::into_raw(Arc::default())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_cancellation_cancel(this: *const Cancellation) {
    if let Some(this) = unsafe { share(this) } {
        this.cancel();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn boxlite_cancellation_free(this: *const Cancellation) {
    unsafe { unshare(this) }
}
