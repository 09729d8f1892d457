//! Loads the kernel modules of the initramfs, in the order that `/modules/order` gives.

use std::collections::VecDeque;
use std::fs;
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
    let file = fs::read(path)?;
    let module = without_signature(&file);
    // SAFETY: the image has the length that is given, and the parameters are NUL-terminated.
    let result = unsafe {
        libc::syscall(
            libc::SYS_init_module,
            module.as_ptr(),
            module.len(),
            c"".as_ptr(),
        )
    };
    if result == 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EEXIST) => Ok(()),
        _ => Err(error),
    }
}

/// A distribution's modules are signed. Who gave this guest its kernel gave it the modules as well, so checking the signatures
/// protects nothing here, and an emulated guest takes half of its modules' time for it.
fn without_signature(module: &[u8]) -> &[u8] {
    // See the kernel's include/linux/module_signature.h: the signature, 12 bytes that describe it (the last four of them its length,
    // big-endian), and the marker.
    const MARKER: &[u8] = b"~Module signature appended~\n";
    let strip = || {
        let described = module.strip_suffix(MARKER)?;
        let (rest, description) = described.split_last_chunk::<12>()?;
        let length = u32::from_be_bytes(*description.last_chunk()?);
        rest.get(..rest.len().checked_sub(length as usize)?)
    };
    strip().unwrap_or(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_file_name_a_line() {
        let names: Vec<_> = parse_order("virtio.ko\n\n  virtio_ring.ko \n../x.ko\n").collect();
        assert_eq!(names, ["virtio.ko", "virtio_ring.ko"]);
    }

    #[test]
    fn takes_off_a_signature() {
        let marker = b"~Module signature appended~\n";
        let signed = [
            &b"code"[..],
            b"sig",
            &[0, 0, 2, 0, 0, 0, 0, 0],
            &3u32.to_be_bytes(),
            marker,
        ];
        assert_eq!(without_signature(&signed.concat()), b"code");
        assert_eq!(without_signature(b"code"), b"code");
        let too_long = [&b"x"[..], &[0; 8], &9u32.to_be_bytes(), marker].concat();
        assert_eq!(without_signature(&too_long), too_long);
        assert_eq!(without_signature(marker), marker);
    }
}
