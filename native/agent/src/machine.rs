//! The state of the guest that all services share: which phase it is in, its container, its executions.
//!
//! ```text
//! Empty ──set up──▶ SettingUp ──▶ Ready ──stop──▶ Stopping ──▶ Stopped
//!   │                   └──▶ Failed ──stop──▲
//!   └──stop─────────────────────────────────┘
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Mutex as AsyncMutex;
use tonic::Status;

use crate::boot::modules::Modules;
use crate::container::Container;
use crate::exec::Executions;
use crate::fault::{Kind, fault};
use crate::spawner::Client;

pub const MAX_EXECUTIONS: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Empty,
    SettingUp,
    Ready,
    Failed,
    Stopping,
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    SetUp,
    Made,
    NotMade,
    Stop,
    AllStopped,
}

/// The phase that follows; `None` where the event has no place.
fn transition(from: Phase, event: Event) -> Option<Phase> {
    match (from, event) {
        (Phase::Empty, Event::SetUp) => Some(Phase::SettingUp),
        (Phase::SettingUp, Event::Made) => Some(Phase::Ready),
        (Phase::SettingUp, Event::NotMade) => Some(Phase::Failed),
        (Phase::Empty | Phase::Ready | Phase::Failed, Event::Stop) => Some(Phase::Stopping),
        (Phase::Stopping, Event::AllStopped) => Some(Phase::Stopped),
        _ => None,
    }
}

struct State {
    phase: Phase,
    container: Option<Arc<Container>>,
}

pub struct Machine {
    /// From the kernel's start until the portal was open, by the monotonic clock.
    pub boot_micros: u64,
    pub spawner: Client,
    pub executions: Executions,
    personalised: AtomicBool,
    modules: AsyncMutex<Modules>,
    state: Mutex<State>,
}

impl Machine {
    pub fn new(boot_micros: u64, spawner: Client, modules: Modules) -> Self {
        Self {
            boot_micros,
            spawner,
            executions: Executions::default(),
            personalised: AtomicBool::new(false),
            modules: AsyncMutex::new(modules),
            state: Mutex::new(State {
                phase: Phase::Empty,
                container: None,
            }),
        }
    }

    /// Loads what the portal did not need, letting other work in between.
    pub async fn load_modules(&self) {
        while self.modules.lock().await.load_next() {
            tokio::task::yield_now().await;
        }
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
            None => {
                let message = "the container is there already, or could not be made";
                return Err(fault(Kind::AlreadyExists, "container-exists", message));
            }
        }
        Ok(())
    }

    pub fn finish_set_up(&self, result: Result<Container, Status>) -> Result<(), Status> {
        let mut state = self.state();
        let event = if result.is_ok() {
            Event::Made
        } else {
            Event::NotMade
        };
        state.phase = transition(state.phase, event).unwrap_or(state.phase);
        state.container = Some(Arc::new(result?));
        Ok(())
    }

    /// The container, ready for use.
    pub fn container(&self) -> Result<Arc<Container>, Status> {
        let state = self.state();
        match (state.phase, &state.container) {
            (Phase::Ready, Some(container)) => Ok(container.clone()),
            (Phase::Stopping | Phase::Stopped, _) => Err(stopped()),
            _ => {
                let message = "the guest has no container yet";
                Err(fault(Kind::InvalidState, "container-not-ready", message))
            }
        }
    }

    pub fn has_container(&self) -> bool {
        self.state().phase == Phase::Ready
    }

    /// From here on nothing is started any more. Gives the container, to be stopped.
    pub fn begin_stop(&self) -> Result<Option<Arc<Container>>, Status> {
        let mut state = self.state();
        match transition(state.phase, Event::Stop) {
            Some(next) => state.phase = next,
            None if state.phase == Phase::SettingUp => {
                let message = "the container is being set up; stop it when that is done";
                return Err(fault(Kind::InvalidState, "container-not-ready", message));
            }
            None => return Err(stopped()),
        }
        Ok(state.container.take())
    }

    pub fn finish_stop(&self) {
        let mut state = self.state();
        state.phase = transition(state.phase, Event::AllStopped).unwrap_or(state.phase);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic ends the guest, so nobody sees a poisoned lock.
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn stopped() -> Status {
    fault(Kind::Stopped, "shutting-down", "the guest is shutting down")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_its_place() {
        use Event::*;
        use Phase::*;
        let phases = [Empty, SettingUp, Ready, Failed, Stopping, Phase::Stopped];
        let allowed = [
            (Empty, SetUp, SettingUp),
            (Empty, Stop, Stopping),
            (SettingUp, Made, Ready),
            (SettingUp, NotMade, Failed),
            (Ready, Stop, Stopping),
            (Failed, Stop, Stopping),
            (Stopping, AllStopped, Phase::Stopped),
        ];
        for phase in phases {
            for event in [SetUp, Made, NotMade, Stop, AllStopped] {
                let expected = allowed
                    .iter()
                    .find(|(from, on, _)| (*from, *on) == (phase, event));
                assert_eq!(transition(phase, event), expected.map(|(_, _, to)| *to));
            }
        }
    }
}
