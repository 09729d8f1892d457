//! The state of the guest that all services share: which phase it is in, its container, its executions.
//!
//! ```text
//!   ┌──────────────────────── removed ── Removing ◀──remove──┐
//!   ▼                                      └──▶ Failed       │
//! Empty ──set up──▶ SettingUp ───────────────────────────▶ Ready ──stop──▶ Stopping ──▶ Stopped
//!   │                   └──▶ Failed ──stop───────────────────────────────────▲
//!   └──stop──────────────────────────────────────────────────────────────────┘
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Mutex as AsyncMutex;
use tonic::Status;

use crate::boot::modules::Modules;
use crate::boot::{page_reporting, rescuers};
use crate::care::Care;
use crate::container::Container;
use crate::exec::Executions;
use crate::fault::{Kind, fault};
use crate::spawner::Nursery;

pub const MAX_EXECUTIONS: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Empty,
    SettingUp,
    Ready,
    Removing,
    Failed,
    Stopping,
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    SetUp,
    Made,
    NotMade,
    Remove,
    Removed,
    NotRemoved,
    Stop,
    AllStopped,
}

/// The phase that follows; `None` where the event has no place.
fn transition(from: Phase, event: Event) -> Option<Phase> {
    match (from, event) {
        (Phase::Empty, Event::SetUp) => Some(Phase::SettingUp),
        (Phase::SettingUp, Event::Made) => Some(Phase::Ready),
        (Phase::SettingUp, Event::NotMade) => Some(Phase::Failed),
        (Phase::Ready, Event::Remove) => Some(Phase::Removing),
        (Phase::Removing, Event::Removed) => Some(Phase::Empty),
        (Phase::Removing, Event::NotRemoved) => Some(Phase::Failed),
        (Phase::Empty | Phase::Ready | Phase::Failed, Event::Stop) => Some(Phase::Stopping),
        (Phase::Stopping, Event::AllStopped) => Some(Phase::Stopped),
        _ => None,
    }
}

struct State {
    phase: Phase,
    container: Option<Arc<Container>>,
}

impl State {
    /// After an event that nothing else can have come in between of.
    fn pass(&mut self, event: Event) {
        self.phase = transition(self.phase, event).unwrap_or(self.phase);
    }

    fn container(&self) -> Result<Arc<Container>, Status> {
        match (self.phase, &self.container) {
            (Phase::Ready, Some(container)) => Ok(container.clone()),
            (Phase::Stopping | Phase::Stopped, _) => Err(stopped()),
            (Phase::Removing, _) => Err(removing()),
            _ => {
                let message = "the guest has no container yet";
                Err(fault(Kind::InvalidState, "container-not-ready", message))
            }
        }
    }
}

pub struct Machine {
    /// From the kernel's start until the portal was open, by the monotonic clock.
    pub boot_micros: u64,
    pub nursery: Nursery,
    pub executions: Executions,
    pub care: Care,
    ends_itself: AtomicBool,
    personalised: AtomicBool,
    modules: AsyncMutex<Modules>,
    state: Mutex<State>,
}

impl Machine {
    pub fn new(boot_micros: u64, nursery: Nursery, modules: Modules) -> Self {
        Self {
            boot_micros,
            nursery,
            executions: Executions::default(),
            care: Care::default(),
            ends_itself: AtomicBool::new(false),
            personalised: AtomicBool::new(false),
            modules: AsyncMutex::new(modules),
            state: Mutex::new(State {
                phase: Phase::Empty,
                container: None,
            }),
        }
    }

    /// Loads what the portal did not need.
    pub async fn load_modules(&self) {
        while self.modules.lock().await.load_next() {
            tokio::task::yield_now().await;
        }
    }

    /// Does what can be done before a host comes, letting other work in between. Done once; then it returns at once.
    pub async fn prepare(&self) -> Result<(), Status> {
        self.load_modules().await;
        page_reporting::apply();
        rescuers::set_priority();
        match self.state().phase {
            Phase::Empty => {}
            _ => return Ok(()),
        }
        self.nursery.prepare().await
    }

    /// The host has said hello: clock and entropy are this guest's own.
    pub fn set_personalised(&self) {
        self.personalised.store(true, Ordering::Relaxed);
    }

    pub fn begin_set_up(&self) -> Result<(), Status> {
        if !self.personalised.load(Ordering::Relaxed) {
            let message = "the guest has no clock and entropy of its own yet: call Hello first";
            return Err(fault(Kind::InvalidState, "hello-missing", message));
        }
        let mut state = self.state();
        match transition(state.phase, Event::SetUp) {
            Some(next) => state.phase = next,
            None if matches!(state.phase, Phase::Stopping | Phase::Stopped) => {
                return Err(stopped());
            }
            None if state.phase == Phase::Removing => return Err(removing()),
            None => {
                let message = "the container is there already, or could not be made";
                return Err(fault(Kind::AlreadyExists, "container-exists", message));
            }
        }
        Ok(())
    }

    pub fn finish_set_up(&self, result: Result<Container, Status>) -> Result<(), Status> {
        let mut state = self.state();
        match result {
            Ok(container) => {
                state.pass(Event::Made);
                state.container = Some(Arc::new(container));
                Ok(())
            }
            Err(status) => {
                state.pass(Event::NotMade);
                Err(status)
            }
        }
    }

    /// The container, ready for use.
    pub fn container(&self) -> Result<Arc<Container>, Status> {
        self.state().container()
    }

    pub fn has_container(&self) -> bool {
        self.state().phase == Phase::Ready
    }

    /// From here on nothing is started in the container any more. Gives it, to be removed.
    pub fn begin_remove(&self) -> Result<Arc<Container>, Status> {
        let mut state = self.state();
        let container = state.container()?;
        state.phase = transition(state.phase, Event::Remove).ok_or_else(removing)?;
        state.container = None;
        Ok(container)
    }

    pub fn finish_remove(&self, result: Result<(), Status>) -> Result<(), Status> {
        let event = match result {
            Ok(()) => Event::Removed,
            Err(_) => Event::NotRemoved,
        };
        self.state().pass(event);
        result
    }

    /// From here on nothing is started any more. Gives the container, to be stopped.
    pub fn begin_stop(&self) -> Result<Option<Arc<Container>>, Status> {
        let mut state = self.state();
        match transition(state.phase, Event::Stop) {
            Some(next) => state.phase = next,
            None if state.phase == Phase::Removing => return Err(removing()),
            None if state.phase == Phase::SettingUp => {
                let message = "the container is being set up; stop it when that is done";
                return Err(fault(Kind::InvalidState, "container-not-ready", message));
            }
            None => return Err(stopped()),
        }
        Ok(state.container.take())
    }

    /// The agent has decided the stop that was begun, and no host.
    pub fn set_ends_itself(&self) {
        self.ends_itself.store(true, Ordering::Relaxed);
    }

    pub fn ends_itself(&self) -> bool {
        self.ends_itself.load(Ordering::Relaxed)
    }

    pub fn is_stopping(&self) -> bool {
        self.state().phase == Phase::Stopping
    }

    pub fn finish_stop(&self) {
        self.state().pass(Event::AllStopped);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic ends the guest, so nobody sees a poisoned lock.
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// What calls fail with once the guest is told to shut down.
pub fn stopped() -> Status {
    fault(Kind::Stopped, "shutting-down", "the guest is shutting down")
}

fn removing() -> Status {
    let message = "the container is being removed; wait for the end of that";
    fault(Kind::InvalidState, "container-not-ready", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_its_place() {
        use Event::*;
        use Phase::*;
        let phases = [
            Empty,
            SettingUp,
            Ready,
            Removing,
            Failed,
            Stopping,
            Phase::Stopped,
        ];
        let events = [
            SetUp, Made, NotMade, Remove, Removed, NotRemoved, Stop, AllStopped,
        ];
        let allowed = [
            (Empty, SetUp, SettingUp),
            (Empty, Stop, Stopping),
            (SettingUp, Made, Ready),
            (SettingUp, NotMade, Failed),
            (Ready, Remove, Removing),
            (Removing, Removed, Empty),
            (Removing, NotRemoved, Failed),
            (Ready, Stop, Stopping),
            (Failed, Stop, Stopping),
            (Stopping, AllStopped, Phase::Stopped),
        ];
        for phase in phases {
            for event in events {
                let expected = allowed
                    .iter()
                    .find(|(from, on, _)| (*from, *on) == (phase, event));
                assert_eq!(transition(phase, event), expected.map(|(_, _, to)| *to));
            }
        }
    }
}
