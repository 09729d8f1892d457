use std::sync::{Mutex, Weak};

use crate::connection::{Connection, locked};

/// Cancels the calls that were given it, those to come included.
#[derive(Default)]
pub struct Cancellation {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cancelled: bool,
    calls: Vec<(Weak<Connection>, u64)>,
}

impl Cancellation {
    /// Idempotent; in any thread.
    pub fn cancel(&self) {
        let calls = {
            let mut state = locked(&self.state);
            state.cancelled = true;
            std::mem::take(&mut state.calls)
        };
        for (connection, id) in calls {
            if let Some(connection) = connection.upgrade() {
                connection.cancel(id);
            }
        }
    }

    /// Notes a call that is under way; false when it is cancelled already.
    pub fn watch(&self, connection: Weak<Connection>, id: u64) -> bool {
        let mut state = locked(&self.state);
        if !state.cancelled {
            state.calls.push((connection, id));
        }
        !state.cancelled
    }

    pub fn is_cancelled(&self) -> bool {
        locked(&self.state).cancelled
    }

    pub fn forget(&self, id: u64) {
        locked(&self.state).calls.retain(|(_, call)| *call != id);
    }
}
