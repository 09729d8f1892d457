//! What the kernel has killed in the container for want of memory.
//!
//! The cgroup counts them, and the kernel's log names them. The count is read at the begin and the end of each execution, the log only when
//! it has grown: then it says whether the execution was killed itself, or something that it had started, or just another one.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::{Errno, Result};

use super::cgroup;

const LOG: &str = "/dev/kmsg";
/// The kernel's longest record (PRINTK_MESSAGE_MAX); a shorter buffer gets an error.
const RECORD_BYTES: usize = 8192;
/// Of those before, nobody asks any more.
const MAX_VICTIMS: usize = 1024;

pub struct OomKills {
    /// Stays open, since each execution asks at its start.
    events: File,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    log: Option<OwnedFd>,
    /// How many there were when the log was read last.
    count: u64,
    /// Oldest first.
    victims: VecDeque<Victim>,
    /// The processes of executions, by the agent's numbers.
    executions: HashSet<i32>,
}

struct Victim {
    /// Which one of all, counted from 1.
    number: u64,
    who: Who,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// The process of this execution.
    Execution(i32),
    /// What one has started.
    Other,
    /// The kernel's log does not say.
    Unknown,
}

impl OomKills {
    pub fn open() -> Result<Self> {
        Ok(Self {
            events: cgroup::open("memory.events")?,
            seen: Mutex::default(),
        })
    }

    /// How many there were so far.
    pub fn count(&self) -> u64 {
        // A handful of short lines.
        let mut text = [0; 512];
        let length = self.events.read_at(&mut text, 0).unwrap_or(0);
        let text = String::from_utf8_lossy(&text[..length]);
        cgroup::find_named(&text, "oom_kill").unwrap_or(0)
    }

    /// To be called when an execution's process is there, and `ended` when its number is another's.
    pub fn begun(&self, pid: i32) {
        self.seen().executions.insert(pid);
    }

    pub fn ended(&self, pid: i32) {
        self.seen().executions.remove(&pid);
    }

    /// Whether the execution with this process was killed after there had been `before`.
    pub fn hit(&self, pid: i32, before: u64) -> bool {
        self.any(
            before,
            |who| matches!(who, Who::Execution(killed) if killed == pid),
        )
    }

    /// Whether something was that is not an execution itself.
    pub fn hit_another(&self, before: u64) -> bool {
        self.any(before, |who| who == Who::Other)
    }

    fn any(&self, before: u64, fits: impl Fn(Who) -> bool) -> bool {
        let count = self.count();
        if count <= before {
            return false;
        }
        let mut seen = self.seen();
        seen.catch_up(count);
        seen.victims.iter().any(|victim| {
            victim.number > before && (fits(victim.who) || victim.who == Who::Unknown)
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn catch_up(&mut self, count: u64) {
        if count > self.count {
            let pids = self.read_log().unwrap_or_default();
            self.note(&pids, count);
        }
    }

    /// Those that were killed most recently, oldest first. More of them are there of a container that was there before, and fewer when the
    /// log was written over meanwhile.
    fn note(&mut self, pids: &[i32], count: u64) {
        let new = count - self.count;
        let missing = new.saturating_sub(pids.len() as u64);
        let known = &pids[pids.len() - (new - missing) as usize..];
        let unknown = std::iter::repeat_n(Who::Unknown, missing.min(MAX_VICTIMS as u64) as usize);
        let whose = |pid: &i32| match self.executions.contains(pid) {
            true => Who::Execution(*pid),
            false => Who::Other,
        };
        let all: Vec<Who> = unknown.chain(known.iter().map(whose)).collect();
        let first = count - all.len() as u64 + 1;
        let numbered = (first..).zip(all);
        self.victims
            .extend(numbered.map(|(number, who)| Victim { number, who }));
        let surplus = self.victims.len().saturating_sub(MAX_VICTIMS);
        self.victims.drain(..surplus);
        self.count = count;
    }

    /// The processes that new records of the log tell of.
    fn read_log(&mut self) -> Result<Vec<i32>> {
        let log = match &self.log {
            Some(log) => log,
            None => {
                let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
                self.log
                    .insert(rustix::fs::openat(CWD, LOG, flags, Mode::empty())?)
            }
        };
        let mut record = vec![0; RECORD_BYTES];
        let mut pids = Vec::new();
        loop {
            match rustix::io::read(log, &mut record) {
                Ok(0) | Err(Errno::AGAIN) => return Ok(pids),
                Ok(length) => pids.extend(victim_of(&record[..length])),
                // Records were written over before they were read, or a signal came.
                Err(Errno::PIPE | Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}

/// The process that a record says was killed: `priority,sequence,time,flags;Memory cgroup out of memory: Killed process 7 (name) …`
/// (the kernel's Documentation/ABI/testing/dev-kmsg and mm/oom_kill.c). A program cannot write such a record: it has another facility than
/// the kernel's, 0, then, and a name of its own is too short and comes too late.
fn victim_of(record: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(record.split(|&byte| byte == b'\n').next()?).ok()?;
    let (head, message) = text.split_once(';')?;
    let priority: u32 = head.split(',').next()?.parse().ok()?;
    if priority >> 3 != 0 {
        return None;
    }
    let message = message
        .strip_prefix("Memory cgroup out of memory: ")
        .or_else(|| message.strip_prefix("Out of memory: "))?;
    let rest = message.strip_prefix("Killed process ")?;
    rest.split_once(' ')?.0.parse().ok()
}

/// One execution's view of them.
pub struct MemoryWatch {
    kills: Arc<OomKills>,
    before: u64,
    pid: Option<i32>,
}

impl MemoryWatch {
    /// To be called before its process is there.
    pub fn begin(kills: Arc<OomKills>) -> Self {
        let before = kills.count();
        Self {
            kills,
            before,
            pid: None,
        }
    }

    pub fn set_pid(&mut self, pid: i32) {
        self.kills.begun(pid);
        self.pid = Some(pid);
    }

    /// Whether the kernel has killed the execution's process since the begin.
    pub fn hit(&self) -> bool {
        self.pid.is_some_and(|pid| self.kills.hit(pid, self.before))
    }

    /// Whether it has killed one that is no execution's, and may be what this one has started.
    pub fn hit_another(&self) -> bool {
        self.kills.hit_another(self.before)
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        if let Some(pid) = self.pid {
            self.kills.ended(pid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_who_was_killed() {
        let killed = |text: &str| victim_of(text.as_bytes());
        let line = "Killed process 212 (python3) total-vm:1kB, anon-rss:2kB";
        assert_eq!(
            killed(&format!("3,88,9,-;Memory cgroup out of memory: {line}\n")),
            Some(212)
        );
        assert_eq!(
            killed(&format!(
                "3,88,9,-,caller=T1;Out of memory: {line}\n SUBSYSTEM=x\n"
            )),
            Some(212)
        );
        // By a program, and by one that only has such a name.
        assert_eq!(killed(&format!("12,88,9,-;Out of memory: {line}\n")), None);
        assert_eq!(killed("3,88,9,-;Killed process [9]: segfault at 0\n"), None);
        assert_eq!(
            killed("3,88,9,-;Out of memory: Killed process x (y)\n"),
            None
        );
        assert_eq!(killed(""), None);
    }

    #[test]
    fn tells_executions_from_what_they_started() {
        let mut seen = Seen::default();
        seen.executions.insert(7);
        seen.note(&[3, 7, 9], 2);
        let found: Vec<_> = seen
            .victims
            .iter()
            .map(|one| (one.number, one.who))
            .collect();
        assert_eq!(found, [(1, Who::Execution(7)), (2, Who::Other)]);
    }

    #[test]
    fn knows_what_it_does_not_know() {
        let mut seen = Seen::default();
        seen.note(&[4], 3);
        let found: Vec<_> = seen
            .victims
            .iter()
            .map(|one| (one.number, one.who))
            .collect();
        assert_eq!(
            found,
            [(1, Who::Unknown), (2, Who::Unknown), (3, Who::Other)]
        );
        seen.note(&[], 1_000_000);
        assert_eq!(seen.victims.len(), MAX_VICTIMS);
        assert_eq!(seen.victims.back().map(|one| one.number), Some(1_000_000));
    }
}
