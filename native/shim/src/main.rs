//! `boxlite-shim` becomes the VMM.
//!
//! It reads a launch plan from stdin, gives up everything that the VMM does not need, and executes it in its own place:
//! the process id that the owner spawned is the VMM's. It runs with one thread and never forks.
//!
//! ```text
//! owner ── plan (JSON) ──▶ fd 0                          engine (same pid)
//!       ◀── status ─────── fd 3   {"listening":true} EOF     fd 0, 1  /dev/null
//!                                 or one failure line        fd 2     engine log
//!                                                            others   as the plan numbers them
//! ```
//!
//! The status line says that the sockets are bound, so the owner may connect; its end without a failure says that the engine runs.

mod descriptors;
mod limits;
mod plan;
mod process;
mod status;
mod sys;

use crate::descriptors::Descriptors;
use crate::plan::Plan;
use crate::status::{Failure, Status};

/// How the process exits when a step failed; the failure itself is on the status pipe.
const EXIT_FAILED: i32 = 125;

fn main() {
    let status = Status::take();
    let failure = match run(&status) {
        Ok(never) => match never {},
        Err(failure) => failure,
    };
    status.failed(&failure);
    std::process::exit(EXIT_FAILED);
}

/// The steps in their order. Later ones rely on earlier ones: nothing is opened before inherited descriptors are closed,
/// and the limits come after the files that they might forbid.
fn run(status: &Status) -> Result<std::convert::Infallible, Failure> {
    descriptors::close_inherited(status)?;
    let plan = Plan::read(std::io::stdin())?;
    process::set_owner(plan.owner)?;
    process::own_session()?;
    process::reset_signals()?;
    let descriptors = Descriptors::open(&plan)?;
    limits::apply(&plan.limits)?;
    process::raise_oom_score(plan.oom_score_adj)?;
    process::forbid_new_privileges()?;
    status.listening()?;
    descriptors.place()?;
    Err(process::execute(&plan))
}
