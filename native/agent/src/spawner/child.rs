//! Starting one process the way vfork does: the child runs on the spawner's memory, with a stack of its own, until it becomes the
//! wanted program, and the spawner waits for that. No page table is copied, and a failure is reported by writing to that memory.
//!
//! Between `start` and `execve` the child does system calls only: no allocation, no lock, no panic.

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use rustix::io::Errno;

use crate::container::cgroup::CLONE_INTO_CGROUP;
use crate::container::limits::Limit;

#[cfg(not(target_arch = "x86_64"))]
compile_error!("spawner::child knows how to start a process on x86_64 only");

const STACK_BYTES: usize = 64 * 1024;

/// Where the child failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Clone,
    Stdio,
    WorkingDir,
    Limits,
    Identity,
    Program,
    /// The program is there, but what it names to run it is not.
    Interpreter,
}

#[derive(Debug)]
pub struct Failure {
    pub stage: Stage,
    pub errno: Errno,
    /// The child that ended, for its parent to reap.
    pub pid: Option<i32>,
}

/// All that the child needs, ready to be handed to the kernel.
pub struct Plan<'a> {
    /// The program by path, or one path for each directory of PATH; the first that can be executed is.
    pub candidates: Vec<CString>,
    pub argv: Vec<CString>,
    pub env: Vec<CString>,
    pub working_dir: CString,
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
    /// What a root process may do; others have no capabilities.
    pub capabilities: u64,
    pub stdio: [BorrowedFd<'a>; 3],
    /// Its stdin is to be its controlling terminal.
    pub terminal: bool,
    pub cgroup: BorrowedFd<'a>,
    pub limits: &'a [Limit],
}

/// The child's stack, used by one child after the other.
pub struct Stack(Vec<u128>);

impl Stack {
    pub fn new() -> Self {
        Self(vec![0; STACK_BYTES / size_of::<u128>()])
    }
}

struct Order<'a> {
    plan: &'a Plan<'a>,
    argv: Vec<*const c_char>,
    env: Vec<*const c_char>,
    // Written by the child.
    inner_pid: i32,
    failure: Option<(Stage, Errno)>,
}

/// Starts the process; gives its PID here and in the container. It is a child of this process's parent.
pub fn start(plan: &Plan<'_>, stack: &mut Stack) -> Result<(i32, i32), Failure> {
    let mut order = Order {
        plan,
        argv: pointers(&plan.argv),
        env: pointers(&plan.env),
        inner_pid: 0,
        failure: None,
    };
    // SAFETY: clone_args is plain numbers.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags =
        (libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PARENT) as u64 | CLONE_INTO_CGROUP;
    arguments.stack = stack.0.as_mut_ptr() as u64;
    arguments.stack_size = STACK_BYTES as u64;
    arguments.cgroup = plan.cgroup.as_raw_fd() as u64;
    // SAFETY: the stack is the child's alone; `order` outlives it, since CLONE_VFORK makes this thread wait for its end.
    let result = unsafe { clone_onto(&arguments, &mut order) };
    if result < 0 {
        let errno = Errno::from_raw_os_error(-result as i32);
        return Err(Failure {
            stage: Stage::Clone,
            errno,
            pid: None,
        });
    }
    // SAFETY: the child wrote behind the compiler's back.
    let (inner_pid, failure) = unsafe {
        (
            ptr::read_volatile(&order.inner_pid),
            ptr::read_volatile(&order.failure),
        )
    };
    match failure {
        None => Ok((result as i32, inner_pid)),
        Some((stage, errno)) => Err(Failure {
            stage,
            errno,
            pid: Some(result as i32),
        }),
    }
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings
        .iter()
        .map(|string| string.as_ptr())
        .chain([ptr::null()])
        .collect()
}

/// clone3, whose child goes on in `child` on the new stack and never returns.
unsafe fn clone_onto(arguments: &libc::clone_args, order: &mut Order<'_>) -> c_long {
    let result: c_long;
    // SAFETY: by the caller. The child shares nothing of this frame but what `order` points to; both survive in registers.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r12",
            "call r13",
            "ud2",
            "2:",
            inlateout("rax") libc::SYS_clone3 => result,
            in("rdi") arguments,
            in("rsi") size_of::<libc::clone_args>(),
            in("r12") ptr::from_mut(order).cast::<c_void>(),
            in("r13") child as extern "C" fn(*mut Order<'static>) -> ! as usize,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    result
}

extern "C" fn child(order: *mut Order<'static>) -> ! {
    // SAFETY: `start` keeps it alive and does not touch it meanwhile.
    let order = unsafe { &mut *order };
    let failure = match become_program(order) {
        Ok(never) => match never {},
        Err(failure) => failure,
    };
    // SAFETY: a plain store that the parent reads once this process is gone.
    unsafe {
        ptr::write_volatile(&mut order.failure, Some(failure));
        libc::_exit(127)
    }
}

fn become_program(order: &mut Order<'_>) -> Result<std::convert::Infallible, (Stage, Errno)> {
    let plan = order.plan;
    // SAFETY: no pointers.
    order.inner_pid = unsafe { libc::syscall(libc::SYS_getpid) } as i32;
    for (target, source) in plan.stdio.iter().enumerate() {
        let (source, target) = (source.as_raw_fd(), target as c_int);
        // The spawner's own stdio is /dev/null already.
        if source != target {
            // SAFETY: 0 to 2 are this process's own; other sources are above them, since these are always open.
            let result = unsafe { libc::syscall(libc::SYS_dup3, source, target, 0) };
            check(Stage::Stdio, result)?;
        }
    }
    // SAFETY: no pointers.
    check(Stage::Stdio, unsafe { libc::syscall(libc::SYS_setsid) })?;
    if plan.terminal {
        // SAFETY: no pointers.
        let result = unsafe { libc::syscall(libc::SYS_ioctl, 0, libc::TIOCSCTTY, 0) };
        check(Stage::Stdio, result)?;
    }
    enter_working_dir(&plan.working_dir).map_err(|errno| (Stage::WorkingDir, errno))?;
    for limit in plan.limits {
        limit.apply().map_err(|errno| (Stage::Limits, errno))?;
    }
    take_identity(plan)?;
    Err(execute(order))
}

/// Makes the directory when it is missing. Magic links are refused: through /proc/self/fd the child could still see what only the agent may see.
fn enter_working_dir(path: &CStr) -> Result<(), Errno> {
    let mut how: libc::open_how = unsafe { std::mem::zeroed() };
    how.flags = (libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC) as u64;
    how.resolve = libc::RESOLVE_NO_MAGICLINKS;
    // SAFETY: the path is NUL-terminated, and `how` has the size that is given.
    let open = || unsafe {
        let size = size_of::<libc::open_how>();
        raw(libc::syscall(
            libc::SYS_openat2,
            libc::AT_FDCWD,
            path.as_ptr(),
            &raw const how,
            size,
        ))
    };
    let directory = match open() {
        Err(Errno::NOENT) => {
            make_directories(path);
            open()?
        }
        result => result?,
    };
    // SAFETY: no pointers.
    raw(unsafe { libc::syscall(libc::SYS_fchdir, directory) })?;
    Ok(())
}

/// Makes what is missing of a path; whether that worked shows when it is opened.
fn make_directories(path: &CStr) {
    let bytes = path.to_bytes();
    let mut prefix = [0u8; libc::PATH_MAX as usize];
    if bytes.len() >= prefix.len() {
        return;
    }
    prefix[..bytes.len()].copy_from_slice(bytes);
    for end in 1..=bytes.len() {
        if end == bytes.len() || bytes[end] == b'/' {
            prefix[end] = 0;
            // SAFETY: NUL-terminated just above.
            unsafe { libc::syscall(libc::SYS_mkdirat, libc::AT_FDCWD, prefix.as_ptr(), 0o755) };
            prefix[end] = b'/';
        }
    }
}

fn take_identity(plan: &Plan<'_>) -> Result<(), (Stage, Errno)> {
    let (uid, gid) = (plan.uid, plan.gid);
    // SAFETY: the list has the length that is given. Raw calls: libc's change all threads of a process, and this one borrows its memory.
    unsafe {
        let groups = libc::syscall(libc::SYS_setgroups, plan.groups.len(), plan.groups.as_ptr());
        check(Stage::Identity, groups)?;
        check(
            Stage::Identity,
            libc::syscall(libc::SYS_setresgid, gid, gid, gid),
        )?;
        check(
            Stage::Identity,
            libc::syscall(libc::SYS_setresuid, uid, uid, uid),
        )?;
    }
    if uid != 0 {
        // The kernel has cleared all sets with the change of the user.
        return Ok(());
    }
    crate::container::capabilities::limit_to(plan.capabilities)
        .map_err(|errno| (Stage::Identity, errno))
}

/// Tries each candidate, as execvp does; gives why the best of them failed.
fn execute(order: &Order<'_>) -> (Stage, Errno) {
    let mut result = (Stage::Program, Errno::NOENT);
    let several = order.plan.candidates.len() > 1;
    for candidate in &order.plan.candidates {
        // An execve that fails is dear: it has made an address space and copied all strings by then.
        if several && let Err(errno) = executable(candidate) {
            if errno == Errno::ACCESS {
                result.1 = errno;
            }
            continue;
        }
        // SAFETY: all strings are NUL-terminated, and both lists end with a null.
        let failure = raw(unsafe {
            libc::syscall(
                libc::SYS_execve,
                candidate.as_ptr(),
                order.argv.as_ptr(),
                order.env.as_ptr(),
            )
        });
        match failure {
            Err(Errno::NOENT) if executable(candidate).is_ok() => {
                return (Stage::Interpreter, Errno::NOENT);
            }
            Err(Errno::NOENT | Errno::NOTDIR) | Ok(_) => {}
            Err(Errno::ACCESS) => result.1 = Errno::ACCESS,
            Err(errno) => return (Stage::Program, errno),
        }
    }
    result
}

fn executable(path: &CStr) -> Result<c_long, Errno> {
    let (mode, flags) = (libc::X_OK, libc::AT_EACCESS);
    // SAFETY: the path is NUL-terminated.
    raw(unsafe {
        libc::syscall(
            libc::SYS_faccessat2,
            libc::AT_FDCWD,
            path.as_ptr(),
            mode,
            flags,
        )
    })
}

fn check(stage: Stage, result: c_long) -> Result<c_long, (Stage, Errno)> {
    raw(result).map_err(|errno| (stage, errno))
}

fn raw(result: c_long) -> Result<c_long, Errno> {
    if result >= 0 {
        return Ok(result);
    }
    // SAFETY: errno of this thread; the spawner, whose it is as well, waits.
    Err(Errno::from_raw_os_error(unsafe {
        *libc::__errno_location()
    }))
}
