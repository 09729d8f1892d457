use std::sync::{Arc, Mutex, PoisonError};

use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;

use super::{
    background, failure,
    work::{Cancellation, NativeWritten, durability},
};
use crate::{
    failure::{Code, Failure, Result},
    memory,
};

/// Changes that JavaScript holds until `release`; work that runs on them holds them, too.
#[napi]
pub struct MemoryChanges {
    pages: f64,
    changes: Mutex<Option<Arc<memory::MemoryChanges>>>,
}

impl MemoryChanges {
    fn new(changes: memory::MemoryChanges) -> Self {
        Self {
            pages: changes.pages() as f64,
            changes: Mutex::new(Some(Arc::new(changes))),
        }
    }

    fn get(&self) -> Result<Arc<memory::MemoryChanges>> {
        self.slot().clone().ok_or_else(|| {
            Failure::new(
                Code::InvalidState,
                "released",
                "these memory changes were released already",
            )
        })
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<memory::MemoryChanges>>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pipe for the state of a VMM's devices, which holds the VMM still while its memory is read.
#[napi]
pub struct DevicesPipe {
    pipe: Mutex<Option<Arc<memory::DevicesPipe>>>,
}

#[napi]
impl DevicesPipe {
    #[napi(factory)]
    pub fn create(path: String) -> failure::Result<Self> {
        let pipe = memory::DevicesPipe::create(path.as_ref())?;
        Ok(Self {
            pipe: Mutex::new(Some(Arc::new(pipe))),
        })
    }

    #[napi]
    pub fn capture<'env>(
        &self,
        env: &'env Env,
        pid: u32,
        ram: String,
        output: String,
    ) -> napi::Result<Object<'env>> {
        let pipe = self.slot().clone();
        background::run(env, "boxlite-capture", move || {
            let pipe = pipe.ok_or_else(|| {
                Failure::new(
                    Code::InvalidState,
                    "released",
                    "this pipe was released already",
                )
            })?;
            let changes = pipe.capture(pid, ram.as_ref(), output.as_ref())?;
            Ok(MemoryChanges::new(changes))
        })
    }

    #[napi]
    pub fn cancel(&self) {
        if let Some(pipe) = self.slot().clone() {
            pipe.cancel();
        }
    }

    #[napi]
    pub fn release(&self) {
        let released = self.slot().take();
        drop(released);
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<memory::DevicesPipe>>> {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[napi]
pub fn capture_memory<'env>(env: &'env Env, pid: u32, ram: String) -> napi::Result<Object<'env>> {
    background::run(env, "boxlite-capture", move || {
        Ok(MemoryChanges::new(memory::MemoryChanges::capture(
            pid,
            ram.as_ref(),
        )?))
    })
}

#[napi]
pub fn read_memory<'env>(
    env: &'env Env,
    path: String,
    ram_bytes: f64,
) -> napi::Result<Object<'env>> {
    background::run(env, "boxlite-memory", move || {
        Ok(MemoryChanges::new(memory::MemoryChanges::read(
            path.as_ref(),
            ram_bytes as u64,
        )?))
    })
}

#[napi]
impl MemoryChanges {
    #[napi(getter)]
    pub fn pages(&self) -> f64 {
        self.pages
    }

    #[napi]
    pub fn apply<'env>(&self, env: &'env Env, pid: u32, ram: String) -> napi::Result<Object<'env>> {
        let changes = self.get();
        background::run(env, "boxlite-apply", move || {
            changes?.apply(pid, ram.as_ref())
        })
    }

    #[napi]
    pub fn write<'env>(&self, env: &'env Env, path: String) -> napi::Result<Object<'env>> {
        let changes = self.get();
        background::run(env, "boxlite-memory", move || {
            let size_bytes = changes?
                .write(path.as_ref())
                .map_err(Failure::or_exhausted)? as f64;
            Ok(NativeWritten { size_bytes })
        })
    }

    #[napi]
    pub fn materialise<'env>(
        &self,
        env: &'env Env,
        base: String,
        output: String,
        sync: bool,
        cancellation: &Cancellation,
    ) -> napi::Result<Object<'env>> {
        let (changes, flag) = (self.get(), cancellation.flag.clone());
        background::run(env, "boxlite-memory", move || {
            let size_bytes = changes?
                .materialise(base.as_ref(), output.as_ref(), durability(sync), &flag)
                .map_err(Failure::or_exhausted)? as f64;
            Ok(NativeWritten { size_bytes })
        })
    }

    #[napi]
    pub fn release(&self) {
        let released = self.slot().take();
        drop(released);
    }
}
