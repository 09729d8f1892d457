//! What a running build has in common with its caller: a way to stop it, and how far it is.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::failure::{Failure, Result};

/// Progress is told after each of these many bytes, and at the end.
const STEP: u64 = 1 << 20;

pub struct Control {
    aborted: AtomicBool,
    read: AtomicU64,
    progress: Box<dyn Fn(u64) + Send + Sync>,
}

impl Control {
    /// `progress` gets the compressed bytes read so far, from any thread.
    pub fn new(progress: impl Fn(u64) + Send + Sync + 'static) -> Self {
        Self {
            aborted: AtomicBool::new(false),
            read: AtomicU64::new(0),
            progress: Box::new(progress),
        }
    }

    /// The build ends soon with an `aborted` failure and leaves nothing behind.
    pub fn abort(&self) {
        self.aborted.store(true, Ordering::Relaxed);
    }

    pub fn check(&self) -> Result<()> {
        if self.aborted.load(Ordering::Relaxed) {
            return Err(Failure::aborted("building the root image"));
        }
        Ok(())
    }

    pub(super) fn add_read(&self, bytes: u64) {
        let before = self.read.fetch_add(bytes, Ordering::Relaxed);
        if before / STEP != (before + bytes) / STEP {
            (self.progress)(before + bytes);
        }
    }

    pub(super) fn tell_end(&self) {
        (self.progress)(self.read.load(Ordering::Relaxed));
    }
}
