//! All executions that the agent holds: their number is bounded and their names are unique.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tonic::Status;

use super::outbox::Outbox;
use crate::fault::{Kind, fault};
use crate::machine::MAX_EXECUTIONS;

#[derive(Default)]
pub struct Executions(Arc<Shared>);

#[derive(Default)]
struct Shared {
    live: Mutex<HashMap<String, Entry>>,
    changed: Notify,
}

struct Entry {
    outbox: Outbox,
    ended: bool,
}

/// An execution's place among them, until it is dropped.
pub struct Slot {
    id: String,
    shared: Arc<Shared>,
}

impl Shared {
    fn live(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Executions {
    pub fn claim(&self, id: String, outbox: Outbox) -> Result<Slot, Status> {
        let mut live = self.0.live();
        if live.len() >= MAX_EXECUTIONS {
            let message = format!("the Box runs {MAX_EXECUTIONS} executions already");
            return Err(fault(
                Kind::ResourceExhausted,
                "too-many-executions",
                message,
            ));
        }
        if live.contains_key(&id) {
            let message = format!("an execution with the id '{id}' runs already");
            return Err(fault(Kind::AlreadyExists, "execution-exists", message));
        }
        live.insert(
            id.clone(),
            Entry {
                outbox,
                ended: false,
            },
        );
        Ok(Slot {
            id,
            shared: self.0.clone(),
        })
    }

    pub fn count(&self) -> usize {
        self.0.live().len()
    }

    /// Resolves when the process of each execution has ended, though some may still hand over output.
    pub async fn all_ended(&self) {
        loop {
            let changed = self.0.changed.notified();
            if self.0.live().values().all(|entry| entry.ended) {
                return;
            }
            changed.await;
        }
    }

    /// Ends all calls, and so all processes.
    pub fn cut_all(&self) {
        for entry in self.0.live().values() {
            let message = "the guest is shutting down";
            entry
                .outbox
                .finish(Some(fault(Kind::Stopped, "shutting-down", message)));
        }
    }
}

impl Slot {
    /// The process has ended.
    pub fn set_ended(&self) {
        if let Some(entry) = self.shared.live().get_mut(&self.id) {
            entry.ended = true;
        }
        self.shared.changed.notify_waiters();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.shared.live().remove(&self.id);
        self.shared.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(executions: &Executions, id: impl Into<String>) -> Result<Slot, Status> {
        executions.claim(id.into(), Outbox::new().0)
    }

    #[test]
    fn ids_are_unique_and_free_again() {
        let executions = Executions::default();
        let slot = claim(&executions, "a").unwrap();
        assert!(claim(&executions, "a").is_err_and(|status| status.message().contains("'a'")));
        drop(slot);
        assert!(claim(&executions, "a").is_ok());
        assert_eq!(executions.count(), 0);
    }

    #[test]
    fn their_number_is_bounded() {
        let executions = Executions::default();
        let slots: Vec<_> = (0..MAX_EXECUTIONS)
            .map(|id| claim(&executions, id.to_string()).unwrap())
            .collect();
        assert!(claim(&executions, "more").is_err());
        drop(slots);
    }
}
