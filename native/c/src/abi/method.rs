//! Calls in both styles: those that wait, and those that call back.

use std::ffi::{c_int, c_void};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::thread;

use crate::abi::get::{Items, Reader};
use crate::abi::set::share;
use crate::bridge::Bridge;
use crate::cancellation::Cancellation;
use crate::connection::{Answer, Call, Connection};
use crate::failure::Failure;
use crate::handle::Handle;
use crate::node::Node;
use crate::options::{Argument, UserData};

/// A method of a handle, twice.
macro_rules! method {
    ($name:ident, $later:ident, $via:literal, $method:literal, ($($parameter:ident: $type:ty),*), [$($argument:expr),*], $cancellation:expr, $result:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            this: *const $crate::handle::Handle, $($parameter: $type,)* error: *mut *mut $crate::failure::Failure,
        ) -> <$crate::abi::method::$result as $crate::abi::method::Outcome>::C {
            let answer = unsafe { $crate::abi::method::on(this, $via, $method, vec![$($argument),*], $cancellation) }
                .and_then($crate::abi::method::run::<$crate::abi::method::$result>);
            unsafe { $crate::abi::method::give::<$crate::abi::method::$result>(answer, error) }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $later(
            this: *const $crate::handle::Handle, $($parameter: $type,)*
            callback: Option<<$crate::abi::method::$result as $crate::abi::method::Outcome>::Callback>, data: *mut std::ffi::c_void,
        ) {
            let call = unsafe { $crate::abi::method::on(this, $via, $method, vec![$($argument),*], $cancellation) };
            $crate::abi::method::begin::<$crate::abi::method::$result>(call, callback, data);
        }
    };
}

/// What needs no handle, and makes something that keeps the bridge running.
macro_rules! function {
    ($name:ident, $later:ident, $method:literal, ($($parameter:ident: $type:ty),*), [$($argument:expr),*], $cancellation:expr, $result:ident) => {
        // Not what every argument is made of needs it.
        #[allow(unused_unsafe)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            $($parameter: $type,)* error: *mut *mut $crate::failure::Failure,
        ) -> <$crate::abi::method::$result as $crate::abi::method::Outcome>::C {
            let call = $crate::abi::method::of_none($method, unsafe { vec![$($argument),*] }, unsafe { $cancellation });
            unsafe { $crate::abi::method::give::<$crate::abi::method::$result>($crate::abi::method::open(call), error) }
        }

        // Not what every argument is made of needs it.
        #[allow(unused_unsafe)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $later(
            $($parameter: $type,)*
            callback: Option<<$crate::abi::method::$result as $crate::abi::method::Outcome>::Callback>, data: *mut std::ffi::c_void,
        ) {
            let call = $crate::abi::method::of_none($method, unsafe { vec![$($argument),*] }, unsafe { $cancellation });
            $crate::abi::method::begin_open::<$crate::abi::method::$result>(call, callback, data);
        }
    };
}

pub(super) use {function, method};

/// What a call gives to C.
pub trait Outcome: 'static {
    type C;
    type Callback: Copy + Send + 'static;
    /// Whether the call is the end of its handle.
    const ENDS: bool = false;
    const FAILED: Self::C;
    fn of(node: Node) -> Self::C;
    /// # Safety
    /// The program has given the function for this, with its data.
    unsafe fn tell(
        callback: Self::Callback,
        data: *mut c_void,
        value: Self::C,
        error: *mut Failure,
    );
}

macro_rules! outcomes {
    ($($name:ident -> $c:ty, $failed:expr, $node:ident => $value:expr;)*) => {
        $(
            pub struct $name;
            impl Outcome for $name {
                type C = $c;
                type Callback = unsafe extern "C" fn(data: *mut c_void, value: $c, error: *mut Failure);
                const FAILED: $c = $failed;
                fn of($node: Node) -> $c {
                    $value
                }
                unsafe fn tell(callback: Self::Callback, data: *mut c_void, value: $c, error: *mut Failure) {
                    unsafe { callback(data, value, error) }
                }
            }
        )*
    };
    // Of calls whose end is all that they give.
    ($($name:ident ends $ends:literal;)*) => {
        $(
            pub struct $name;
            impl Outcome for $name {
                type C = bool;
                type Callback = unsafe extern "C" fn(data: *mut c_void, error: *mut Failure);
                const ENDS: bool = $ends;
                const FAILED: bool = false;
                fn of(_node: Node) -> bool {
                    true
                }
                unsafe fn tell(callback: Self::Callback, data: *mut c_void, _value: bool, error: *mut Failure) {
                    unsafe { callback(data, error) }
                }
            }
        )*
    };
}

outcomes! {
    // Nothing is the end of a stream.
    Data -> *mut Node, null_mut(), node => if let Node::Null = node { null_mut() } else { Box::into_raw(Box::new(node)) };
    Object -> *const Handle, null(), node => if let Node::Handle(handle) = node { Arc::into_raw(handle) } else { null() };
    Stream -> *const Reader, null(), node => if let Node::Reader(stream) = node { Arc::into_raw(stream) } else { null() };
    Sequence -> *const Items, null(), node => if let Node::Items(items) = node { Arc::into_raw(items) } else { null() };
    // 1 when it is so, 0 when not, -1 for an error.
    Truth -> c_int, -1, node => c_int::from(matches!(node, Node::Bool(true)));
}

outcomes! {
    Nothing ends false;
    End ends true;
}

/// # Safety
/// The handle is null, or this library's and not freed.
pub unsafe fn on(
    handle: *const Handle,
    via: &'static str,
    method: &'static str,
    arguments: Vec<Argument>,
    cancellation: Option<Arc<Cancellation>>,
) -> Result<Call, Failure> {
    let handle = unsafe { share(handle) }
        .ok_or_else(|| Failure::invalid(&format!("'{method}' was called on a null pointer")))?;
    Ok(Call {
        handle: Some(handle),
        via,
        method,
        arguments,
        cancellation,
    })
}

pub fn of_none(
    method: &'static str,
    arguments: Vec<Argument>,
    cancellation: Option<Arc<Cancellation>>,
) -> Call {
    Call {
        handle: None,
        via: "",
        method,
        arguments,
        cancellation,
    }
}

/// Calls a method and waits.
pub fn run<R: Outcome>(call: Call) -> Answer {
    let Some(handle) = call.handle.clone() else {
        return Err(Failure::invalid("a method without a handle"));
    };
    let answer = handle.connection.call(call);
    if !R::ENDS {
        return answer;
    }
    let answer = handle.close_answer(answer);
    handle.closed();
    answer
}

/// Calls a function and waits. What it gives keeps the bridge running.
pub fn open(call: Call) -> Answer {
    let bridge = Bridge::get()?;
    let node = bridge.connection.call(call)?;
    match &node {
        Node::Handle(handle) => handle.keep_bridge(bridge),
        Node::Items(items) => items.keep_bridge(bridge),
        _ => {}
    }
    Ok(node)
}

/// Gives an answer to C.
///
/// # Safety
/// `error` is null, or there to be written.
pub unsafe fn give<R: Outcome>(answer: Answer, error: *mut *mut Failure) -> R::C {
    match answer {
        Ok(node) => {
            if let Some(error) = unsafe { error.as_mut() } {
                *error = null_mut();
            }
            R::of(node)
        }
        Err(why) => {
            if let Some(error) = unsafe { error.as_mut() } {
                *error = Box::into_raw(Box::new(why));
            }
            R::FAILED
        }
    }
}

fn tell<R: Outcome>(callback: Option<R::Callback>, data: UserData, answer: Answer) {
    let Some(callback) = callback else { return };
    let mut error = null_mut();
    // SAFETY: the program has given the function for this, with its data.
    unsafe {
        let value = give::<R>(answer, &raw mut error);
        R::tell(callback, data.0, value, error);
    }
}

/// Tells a callback in the thread that they are called in.
pub fn tell_later<R: Outcome>(
    connection: Arc<Connection>,
    callback: Option<R::Callback>,
    data: UserData,
) -> impl FnOnce(Answer) + Send {
    move |answer| {
        let tasks = connection.clone();
        tasks.tasks.post(Box::new(move || {
            drop(connection);
            tell::<R>(callback, data, answer);
        }));
    }
}

/// Tells a callback of what could not begin.
pub fn refuse<R: Outcome>(why: Failure, callback: Option<R::Callback>, data: UserData) {
    thread::spawn(move || tell::<R>(callback, data, Err(why)));
}

/// Begins a call of a method; the callback is told how it ends.
pub fn begin<R: Outcome>(
    call: Result<Call, Failure>,
    callback: Option<R::Callback>,
    data: *mut c_void,
) {
    let data = UserData(data);
    match call.map(|call| (call.handle.clone(), call)) {
        Ok((Some(handle), call)) => {
            let connection = handle.connection.clone();
            let told = tell_later::<R>(connection.clone(), callback, data);
            connection.clone().start(call, move |answer| {
                if !R::ENDS {
                    drop(handle);
                    return told(answer);
                }
                // Its end may be that of the bridge, which this thread has to read.
                thread::spawn(move || {
                    let answer = handle.close_answer(answer);
                    handle.closed();
                    drop(handle);
                    told(answer);
                });
            });
        }
        Ok((None, _)) => refuse::<R>(
            Failure::invalid("a method without a handle"),
            callback,
            data,
        ),
        Err(why) => refuse::<R>(why, callback, data),
    }
}

/// As [`begin`], of a function: the bridge may have to be started, which takes its time.
pub fn begin_open<R: Outcome>(call: Call, callback: Option<R::Callback>, data: *mut c_void) {
    let data = UserData(data);
    thread::spawn(move || tell::<R>(callback, data, open(call)));
}
