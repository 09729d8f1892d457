//! Forked children. They have a copy of all that was open, but of the threads only the one that has forked: they must touch none of it,
//! and take no lock that a thread of the parent's may have held.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::failure::Failure;

/// How often this process and those that it comes from were forked.
static FORKS: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" {
    fn pthread_atfork(
        prepare: Option<unsafe extern "C" fn()>,
        parent: Option<unsafe extern "C" fn()>,
        child: Option<unsafe extern "C" fn()>,
    ) -> i32;
}

unsafe extern "C" fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The process that something was opened in. Asking costs no system call.
#[derive(Clone, Copy)]
pub struct Origin {
    forks: u32,
    pid: u32,
}

impl Origin {
    pub fn here() -> Self {
        static NOTED: Once = Once::new();
        // SAFETY: the function does what may be done in a child. Without memory for it children are not told apart, as without this module.
        NOTED.call_once(|| unsafe {
            pthread_atfork(None, None, Some(forked));
        });
        Self {
            forks: FORKS.load(Ordering::Relaxed),
            pid: std::process::id(),
        }
    }

    pub fn is_elsewhere(&self) -> bool {
        self.forks != FORKS.load(Ordering::Relaxed)
    }

    /// Refuses what a forked child asks of what its parent has opened.
    pub fn check(&self) -> Result<(), Failure> {
        if self.is_elsewhere() {
            Err(self.refusal())
        } else {
            Ok(())
        }
    }

    fn refusal(&self) -> Failure {
        let message = format!(
            "the runtime was opened in another process (pid {}); open a runtime of its own in this process",
            self.pid
        );
        Failure::new("Unsupported", &message, Some("forked"))
    }
}
