//! The name of an engine that outlives its owner, in the Box's directory. It is there before the engine's process may go on, so whatever ends
//! the owner, the next one finds the process: `packages/shim/src/launch/left-engine.ts`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::plan::Plan;
use crate::status::{Failure, Step};

const NAME: &str = "engine.pid";
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
const PID_NAMESPACE: &str = "/proc/self/ns/pid";

/// Writes `PID START SCOPE`: the process's id, its start in clock ticks since boot, and the boot and pid namespace that both are of. One cut
/// short names no process, and its engine has not gone on either. An engine that ends with its owner needs none.
pub fn write(plan: &Plan, pid: libc::pid_t) -> Result<(), Failure> {
    if plan.owner.is_some() {
        return Ok(());
    }
    let path = Path::new(&plan.directory).join(NAME);
    content(pid)
        .and_then(|text| replace(&path, &text))
        .step("pid-file", &path.to_string_lossy())
}

fn content(pid: libc::pid_t) -> io::Result<String> {
    let stat = fs::read(format!("/proc/{pid}/stat"))?;
    let start = start_time(&stat).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(format!("{pid} {start} {}\n", scope()?))
}

/// Within which a process id together with its start time names one process.
fn scope() -> io::Result<String> {
    let boot = fs::read_to_string(BOOT_ID)?;
    let namespace = fs::read_link(PID_NAMESPACE)?;
    Ok(format!("{}/{}", boot.trim(), namespace.display()))
}

/// Field 22 of proc(5)'s `/proc/pid/stat`. The name in field 2 may hold anything; the last parenthesis ends it.
fn start_time(stat: &[u8]) -> Option<u64> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let fields = std::str::from_utf8(&stat[end + 1..]).ok()?;
    fields.split_ascii_whitespace().nth(22 - 3)?.parse().ok()
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_with_its_start_boot_and_namespace() {
        let pid = std::process::id() as libc::pid_t;
        let text = content(pid).expect("this process is there");
        let fields: Vec<&str> = text.trim_end().split(' ').collect();
        assert_eq!(fields[0], pid.to_string());
        assert!(fields[1].parse::<u64>().is_ok_and(|ticks| ticks > 0));
        assert!(fields[2].contains("/pid:["), "{text}");
        assert_eq!(fields.len(), 3);
    }

    #[test]
    fn the_name_of_a_program_does_not_confuse() {
        let stat = b"12 (a) 1 (b)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
        assert_eq!(start_time(stat), Some(4242));
        assert_eq!(start_time(b""), None);
        assert_eq!(start_time(b"12 (a) S 1 2"), None);
    }
}
