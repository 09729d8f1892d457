//! An owner that leaves all that it has within reach: a descriptor, a variable, a terminal, a key.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use crate::privileges::{c_string, pointers};
use crate::sys::{check, owned};

/// The number of a descriptor that is left open.
pub const LEAKED: i32 = 200;
pub const VARIABLE: &str = "BOXLITE_INTRUDER_SECRET";
pub const KEY: &CStr = c"boxlite-intruder-secret";

/// Executes `program` with all of that.
pub fn execute(program: &str, args: &[&str]) -> io::Result<()> {
    let file = File::open("/dev/zero")?;
    // SAFETY: nothing else has this number.
    check(unsafe { libc::dup2(file.as_raw_fd(), LEAKED) }.into())?;
    give_key();
    give_terminal()?;
    let texts = [program]
        .into_iter()
        .chain(args.iter().copied())
        .map(c_string);
    let texts = texts.collect::<io::Result<Vec<_>>>()?;
    let env = [c_string(&format!("{VARIABLE}=x"))?];
    // SAFETY: both arrays end with a null pointer, and what they point to is alive.
    unsafe {
        libc::execve(
            texts[0].as_ptr(),
            pointers(&texts).as_ptr(),
            pointers(&env).as_ptr(),
        )
    };
    Err(io::Error::last_os_error())
}

/// In a session keyring of its own, as a login has one. A kernel without keys has none to lose.
fn give_key() {
    const JOIN_SESSION_KEYRING: libc::c_long = 1;
    const SESSION_KEYRING: libc::c_long = -3;
    // SAFETY: C strings, and one byte of content.
    unsafe {
        libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, ptr::null::<u8>());
        libc::syscall(
            libc::SYS_add_key,
            c"user".as_ptr(),
            KEY.as_ptr(),
            c"x".as_ptr(),
            1,
            SESSION_KEYRING,
        );
    }
}

/// A terminal of its own, which lasts as long as this process: another holds its other end, and ends with it.
fn give_terminal() -> io::Result<()> {
    // SAFETY: plain system calls on descriptors of this process; `name` has room.
    unsafe {
        let master = owned(libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY).into())?;
        check(libc::grantpt(master.as_raw_fd()).into())?;
        check(libc::unlockpt(master.as_raw_fd()).into())?;
        let mut name = [0; 64];
        check((-libc::ptsname_r(master.as_raw_fd(), name.as_mut_ptr(), 64)).into())?;
        let open = || check(libc::open(name.as_ptr(), libc::O_RDWR | libc::O_NOCTTY).into());
        let terminal = OwnedFd::from_raw_fd(open()? as i32);
        let owner = libc::getpid();
        if check(libc::fork().into())? == 0 {
            hold(master, terminal, owner);
        }
        check(libc::setsid().into())?;
        check(libc::ioctl(terminal.as_raw_fd(), libc::TIOCSCTTY, 0).into()).map(drop)
    }
}

/// With nothing else open, so that nobody waits for this process.
fn hold(master: OwnedFd, terminal: OwnedFd, owner: libc::pid_t) -> ! {
    // SAFETY: plain system calls; all other descriptors are nobody's here.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        // It may have ended before the kernel was asked to tell.
        if libc::getppid() != owner {
            libc::_exit(0);
        }
        libc::dup2(master.as_raw_fd(), 0);
        libc::dup2(terminal.as_raw_fd(), 1);
        libc::close_range(2, u32::MAX, 0);
        loop {
            libc::pause();
        }
    }
}
