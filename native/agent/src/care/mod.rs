//! What the agent does for a Box by itself, with or without a host: it checks the Box's health, and ends a guest that has nothing to do.
//!
//! ```text
//! Set ──▶ health: interval ──▶ check ──▶ health state ──▶ those who watch it
//!    │                                     └── unhealthy, and the guest shall end then ──▶ ending
//!    └──▶ idle: nothing goes on for so long ──────────────────────────────────────────────▶ ending
//! ```
//!
//! Nothing of this exists before Set: templates and VMs of the pool do without.

pub mod activity;
mod check;
mod ending;
mod health;
mod idle;
mod request;
mod service;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::machine::Machine;
use crate::proto::Health;
pub use ending::wait_for as wait_for_ending;
use request::Orders;
pub use service::CareService;

/// What is done now.
#[derive(Default)]
pub struct Care(Mutex<Doing>);

#[derive(Default)]
struct Doing {
    tasks: Vec<JoinHandle<()>>,
    health: Option<watch::Receiver<Arc<Health>>>,
}

impl Doing {
    fn end(&mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
        }
        self.health = None;
    }
}

impl Care {
    /// Does this from now on, and nothing else.
    fn set(&self, machine: &Arc<Machine>, orders: Orders) {
        let mut doing = self.doing();
        doing.end();
        if let Some(check) = orders.health {
            let (sender, receiver) = watch::channel(Arc::new(health::initial()));
            doing.health = Some(receiver);
            let task = health::run(machine.clone(), check, sender);
            doing.tasks.push(tokio::spawn(task));
        }
        if let Some(limit) = orders.idle_timeout {
            let task = idle::run(machine.clone(), limit);
            doing.tasks.push(tokio::spawn(task));
        }
    }

    /// The container is gone, or about to be.
    pub fn clear(&self) {
        self.doing().end();
    }

    fn health(&self) -> Option<watch::Receiver<Arc<Health>>> {
        self.doing().health.clone()
    }

    fn doing(&self) -> std::sync::MutexGuard<'_, Doing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
