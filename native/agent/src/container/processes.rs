//! What runs in the container, as ps(1) would tell: the agent sees it from outside, so the image needs no such program.

use std::collections::HashMap;
use std::fs;
use std::io::Read;

use super::cgroup;
use crate::guest::uptime_micros;
use crate::proto::{Process, ProcessesResponse};

/// More than anyone reads.
const MAX_PROCESSES: usize = 4096;
/// Bytes of a command line.
const MAX_COMMAND: u64 = 4096;
/// What the kernel counts times in for programs (sysconf(3), `_SC_CLK_TCK`): the same on all architectures that there are.
const MICROS_PER_TICK: u64 = 10_000;
const PAGE_BYTES: u64 = 4096;

/// The container's init is the agent's own and not among them.
pub fn read() -> ProcessesResponse {
    let ids = cgroup::processes();
    let now = uptime_micros();
    let seen: Vec<(i32, Process)> = ids
        .into_iter()
        .take(MAX_PROCESSES + 1)
        .filter_map(|id| Some((id, process(id, now)?)))
        .collect();
    // As the container numbers them.
    let numbers: HashMap<i32, i32> = seen
        .iter()
        .map(|(id, process)| (*id, process.pid))
        .collect();
    let processes = seen
        .into_iter()
        .map(|(_, process)| process)
        .filter(|process| process.pid != 1);
    let processes = processes.map(|process| Process {
        parent: numbers.get(&process.parent).copied().unwrap_or(0),
        ..process
    });
    ProcessesResponse {
        processes: processes.collect(),
    }
}

/// None when it has ended meanwhile. Its parent is as the agent numbers it.
fn process(id: i32, now: u64) -> Option<Process> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    let pid = line("NSpid:")?.split_whitespace().last()?.parse().ok()?;
    let uid = line("Uid:")?.split_whitespace().nth(1)?.parse().ok()?;
    let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
    let Stat {
        name,
        state,
        parent,
        terminal: _,
        cpu_ticks,
        threads,
        start_ticks,
        resident_pages,
    } = Stat::parse(&stat)?;
    Some(Process {
        pid,
        parent,
        uid,
        state: u32::from(state),
        cpu_micros: cpu_ticks * MICROS_PER_TICK,
        elapsed_micros: now.saturating_sub(start_ticks * MICROS_PER_TICK),
        resident_bytes: resident_pages * PAGE_BYTES,
        threads,
        name: name.to_vec().into(),
        command: command(id).into(),
    })
}

/// Whether it has a controlling terminal.
pub fn has_terminal(id: i32) -> bool {
    let stat = fs::read(format!("/proc/{id}/stat"));
    stat.is_ok_and(|stat| Stat::parse(&stat).is_some_and(|stat| stat.terminal != 0))
}

/// Its arguments, each with a NUL behind it; empty for one that has ended or has none.
fn command(id: i32) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = fs::File::open(format!("/proc/{id}/cmdline")) {
        // What cannot be read is left out.
        let _ = file.take(MAX_COMMAND).read_to_end(&mut bytes);
    }
    bytes
}

/// proc(5), `/proc/PID/stat`.
struct Stat<'a> {
    name: &'a [u8],
    state: u8,
    parent: i32,
    /// The number of its controlling terminal; 0 for none.
    terminal: i32,
    cpu_ticks: u64,
    threads: u32,
    start_ticks: u64,
    resident_pages: u64,
}

impl<'a> Stat<'a> {
    /// The name may hold anything, parentheses and spaces too; the last parenthesis ends it.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let begin = bytes.iter().position(|byte| *byte == b'(')? + 1;
        let end = bytes.iter().rposition(|byte| *byte == b')')?;
        let name = bytes.get(begin..end)?;
        let rest = std::str::from_utf8(&bytes[end + 1..]).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // The state is field 3.
        let field = |number: usize| fields.get(number - 3).copied();
        let number = |at: usize| field(at)?.parse::<u64>().ok();
        Some(Stat {
            name,
            state: *field(3)?.as_bytes().first()?,
            parent: field(4)?.parse().ok()?,
            terminal: field(7)?.parse().ok()?,
            cpu_ticks: number(14)? + number(15)?,
            threads: number(20)? as u32,
            start_ticks: number(22)?,
            resident_pages: number(24)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_process_whatever_its_name() {
        let stat = b"7 (a) R 1 (b)) S 3 7 7 0 -1 4 0 0 0 0 11 22 0 0 20 0 5 0 4242 1000 99 18446744073709551615";
        let stat = Stat::parse(stat).unwrap();
        assert_eq!(
            (stat.name, stat.state, stat.parent, stat.terminal),
            (&b"a) R 1 (b)"[..], b'S', 3, 0)
        );
        assert_eq!(
            (
                stat.cpu_ticks,
                stat.threads,
                stat.start_ticks,
                stat.resident_pages
            ),
            (33, 5, 4242, 99)
        );
    }

    #[test]
    fn refuses_what_is_none() {
        for stat in [
            &b""[..],
            b"7",
            b"7 (a)",
            b"7 )a( S 1",
            b"7 (a) S x",
            b"7 (a) S 1 2 3",
        ] {
            assert!(Stat::parse(stat).is_none());
        }
    }
}
