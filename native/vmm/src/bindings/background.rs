//! Work on a thread of its own, its result as a promise. Not on libuv's pool: that has four threads, and files and DNS need them.

use std::{panic, thread};

use napi::{
    Env, JsDeferred,
    bindgen_prelude::{Object, ToNapiValue},
};

use super::failure;
use crate::failure::{Code, Failure, Result};

/// The tree of an image is pruned by recursion; limits bound its depth to what needs far less than this.
const STACK: usize = 8 << 20;

type Settle<T> = Box<dyn FnOnce(Env) -> napi::Result<T> + Send>;

/// Runs `work` and settles the promise with what it returns. Node's event loop stays alive until then.
pub fn run<'env, T: ToNapiValue + Send + 'static>(
    env: &'env Env,
    name: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> napi::Result<Object<'env>> {
    let (deferred, promise): (JsDeferred<T, Settle<T>>, _) = env.create_deferred()?;
    let settle = deferred.clone();
    let spawned = thread::Builder::new()
        .name(name.into())
        .stack_size(STACK)
        .spawn(move || {
            let result = panic::catch_unwind(panic::AssertUnwindSafe(work))
                .unwrap_or_else(|_| Err(panicked()));
            settle.resolve(as_settlement(result));
        });
    if let Err(error) = spawned {
        deferred.resolve(as_settlement(Err(
            Failure::from(error).within("cannot start a thread")
        )));
    }
    Ok(promise)
}

fn as_settlement<T: Send + 'static>(result: Result<T>) -> Settle<T> {
    Box::new(move |env| result.map_err(|failure| failure::rejection(&env, failure)))
}

fn panicked() -> Failure {
    Failure::new(
        Code::Internal,
        "internal",
        "BoxLite's native module met a state that should not exist; please report this",
    )
}
