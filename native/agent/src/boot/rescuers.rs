//! What the kernel calls rescuers (kernel/workqueue.c): threads that do urgent work when no worker for it can be had in 20 ms.

use std::fs;
use std::sync::Once;

use rustix::process::{Pid, setpriority_process};

use crate::console;

/// The one that writes to disks what memory holds of files.
const WRITEBACK: &str = "writeback\n";

/// Between that of other threads and the highest, -20.
const PRIORITY: i32 = -8;

/// Gives the one that writes files back a priority with which it comes to an end.
///
/// While a rescuer runs that work (fs/fs-writeback.c, `wb_workfn`), the work does little but ask for more of itself, until a worker takes
/// it over. On a guest's only processor, for which 50 others wait, that takes seconds of it in two ways, which a `sync` waits for:
///
/// - With the highest priority, which it is born with, it leaves a hundredth of the processor for making the worker that it waits for.
/// - With a low one, the worker that it wakes comes before the rescuer has put the work down (`process_one_work` lets others run before
///   that), finds it taken, and gives it back, without end.
///
/// In between, there is enough for both.
pub fn set_priority() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Some(pid) = find(WRITEBACK) else { return };
        if let Err(errno) = setpriority_process(Some(pid), PRIORITY) {
            console::error(format_args!(
                "could not set the priority of the rescuer of writes: {errno}"
            ));
        }
    });
}

/// The kernel's thread of this name. Nothing but the kernel and the agent has processes yet.
fn find(name: &str) -> Option<Pid> {
    let processes = fs::read_dir("/proc").ok()?;
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let found =
        |pid: &i32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm == name);
    pids.filter(|pid| *pid > 1)
        .find(found)
        .and_then(Pid::from_raw)
}
