//! `boxlite-agent`: PID 1 of a BoxLite guest. It serves the host over the portal (`proto/boxlite/v1`) and runs the container.
//!
//! ```text
//! boot ──▶ fork the nursery ──▶ modules, until the portal is there ──▶ sessions with the host, one after the other
//! ```
//!
//! Four kinds of processes run this binary: the agent, the nursery and a spawner (`spawner`), and the container's PID 1
//! (`container::init`).
//! The agent itself has one thread for all sessions, and a few more for work on files that may block.

mod boot;
mod care;
mod console;
mod container;
mod copy;
mod exec;
mod fault;
mod files;
mod guest;
mod machine;
mod portal;
mod process;
mod proto;
mod services;
mod spawner;
#[cfg(test)]
mod test;
mod uevents;
mod watch;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use boot::modules::Modules;
use machine::Machine;
use spawner::{Nursery, Started};

/// Threads for work on files.
const BLOCKING_THREADS: usize = 12;
const BLOCKING_IDLE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    if std::process::id() != 1 {
        eprintln!(
            "boxlite-agent is the first process of a BoxLite guest, and does nothing elsewhere"
        );
        return ExitCode::FAILURE;
    }
    boot::limits::tune_allocator();
    if let Err(errno) = boot::mounts::apply() {
        console::fatal(format_args!(
            "could not mount the guest's own file systems: {errno}"
        ));
    }
    console::init();
    match run() {
        Ok(error) | Err(error) => console::fatal(format_args!("the agent cannot go on: {error}")),
    }
}

/// Gives the error that ended the service.
fn run() -> io::Result<io::Error> {
    let nursery = Nursery::fork()?;
    boot::limits::apply()?;
    let mut modules = Modules::read();
    let port = portal::open(&mut modules)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(BLOCKING_IDLE)
        .thread_stack_size(256 * 1024)
        .build()?;
    runtime.block_on(serve(port, nursery, modules))
}

async fn serve(
    port: std::os::fd::OwnedFd,
    nursery: Started,
    modules: Modules,
) -> io::Result<io::Error> {
    let boot_micros = guest::uptime_micros();
    let machine = Arc::new(Machine::new(boot_micros, Nursery::new(nursery)?, modules));
    let rest = machine.clone();
    // What fails here fails once more, and is told, when it is needed.
    tokio::spawn(async move { rest.prepare().await });
    Ok(portal::serve(port, &machine).await)
}
