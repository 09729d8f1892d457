//! One thread for all watched processes: it sleeps in epoll until one of them ends.
//!
//! It starts with the first watch and lives as long as this process. Any thread may add and remove.

use std::{
    collections::HashMap,
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
};

use super::pidfd::{Exit, PidFd};
use crate::failure::{Failure, Result};

/// Told how the process ended, where it was a child to be reaped.
pub type OnExit = Box<dyn FnOnce(Option<Exit>) + Send>;

struct Watched {
    /// Of a child that nobody else reaps.
    child: Option<Arc<PidFd>>,
    on_exit: OnExit,
}

pub struct Watcher {
    epoll: OwnedFd,
    callbacks: Mutex<Callbacks>,
}

#[derive(Default)]
struct Callbacks {
    next: u64,
    by_id: HashMap<u64, Watched>,
}

impl Watcher {
    pub fn shared() -> Result<Arc<Self>> {
        static SHARED: OnceLock<Arc<Watcher>> = OnceLock::new();
        static STARTING: Mutex<()> = Mutex::new(());
        let _guard = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watcher) = SHARED.get() {
            return Ok(Arc::clone(watcher));
        }
        let watcher =
            Self::start().map_err(|error| Failure::from(error).within("cannot watch processes"))?;
        Ok(Arc::clone(SHARED.get_or_init(|| watcher)))
    }

    fn start() -> io::Result<Arc<Self>> {
        // SAFETY: the call takes a number.
        let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if epoll < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel just gave us this descriptor.
        let epoll = unsafe { OwnedFd::from_raw_fd(epoll) };
        let watcher = Arc::new(Self {
            epoll,
            callbacks: Mutex::default(),
        });
        let thread = Arc::clone(&watcher);
        thread::Builder::new()
            .name("boxlite-watch".into())
            .stack_size(64 << 10)
            .spawn(move || thread.run())?;
        Ok(watcher)
    }

    /// Calls `on_exit` once, on the watcher's thread, when the process ends; at once if it has ended. Returns what `remove` takes.
    pub fn add(&self, process: &Arc<PidFd>, reap: bool, on_exit: OnExit) -> Result<u64> {
        let id = {
            let mut callbacks = self.callbacks();
            callbacks.next += 1;
            let id = callbacks.next;
            let child = reap.then(|| Arc::clone(process));
            callbacks.by_id.insert(id, Watched { child, on_exit });
            id
        };
        let mut event = libc::epoll_event {
            events: (libc::EPOLLIN | libc::EPOLLONESHOT) as u32,
            u64: id,
        };
        // SAFETY: both descriptors are open and the event is initialised.
        let status = unsafe {
            libc::epoll_ctl(
                self.epoll.as_raw_fd(),
                libc::EPOLL_CTL_ADD,
                process.as_raw_fd(),
                &mut event,
            )
        };
        if status != 0 {
            let error = io::Error::last_os_error();
            self.callbacks().by_id.remove(&id);
            return Err(Failure::from(error).within("cannot watch a process"));
        }
        Ok(id)
    }

    /// After this the callback is not called any more, unless it is running already. A child is reaped all the same.
    pub fn remove(&self, process: &PidFd, id: u64) {
        if let Some(watched) = self.callbacks().by_id.get_mut(&id)
            && watched.child.is_some()
        {
            watched.on_exit = Box::new(|_| ());
            return;
        }
        // SAFETY: both descriptors are open; the event is not read by this operation.
        unsafe {
            libc::epoll_ctl(
                self.epoll.as_raw_fd(),
                libc::EPOLL_CTL_DEL,
                process.as_raw_fd(),
                std::ptr::null_mut(),
            )
        };
        let callback = self.callbacks().by_id.remove(&id);
        drop(callback);
    }

    fn run(&self) {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 16];
        loop {
            // SAFETY: the buffer is as long as said.
            let count = unsafe {
                libc::epoll_wait(
                    self.epoll.as_raw_fd(),
                    events.as_mut_ptr(),
                    events.len() as i32,
                    -1,
                )
            };
            for event in events.iter().take(usize::try_from(count).unwrap_or(0)) {
                let id = event.u64;
                // Taken out first: the callback must not run under the lock.
                let watched = self.callbacks().by_id.remove(&id);
                if let Some(Watched { child, on_exit }) = watched {
                    on_exit(child.and_then(|child| child.reap()));
                }
            }
        }
    }

    fn callbacks(&self) -> std::sync::MutexGuard<'_, Callbacks> {
        self.callbacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
