//! A flag by which whoever asked for long work ends it early.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::failure::{Failure, Result};

#[derive(Debug, Clone, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// The work ends soon with an `aborted` failure and leaves nothing behind.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// `what` is the work, for the message: `copying /a/b`.
    pub fn check(&self, what: impl FnOnce() -> String) -> Result<()> {
        if self.0.load(Ordering::Relaxed) {
            return Err(Failure::aborted(&what()));
        }
        Ok(())
    }
}
