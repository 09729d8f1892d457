//! What kind of process the engine is: whose end is its own, its session, signals and privileges.

use std::ffi::CString;
use std::io;
use std::ptr;

use crate::plan::{Plan, c_string};
use crate::status::{Failure, Step};
use crate::sys::check;

/// Ties this process's life to its parent's, however that one ends. The kernel means the thread that spawned it. A change of credentials may
/// undo it.
pub fn follow_owner(owner: Option<i32>) -> Result<(), Failure> {
    if owner.is_none() {
        return Ok(());
    }
    // SAFETY: plain system call.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })
        .map(drop)
        .step("owner", "PR_SET_PDEATHSIG")
}

/// The owner may have ended before the kernel was asked to tell. To be asked where the owner's id is known.
pub fn check_owner(owner: Option<i32>) -> Result<(), Failure> {
    // SAFETY: plain system call.
    let parent = unsafe { libc::getppid() };
    match owner {
        Some(owner) if owner != parent => {
            Err(Failure::new("owner", format!("process {owner} is gone")))
        }
        _ => Ok(()),
    }
}

/// Leaves the terminal's session: neither its Ctrl-C nor its hang-up is for the engine.
pub fn own_session() -> Result<(), Failure> {
    // SAFETY: plain system calls.
    unsafe {
        if libc::getsid(0) == libc::getpid() {
            return Ok(());
        }
        check(libc::setsid()).map(drop).step("session", "setsid")
    }
}

/// Leaves the keys of the owner's session (session-keyring(7)), which a user namespace does not take away. A kernel or a container that refuses
/// has no keys to lose.
pub fn leave_keys() {
    const JOIN_SESSION_KEYRING: libc::c_long = 1;
    // SAFETY: a null pointer for a keyring without a name.
    unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            JOIN_SESSION_KEYRING,
            ptr::null::<libc::c_char>(),
        )
    };
}

/// Gives the engine signals as a fresh process has them. SIGXFSZ stays ignored: a write over the file size limit fails, no more.
pub fn reset_signals() -> Result<(), Failure> {
    // SAFETY: no handler is installed; an all-zero sigset is made valid by sigemptyset.
    unsafe {
        for signal in 1..=libc::SIGRTMAX() {
            libc::signal(signal, libc::SIG_DFL);
        }
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        // The owner may close the status pipe early; that is an error of one write, not the end of the engine.
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        check(libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut()))
            .map(drop)
            .step("signals", "sigprocmask")
    }
}

/// Makes the engine a likelier victim of the OOM killer. A higher inherited score stays: lowering it is a privilege.
pub fn raise_oom_score(score: i32) -> Result<(), Failure> {
    const FILE: &str = "/proc/self/oom_score_adj";
    let current = std::fs::read_to_string(FILE).step("oom-score", FILE)?;
    if current
        .trim()
        .parse()
        .is_ok_and(|current: i32| current >= score)
    {
        return Ok(());
    }
    std::fs::write(FILE, score.to_string()).step("oom-score", FILE)
}

/// Makes the engine give way to others.
pub fn lower_priority(nice: i32) -> Result<(), Failure> {
    if nice == 0 {
        return Ok(());
    }
    // SAFETY: plain system call.
    check(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, nice) })
        .map(drop)
        .step("priority", &nice.to_string())
}

/// Lets any process of the same user read the engine's memory where only ancestors may (Yama, ptrace_scope 1): the next owner of an
/// engine that outlives this one is none. The setting lasts over exec.
pub fn let_next_owner_in(owner: Option<i32>) -> Result<(), Failure> {
    if owner.is_some() {
        return Ok(());
    }
    // SAFETY: plain system call.
    match check(unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY) }) {
        // Without Yama there is nothing to be allowed.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok(()),
        result => result.map(drop).step("tracer", "PR_SET_PTRACER"),
    }
}

/// No set-uid program and no file capability gives the engine more than it has.
pub fn forbid_new_privileges() -> Result<(), Failure> {
    // SAFETY: plain system call.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })
        .map(drop)
        .step("privileges", "PR_SET_NO_NEW_PRIVS")
}

/// Executes the engine. Returns only when that fails.
pub fn execute(plan: &Plan) -> Failure {
    let program = c_string(&plan.program);
    let args: Vec<CString> = plan.args.iter().map(c_string).collect();
    let env: Vec<CString> = plan
        .env
        .iter()
        .map(|(name, value)| c_string(format!("{name}={value}")))
        .collect();
    let (args, env) = (pointers(&args), pointers(&env));
    // SAFETY: both arrays end with a null pointer, and what they point to is alive.
    unsafe { libc::execve(program.as_ptr(), args.as_ptr(), env.as_ptr()) };
    Failure::io("execute", &plan.program, &io::Error::last_os_error())
}

fn pointers(texts: &[CString]) -> Vec<*const libc::c_char> {
    texts
        .iter()
        .map(|text| text.as_ptr())
        .chain([ptr::null()])
        .collect()
}
