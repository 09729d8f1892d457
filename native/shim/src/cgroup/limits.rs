//! What is limited, and in which files.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Controller {
    Memory,
    Pids,
    Cpu,
}

impl Controller {
    pub const ALL: [Controller; 3] = [Controller::Memory, Controller::Pids, Controller::Cpu];

    pub fn name(self) -> &'static str {
        match self {
            Controller::Memory => "memory",
            Controller::Pids => "pids",
            Controller::Cpu => "cpu",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Limits {
    /// As much again of swap. Absent: none.
    pub memory_bytes: Option<u64>,
    /// Processes and threads.
    pub tasks: u32,
    /// Whole processors' time.
    pub cpus: u32,
}

/// What is written to one file.
pub struct Setting {
    pub file: &'static str,
    pub value: String,
    /// The kernel may have been built or started without it.
    pub optional: bool,
}

/// Microseconds within which processor time is counted; the kernel's default.
const PERIOD: u64 = 100_000;

impl Limits {
    pub fn has(&self, controller: Controller) -> bool {
        controller != Controller::Memory || self.memory_bytes.is_some()
    }

    /// For a hierarchy of version 1 (cgroup-v1/memory.rst, pids.rst; sched-bwc.rst).
    pub fn separate(&self, controller: Controller) -> Vec<Setting> {
        let memory = self.memory_bytes.unwrap_or_default();
        match controller {
            Controller::Memory => vec![
                needed("memory.limit_in_bytes", memory),
                swap("memory.memsw.limit_in_bytes", memory.saturating_mul(2)),
            ],
            Controller::Pids => vec![needed("pids.max", self.tasks)],
            Controller::Cpu => vec![
                needed("cpu.cfs_period_us", PERIOD),
                needed("cpu.cfs_quota_us", u64::from(self.cpus) * PERIOD),
            ],
        }
    }

    /// For that of version 2 (cgroup-v2.rst).
    pub fn unified(&self, controller: Controller) -> Vec<Setting> {
        let memory = self.memory_bytes.unwrap_or_default();
        match controller {
            Controller::Memory => vec![
                needed("memory.max", memory),
                swap("memory.swap.max", memory),
            ],
            Controller::Pids => vec![needed("pids.max", self.tasks)],
            Controller::Cpu => {
                let quota = u64::from(self.cpus) * PERIOD;
                vec![needed("cpu.max", format!("{quota} {PERIOD}"))]
            }
        }
    }
}

fn needed(file: &'static str, value: impl ToString) -> Setting {
    Setting {
        file,
        value: value.to_string(),
        optional: false,
    }
}

fn swap(file: &'static str, value: u64) -> Setting {
    Setting {
        optional: true,
        ..needed(file, value)
    }
}
