//! Loads the kernel modules of the initramfs, in the order that `/modules/order` gives.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;

use crate::console;

const DIRECTORY: &str = "/modules";

/// The modules that are still to be loaded.
pub struct Modules {
    waiting: VecDeque<String>,
}

impl Modules {
    /// Reads the list; a kernel with all built in comes without one.
    pub fn read() -> Self {
        let order = fs::read_to_string(Path::new(DIRECTORY).join("order")).unwrap_or_default();
        Self {
            waiting: parse_order(&order).map(str::to_owned).collect(),
        }
    }

    /// Loads the next one and gives back its memory; false when none is left.
    ///
    /// One that fails is only reported: whether it was needed shows later, with a better message.
    pub fn load_next(&mut self) -> bool {
        let Some(name) = self.waiting.pop_front() else {
            return false;
        };
        let path = Path::new(DIRECTORY).join(&name);
        match load(&path) {
            Ok(()) => drop(fs::remove_file(&path)),
            Err(error) => console::error(format_args!("could not load the module {name}: {error}")),
        }
        true
    }
}

fn parse_order(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.contains('/'))
}

fn load(path: &Path) -> std::io::Result<()> {
    let file = File::open(path)?;
    // SAFETY: the parameters are a NUL-terminated string.
    let result =
        unsafe { libc::syscall(libc::SYS_finit_module, file.as_raw_fd(), c"".as_ptr(), 0) };
    if result == 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    if error.raw_os_error() == Some(libc::EEXIST) {
        Ok(())
    } else {
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_file_name_a_line() {
        let names: Vec<_> = parse_order("virtio.ko\n\n  virtio_ring.ko \n../x.ko\n").collect();
        assert_eq!(names, ["virtio.ko", "virtio_ring.ko"]);
    }
}
