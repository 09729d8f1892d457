//! The pipe that an engine writes the state of its devices into, and what it is for: it holds the engine still.
//!
//! A guest that is stopped does not run, but its engine does: it goes on to move bytes between sockets and the guest's queues, and so
//! changes memory and devices. Only while it waits to write into a full pipe does it do nothing else.
//!
//! ```text
//! create ──▶ engine: "save to this path" ──▶ first bytes: the engine stands still ──▶ memory is read ──▶ the pipe is emptied ──▶ it goes on
//! ```

use std::{
    ffi::CString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::{
        fd::AsRawFd,
        unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use super::{MemoryChanges, vmm_process::VmmProcess};
use crate::failure::{Code, Failure, Result};

/// The least that Linux gives a pipe (pipe(7)), and less than any machine's devices write.
const CAPACITY: libc::c_int = 4096;

/// Some hundred times what an engine writes.
const MAX_STATE: usize = 64 << 20;

/// For an engine that does not begin or go on, on a busy host.
const PATIENCE_MS: i32 = 30_000;

/// Removes its name when dropped.
#[derive(Debug)]
pub struct DevicesPipe {
    reader: File,
    path: PathBuf,
}

impl DevicesPipe {
    /// Makes it, with a reader, so that no engine waits for one.
    pub fn create(path: &Path) -> Result<Self> {
        let name = CString::new(path.as_os_str().as_bytes())
            .map_err(|_| Failure::invalid_argument("the path contains a NUL byte"))?;
        // SAFETY: a NUL-terminated string that outlives the call.
        if unsafe { libc::mkfifo(name.as_ptr(), 0o600) } != 0 {
            return Err(Failure::storage("make", path, &io::Error::last_os_error()));
        }
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(path);
        let reader = match opened {
            Ok(reader) => reader,
            Err(error) => {
                let _ = fs::remove_file(path);
                return Err(Failure::storage("open", path, &error));
            }
        };
        let pipe = Self {
            reader,
            path: path.to_owned(),
        };
        // SAFETY: a descriptor that is open, and a number.
        if unsafe { libc::fcntl(pipe.reader.as_raw_fd(), libc::F_SETPIPE_SZ, CAPACITY) } < 0 {
            let error = io::Error::last_os_error();
            return Err(Failure::storage("set the size of", path, &error));
        }
        Ok(pipe)
    }

    /// Lets `capture` fail that waits for an engine which will not write any more.
    pub fn cancel(&self) {
        let flags = libc::O_NONBLOCK;
        // A writer that comes and goes is the end of the stream.
        let _ = OpenOptions::new()
            .write(true)
            .custom_flags(flags)
            .open(&self.path);
    }

    /// Waits until the engine writes; reads the guest's memory while it stands still; writes the devices' state to a new file. Whatever
    /// fails, the engine goes on, at the latest when this is dropped.
    pub fn capture(&self, pid: u32, ram: &Path, output: &Path) -> Result<MemoryChanges> {
        let process = VmmProcess::open(pid)?;
        self.wait(&process)?;
        let changes = MemoryChanges::capture(pid, ram);
        let emptied = self.empty(&process);
        let (changes, devices) = (changes?, emptied?);
        process.ensure_alive()?;
        if devices.is_empty() {
            return Err(unsaved("the engine did not save its devices"));
        }
        write_new(output, &devices).map_err(|error| Failure::storage("write", output, &error))?;
        Ok(changes)
    }

    /// Until there is something to read, or the end. Nobody's silence is waited for without end: a Box is locked meanwhile.
    fn wait(&self, process: &VmmProcess) -> Result<()> {
        let events = |fd| libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        let mut polled = [events(self.reader.as_raw_fd()), events(process.as_raw_fd())];
        loop {
            // SAFETY: two initialised `pollfd`s of descriptors that are open.
            match unsafe { libc::poll(polled.as_mut_ptr(), 2, PATIENCE_MS) } {
                0 => return Err(unsaved("the engine did not save its devices in time")),
                1.. => break,
                _ => {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(Failure::from(error).within("cannot wait for the engine"));
                    }
                }
            }
        }
        if polled[0].revents != 0 {
            return Ok(());
        }
        process.ensure_alive()
    }

    /// Reads to the end of the stream. When it fails, whoever drops the pipe lets the engine go on: it has no reader then.
    fn empty(&self, process: &VmmProcess) -> Result<Vec<u8>> {
        // The engine is to go on soon.
        // SAFETY: a descriptor that is open, and a number; a larger pipe only saves calls, so a refusal is nothing.
        unsafe { libc::fcntl(self.reader.as_raw_fd(), libc::F_SETPIPE_SZ, 1 << 20) };
        let mut reader = &self.reader;
        let mut kept = Vec::new();
        let mut part = vec![0; 1 << 16];
        loop {
            match reader.read(&mut part) {
                Ok(0) => return Ok(kept),
                Ok(length) => kept.extend_from_slice(&part[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait(process)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Failure::from(error).within("cannot read the devices"));
                }
            }
            if kept.len() > MAX_STATE {
                return Err(unsaved("the state of the devices is beyond all measure"));
            }
        }
    }
}

impl Drop for DevicesPipe {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?
        .write_all(bytes)
}

fn unsaved(why: &str) -> Failure {
    Failure::new(Code::Engine, "devices-unsaved", why)
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::*;

    fn place(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("boxlite-devices-{}-{name}", std::process::id()))
    }

    fn this_process() -> VmmProcess {
        VmmProcess::open(std::process::id()).unwrap()
    }

    #[test]
    fn a_writer_stands_still_until_the_pipe_is_emptied() {
        let pipe = DevicesPipe::create(&place("still")).unwrap();
        let path = pipe.path.clone();
        let writer = thread::spawn(move || fs::write(path, vec![7; 300_000]).unwrap());
        pipe.wait(&this_process()).unwrap();
        thread::sleep(Duration::from_millis(20));
        assert!(!writer.is_finished());
        assert_eq!(pipe.empty(&this_process()).unwrap(), vec![7; 300_000]);
        writer.join().unwrap();
    }

    #[test]
    fn a_writer_that_goes_without_a_word_leaves_nothing() {
        let pipe = DevicesPipe::create(&place("silent")).unwrap();
        pipe.cancel();
        pipe.wait(&this_process()).unwrap();
        assert!(pipe.empty(&this_process()).unwrap().is_empty());
        let path = pipe.path.clone();
        drop(pipe);
        assert!(!path.exists());
    }

    #[test]
    fn state_without_end_is_refused_and_the_writer_goes_on() {
        let pipe = DevicesPipe::create(&place("endless")).unwrap();
        let path = pipe.path.clone();
        let writer = thread::spawn(move || {
            let mut file = OpenOptions::new().write(true).open(path).unwrap();
            let block = vec![1; 1 << 20];
            while file.write_all(&block).is_ok() {}
        });
        pipe.wait(&this_process()).unwrap();
        let failure = pipe.empty(&this_process()).unwrap_err();
        assert_eq!(failure.reason, "devices-unsaved");
        drop(pipe);
        writer.join().unwrap();
    }

    #[test]
    fn an_engine_that_ends_midway_is_told() {
        let pipe = DevicesPipe::create(&place("midway")).unwrap();
        let mut child = std::process::Command::new("sleep")
            .arg("100")
            .spawn()
            .unwrap();
        let process = VmmProcess::open(child.id()).unwrap();
        // Somebody else holds the other end.
        let mut writer = OpenOptions::new().write(true).open(&pipe.path).unwrap();
        writer.write_all(b"begun").unwrap();
        pipe.wait(&process).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(pipe.empty(&process).unwrap_err().reason, "vmm-gone");
    }
}
