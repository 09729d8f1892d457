//! What the kernel calls rescuers (kernel/workqueue.c): threads that do urgent work when no worker for it can be had in 20 ms.

use std::fs;
use std::sync::Once;

use rustix::process::{Pid, setpriority_process};

use crate::console;

/// The one that writes to disks what memory holds of files.
const WRITEBACK: &str = "writeback\n";

const LOWEST: i32 = 19;

/// Has the one that writes files back give way to all others. It is born with the highest priority, and its work (fs/fs-writeback.c,
/// `wb_workfn`) does little in it but to ask for more of itself until a worker comes. On a host so busy that a worker takes longer than
/// 20 ms to be made, it would keep the guest's processor from making one, for seconds.
pub fn tame() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Some(pid) = find(WRITEBACK) else { return };
        if let Err(errno) = setpriority_process(Some(pid), LOWEST) {
            console::error(format_args!(
                "could not lower the priority of the rescuer of writes: {errno}"
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
