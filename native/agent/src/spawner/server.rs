//! The spawner's own work: the container, and what is started in it.

use std::collections::HashSet;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::channel;
use super::child::{self, Failure, Plan, Stack, Stage};
use super::request::{Answer, Refusal, Request, Spawn, Spawned};
use super::user::{self, Identity, LookupError};
use crate::container::set_up::{self, Inside, Prepared};
use crate::fault::describe;

/// Used when the environment names none, as by Docker.
const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// More of /etc/passwd or /etc/group is not read.
const MAX_ACCOUNT_FILE: usize = 1 << 20;
const MAX_PATH_ENTRIES: usize = 256;
const NO_CONTAINER: &str = "there is no container";

/// Serves the agent at the other end of `socket`; ends with it.
pub fn run(socket: &OwnedFd) -> Errno {
    let mut server = Server {
        prepared: None,
        inside: None,
        stack: Stack::new(),
    };
    channel::serve(socket, |request, descriptors| match request {
        Request::Prepare { max_memory } => Some(server.prepare(max_memory)),
        Request::SetUp(request) => Some(server.set_up(&request)),
        Request::Spawn(request) => Some(server.spawn(request, &descriptors)),
        Request::Rename { hostname, machine } => {
            Some(server.personalise(|inside| inside.rename(hostname, machine)))
        }
        Request::Identify(identity) => {
            Some(server.personalise(|inside| inside.files.identify(&identity)))
        }
        Request::Fork => None,
    })
}

struct Server {
    /// A container that lacks its image.
    prepared: Option<Prepared>,
    inside: Option<Inside>,
    stack: Stack,
}

impl Server {
    fn prepare(&mut self, max_memory: u64) -> Answer {
        match set_up::prepare(max_memory) {
            Ok(prepared) => {
                self.prepared = Some(prepared);
                Answer::Done
            }
            Err(failure) => refused(Refusal::SetUp, failure.message, failure.init_pid),
        }
    }

    fn set_up(&mut self, request: &super::SetUp) -> Answer {
        let Some(prepared) = self.prepared.take() else {
            return refused(Refusal::SetUp, NO_CONTAINER, None);
        };
        match prepared.set_up(request) {
            Ok(inside) => {
                let pid = inside.init_pid;
                self.inside = Some(inside);
                Answer::Spawned(Spawned { pid, inner_pid: 1 })
            }
            Err(failure) => refused(Refusal::SetUp, failure.message, failure.init_pid),
        }
    }

    fn personalise(&mut self, action: impl FnOnce(&mut Inside) -> Result<(), Errno>) -> Answer {
        let Some(inside) = &mut self.inside else {
            return refused(Refusal::Personalise, NO_CONTAINER, None);
        };
        match action(inside) {
            Ok(()) => Answer::Done,
            Err(errno) => refused(Refusal::Personalise, describe(errno), None),
        }
    }

    fn spawn(&mut self, request: Spawn, descriptors: &[OwnedFd]) -> Answer {
        let Some(inside) = &self.inside else {
            return refused(Refusal::SetUp, NO_CONTAINER, None);
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
        let stdio = match (request.tty, request.stdin, descriptors) {
            (true, _, [terminal]) => [terminal.as_fd(); 3],
            (false, false, [stdout, stderr]) => [null, stdout.as_fd(), stderr.as_fd()],
            (false, true, [stdin, stdout, stderr]) => {
                [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()]
            }
            _ => return refused(Refusal::Resources, "too few descriptors arrived", None),
        };
        if identity.uid != 0 {
            // So that it may open them again, as /dev/stdout or by the terminal's name.
            let owner = Some(rustix::fs::Uid::from_raw(identity.uid));
            for descriptor in descriptors {
                let _ = rustix::fs::fchown(descriptor, owner, None);
            }
        }
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
            terminal: request.tty,
            cgroup: inside.cgroup.as_fd(),
            limits: &inside.limits,
        };
        match child::start(&plan, &mut self.stack) {
            Ok((pid, inner_pid)) => Answer::Spawned(Spawned { pid, inner_pid }),
            Err(failure) => explain(&failure, &plan),
        }
    }
}

pub fn refused(refusal: Refusal, message: impl Into<String>, dead_pid: Option<i32>) -> Answer {
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
        (Stage::Clone | Stage::Stdio | Stage::Limits | Stage::Identity, _) => (
            Refusal::Resources,
            format!("no process can be started: {why}"),
        ),
    };
    refused(refusal, message, failure.pid)
}

/// Who a user is in the mount namespace that this thread is in.
pub fn identity(spec: &[u8]) -> Result<Identity, (Refusal, String)> {
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
