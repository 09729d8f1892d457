//! The spawner's own loop: takes one request, answers it, takes the next, until the agent is gone.

use std::collections::HashSet;
use std::convert::Infallible;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::child::{self, Failure, Plan, Stack, Stage};
use super::frame::{self, Incoming};
use super::request::{Answer, Refusal, Request, Spawn, Spawned};
use super::user::{self, Identity, LookupError};
use crate::container::set_up::{self, Inside};
use crate::fault::describe;

/// Used when the environment names none, as by Docker.
const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// More of /etc/passwd or /etc/group is not read.
const MAX_ACCOUNT_FILE: usize = 1 << 20;
const MAX_PATH_ENTRIES: usize = 256;

/// Serves the agent at the other end of `socket`; ends with it.
pub fn run(socket: &OwnedFd) -> Errno {
    let mut server = Server {
        inside: None,
        stack: Stack::new(),
    };
    match server.serve(socket) {
        Ok(never) => match never {},
        Err(errno) => errno,
    }
}

struct Server {
    inside: Option<Inside>,
    stack: Stack,
}

impl Server {
    fn serve(&mut self, socket: &OwnedFd) -> Result<Infallible, Errno> {
        let mut incoming = Incoming::default();
        loop {
            let (body, descriptors) = match incoming.receive(socket) {
                Ok(Some(frame)) => frame,
                Ok(None) | Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno),
            };
            let answer = match Request::decode(&body) {
                Some(Request::SetUp(request)) => self.set_up(&request),
                Some(Request::Spawn(request)) => self.spawn(request, &descriptors),
                None => return Err(Errno::BADMSG),
            };
            drop(descriptors);
            let frame = frame::seal(answer.encode());
            let mut sent = 0;
            while sent < frame.len() {
                sent += frame::send(socket, &frame[sent..], &[])?;
            }
        }
    }

    fn set_up(&mut self, request: &super::SetUp) -> Answer {
        match set_up::run(request) {
            Ok(inside) => {
                let pid = inside.init_pid;
                self.inside = Some(inside);
                Answer::Spawned(Spawned { pid, inner_pid: 1 })
            }
            Err(failure) => refused(Refusal::SetUp, failure.message, failure.init_pid),
        }
    }

    fn spawn(&mut self, request: Spawn, descriptors: &[OwnedFd]) -> Answer {
        let Some(inside) = &self.inside else {
            return refused(Refusal::SetUp, "there is no container", None);
        };
        let identity = match identity(&request.user) {
            Ok(identity) => identity,
            Err((refusal, message)) => return refused(refusal, message, None),
        };
        let Some(first) = request.argv.first().cloned() else {
            return refused(Refusal::CommandNotFound, "no command was given", None);
        };
        // SAFETY: the spawner keeps 0, which is the container's /dev/null, open for ever.
        let null = unsafe { std::os::fd::BorrowedFd::borrow_raw(0) };
        let stdio = match (request.stdin, descriptors) {
            (false, [stdout, stderr]) => [null, stdout.as_fd(), stderr.as_fd()],
            (true, [stdin, stdout, stderr]) => [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()],
            _ => return refused(Refusal::Resources, "too few descriptors arrived", None),
        };
        let env = with_home(merge(request.env), &identity.home);
        let plan = Plan {
            candidates: strings(candidates(&first, &env)),
            argv: strings(request.argv),
            env: strings(env),
            working_dir: string(request.working_dir),
            uid: identity.uid,
            gid: identity.gid,
            groups: identity.groups,
            capabilities: inside.capabilities,
            stdio,
            cgroup: inside.cgroup.as_fd(),
        };
        match child::start(&plan, &mut self.stack) {
            Ok((pid, inner_pid)) => Answer::Spawned(Spawned { pid, inner_pid }),
            Err(failure) => explain(&failure, &plan),
        }
    }
}

fn refused(refusal: Refusal, message: impl Into<String>, dead_pid: Option<i32>) -> Answer {
    Answer::Refused {
        refusal,
        message: message.into(),
        dead_pid,
    }
}

/// The host says which command could not be run, so the message does not.
fn explain(failure: &Failure, plan: &Plan<'_>) -> Answer {
    let why = describe(failure.errno);
    let (refusal, message) = match (failure.stage, failure.errno) {
        (Stage::WorkingDir, _) => {
            let directory = plan.working_dir.to_string_lossy();
            let message = format!("cannot enter the directory '{directory}': {why}");
            (Refusal::BadWorkingDir, message)
        }
        (Stage::Interpreter, _) => {
            let message = "it exists, but the interpreter that it names does not".to_owned();
            (Refusal::CommandNotExecutable, message)
        }
        (Stage::Program, Errno::NOENT) if !plan.argv[0].as_bytes().contains(&b'/') => {
            let message = "it is in no directory of PATH".to_owned();
            (Refusal::CommandNotFound, message)
        }
        (Stage::Program, Errno::NOENT | Errno::NOTDIR) => (Refusal::CommandNotFound, why),
        (Stage::Program, Errno::TOOBIG | Errno::NOMEM | Errno::AGAIN) => (Refusal::Resources, why),
        (Stage::Program, _) => (Refusal::CommandNotExecutable, why),
        (Stage::Clone | Stage::Stdio | Stage::Identity, _) => (
            Refusal::Resources,
            format!("no process can be started: {why}"),
        ),
    };
    refused(refusal, message, failure.pid)
}

fn identity(spec: &[u8]) -> Result<Identity, (Refusal, String)> {
    let passwd = read_account_file("/etc/passwd");
    let group = read_account_file("/etc/group");
    user::resolve(spec, &passwd, &group).map_err(|error| {
        let spec = String::from_utf8_lossy(spec);
        match error {
            LookupError::NoUser => (
                Refusal::UserNotFound,
                format!("the container has no user '{spec}'"),
            ),
            LookupError::NoGroup => (
                Refusal::GroupNotFound,
                format!("the container has no group as in '{spec}'"),
            ),
            LookupError::Malformed => (
                Refusal::BadUser,
                format!("'{spec}' is not of the form user[:group]"),
            ),
        }
    })
}

/// Reads a regular file of the container, up to its bound; one that cannot be read counts as empty.
fn read_account_file(path: &str) -> Vec<u8> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let Ok(file) =
        rustix::fs::openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS)
    else {
        return Vec::new();
    };
    let Ok(stat) = rustix::fs::fstat(&file) else {
        return Vec::new();
    };
    if !rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file() {
        return Vec::new();
    }
    let mut content = vec![
        0;
        usize::try_from(stat.st_size)
            .unwrap_or(0)
            .min(MAX_ACCOUNT_FILE)
    ];
    let mut length = 0;
    while length < content.len() {
        match rustix::io::read(&file, &mut content[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(Errno::INTR) => {}
            Err(_) => return Vec::new(),
        }
    }
    content.truncate(length);
    content
}

fn name_of(variable: &[u8]) -> &[u8] {
    variable
        .split(|&byte| byte == b'=')
        .next()
        .unwrap_or_default()
}

/// Of two variables with one name the later stays.
fn merge(env: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut seen = HashSet::with_capacity(env.len());
    let keep: Vec<bool> = env
        .iter()
        .rev()
        .map(|one| seen.insert(name_of(one)))
        .collect();
    let mut keep = keep.into_iter().rev();
    env.iter()
        .filter(|_| keep.next().unwrap_or(true))
        .cloned()
        .collect()
}

fn value<'a>(env: &'a [Vec<u8>], name: &[u8]) -> Option<&'a [u8]> {
    env.iter()
        .find(|one| name_of(one) == name)
        .and_then(|one| one.get(name.len() + 1..))
}

fn with_home(mut env: Vec<Vec<u8>>, home: &[u8]) -> Vec<Vec<u8>> {
    if value(&env, b"PATH").is_none() {
        env.push([b"PATH=", DEFAULT_PATH].concat());
    }
    if value(&env, b"HOME").is_none() {
        env.push([b"HOME=", home].concat());
    }
    env
}

fn candidates(command: &[u8], env: &[Vec<u8>]) -> Vec<Vec<u8>> {
    if command.contains(&b'/') {
        return vec![command.to_vec()];
    }
    let path = value(env, b"PATH").unwrap_or(DEFAULT_PATH);
    path.split(|&byte| byte == b':')
        .take(MAX_PATH_ENTRIES)
        .map(|directory| match directory {
            b"" => [b"./", command].concat(),
            _ => [directory, b"/", command].concat(),
        })
        .collect()
}

fn strings(list: Vec<Vec<u8>>) -> Vec<CString> {
    list.into_iter().map(string).collect()
}

/// The agent lets no NUL through.
fn string(mut bytes: Vec<u8>) -> CString {
    bytes.retain(|&byte| byte != 0);
    CString::new(bytes).unwrap_or_default()
}

/// Makes a descriptor this process's stdio for good.
pub fn settle_stdio(null: &OwnedFd) -> Result<(), Errno> {
    for target in 0..=2 {
        // SAFETY: 0 to 2 belong to no owner; the descriptor made here is kept open for ever.
        let mut slot = unsafe { std::mem::ManuallyDrop::new(OwnedFd::from_raw_fd(target)) };
        if null.as_raw_fd() != target {
            rustix::io::dup2(null, &mut slot)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(list: &[&str]) -> Vec<Vec<u8>> {
        list.iter().map(|one| one.as_bytes().to_vec()).collect()
    }

    #[test]
    fn the_later_of_two_variables_counts() {
        let merged = merge(env(&["A=1", "B=2", "A=3", "C=", "B"]));
        assert_eq!(merged, env(&["A=3", "C=", "B"]));
    }

    #[test]
    fn path_and_home_have_defaults() {
        let made = with_home(env(&["X=1"]), b"/root");
        assert_eq!(value(&made, b"HOME"), Some(&b"/root"[..]));
        assert_eq!(value(&made, b"PATH"), Some(DEFAULT_PATH));
        let kept = with_home(env(&["HOME=/h", "PATH=/p"]), b"/root");
        assert_eq!(kept, env(&["HOME=/h", "PATH=/p"]));
    }

    #[test]
    fn looks_through_path_only_without_a_slash() {
        let path = env(&["PATH=/a::/b"]);
        assert_eq!(candidates(b"ls", &path), env(&["/a/ls", "./ls", "/b/ls"]));
        assert_eq!(candidates(b"./ls", &path), env(&["./ls"]));
    }
}
