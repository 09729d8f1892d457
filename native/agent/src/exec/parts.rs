//! What an execution consists of.

use std::time::Instant;

use super::input::Input;
use super::output::Output;
use super::terminal::Terminal;
use crate::container::oom_kills::MemoryWatch;
use crate::process::Process;

/// What the start has made.
pub struct Parts {
    /// As the container sees it.
    pub pid: u32,
    pub process: Process,
    pub begun: Instant,
    pub memory: MemoryWatch,
    pub stdin: Option<Input>,
    pub stdout: Output,
    /// None when a terminal shows both.
    pub stderr: Option<Output>,
    pub terminal: Option<Terminal>,
}

impl Parts {
    /// Bytes that went through in either direction.
    pub fn moved(&self) -> u64 {
        let outputs = [&self.stdout].into_iter().chain(&self.stderr);
        outputs.map(Output::moved).sum::<u64>() + self.stdin.as_ref().map_or(0, Input::moved)
    }

    pub fn outputs(&mut self) -> impl Iterator<Item = &mut Output> {
        [&mut self.stdout].into_iter().chain(&mut self.stderr)
    }
}
