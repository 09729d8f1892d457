//! A process that stands for a VMM: it maps a file privately, changes some of its pages and then stands still.

use std::{
    fs::{self, File},
    io::Read,
    os::{fd::FromRawFd, unix::fs::FileExt},
    path::Path,
};

use memmap2::MmapOptions;

pub const PAGE: usize = 4096;

pub struct PrivateRam {
    pub pid: u32,
    address: u64,
    bytes: usize,
}

impl PrivateRam {
    /// Every change is a page and the byte that fills it. Pages of `reads` are only read.
    pub fn start(ram: &Path, changes: &[(usize, u8)], reads: &[usize]) -> Self {
        let file = File::open(ram).unwrap();
        // SAFETY: private, and no test changes the file while it is mapped.
        let mut map = unsafe { MmapOptions::new().map_copy(&file) }.unwrap();
        let (address, bytes) = (map.as_ptr() as u64, map.len());
        let mut pipe = [0; 2];
        // SAFETY: the array has two elements.
        assert_eq!(
            unsafe { libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC) },
            0
        );
        // SAFETY: the child only touches memory that is there and makes plain system calls: nothing that takes a lock.
        match unsafe { libc::fork() } {
            -1 => panic!("cannot fork"),
            0 => {
                // Ends with the test, however that ends.
                unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
                let mut sum = 0;
                for page in reads {
                    sum ^= map[page * PAGE];
                }
                for (page, byte) in changes {
                    map[page * PAGE..(page + 1) * PAGE].fill(*byte);
                }
                unsafe { libc::write(pipe[1], (&raw const sum).cast(), 1) };
                loop {
                    unsafe { libc::pause() };
                }
            }
            pid => {
                // SAFETY: both descriptors are ours; the child has its own copies.
                let (mut ready, end) =
                    unsafe { (File::from_raw_fd(pipe[0]), File::from_raw_fd(pipe[1])) };
                drop(end);
                ready.read_exact(&mut [0]).unwrap();
                Self {
                    pid: pid as u32,
                    address,
                    bytes,
                }
            }
        }
    }

    pub fn memory(&self) -> Vec<u8> {
        let mut memory = vec![0; self.bytes];
        File::open(format!("/proc/{}/mem", self.pid))
            .unwrap()
            .read_exact_at(&mut memory, self.address)
            .unwrap();
        memory
    }

    pub fn kill(&self) {
        // SAFETY: plain calls; the child is ours and not reaped yet, or the calls fail.
        unsafe {
            libc::kill(self.pid as i32, libc::SIGKILL);
            libc::waitpid(self.pid as i32, std::ptr::null_mut(), 0);
        }
    }
}

impl Drop for PrivateRam {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A RAM file whose pages all differ.
pub fn ram_file(path: &Path, pages: usize) {
    let content: Vec<u8> = (0..pages)
        .flat_map(|page| {
            let mut bytes = [0xee; PAGE];
            bytes[..8].copy_from_slice(&(page as u64).to_le_bytes());
            bytes
        })
        .collect();
    fs::write(path, content).unwrap();
}
