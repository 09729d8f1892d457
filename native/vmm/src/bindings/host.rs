use std::time::Duration;

use napi::{
    Env,
    bindgen_prelude::{BigInt, Function, Object},
    threadsafe_function::ThreadsafeFunctionCallMode,
};
use napi_derive::napi;

use super::{background, failure};
use crate::{file_lock, kvm, peer, process};

/// Raised when what JavaScript calls here changes its shape; `packages/vmm/src/native.ts` expects the same number.
const INTERFACE: u32 = 6;

#[napi]
pub fn interface_version() -> u32 {
    INTERFACE
}

#[napi(object)]
pub struct NativeVerdict {
    pub usable: bool,
    pub reason: String,
}

#[napi]
pub fn probe_kvm<'env>(env: &'env Env, timeout_ms: u32) -> napi::Result<Object<'env>> {
    background::run(env, "boxlite-kvm", move || {
        let kvm::Verdict { usable, reason } = kvm::probe(Duration::from_millis(timeout_ms.into()));
        Ok(NativeVerdict { usable, reason })
    })
}

#[napi]
pub struct FileLock {
    lock: Option<file_lock::FileLock>,
}

#[napi]
impl FileLock {
    #[napi(factory)]
    pub fn acquire(path: String) -> failure::Result<Self> {
        Ok(Self {
            lock: Some(file_lock::FileLock::acquire(path.as_ref())?),
        })
    }

    #[napi]
    pub fn release(&mut self) {
        self.lock.take();
    }
}

/// `None` when the descriptor is no connected Unix socket.
#[napi]
pub fn peer_user(socket: i32) -> Option<u32> {
    peer::user(socket).ok().filter(|uid| *uid != u32::MAX)
}

#[napi]
pub fn process_start_time(pid: u32) -> Option<BigInt> {
    process::start_time(pid).map(BigInt::from)
}

#[napi]
pub struct ProcessWatch {
    watch: Option<process::ProcessWatch>,
}

/// How a child ended: one of the two.
#[napi(object)]
pub struct NativeExit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
}

/// `None` when there is no such process. `on_exit` is called once; with how it ended, where `reap` says that it is a child of this process.
#[napi]
pub fn watch_process(
    pid: u32,
    start_time: BigInt,
    reap: bool,
    on_exit: Function<'_, Option<NativeExit>, ()>,
) -> failure::Result<Option<ProcessWatch>> {
    // Weak: a process that is only watched does not keep this one alive.
    let exited = on_exit
        .build_threadsafe_function::<Option<NativeExit>>()
        .callee_handled::<false>()
        .weak::<true>()
        .build()
        .map_err(internal)?;
    let (_, start_time, is_exact) = start_time.get_u64();
    if !is_exact {
        return Ok(None);
    }
    let tell = move |exit: Option<process::Exit>| {
        let exit = exit.map(|exit| match exit {
            process::Exit::Code(code) => NativeExit {
                code: Some(code),
                signal: None,
            },
            process::Exit::Signal(signal) => NativeExit {
                code: None,
                signal: Some(signal),
            },
        });
        exited.call(exit, ThreadsafeFunctionCallMode::NonBlocking);
    };
    Ok(
        process::ProcessWatch::open(pid, start_time, reap, Box::new(tell))?
            .map(|watch| ProcessWatch { watch: Some(watch) }),
    )
}

#[napi]
impl ProcessWatch {
    /// False when the process has ended, or after `close`.
    #[napi]
    pub fn kill(&self, signal: i32) -> failure::Result<bool> {
        match &self.watch {
            Some(watch) => Ok(watch.kill(signal)?),
            None => Ok(false),
        }
    }

    #[napi]
    pub fn close(&mut self) {
        self.watch.take();
    }
}

fn internal(error: napi::Error) -> napi::Error<failure::CodeAndReason> {
    napi::Error::new(error.status.into(), error.reason.clone())
}
