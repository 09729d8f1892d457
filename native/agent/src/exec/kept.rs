//! The last of what an execution prints while no host is there.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Of one output.
const MOST: usize = 256 * 1024;
/// Of all outputs together; beyond it, each makes room for what comes by dropping what it has itself.
const MOST_OF_ALL: usize = 16 << 20;

static OF_ALL: AtomicUsize = AtomicUsize::new(0);

#[derive(Default)]
pub struct Kept {
    bytes: VecDeque<u8>,
    dropped: u64,
}

impl Kept {
    /// Takes what comes; gives how much had to go for it.
    pub fn push(&mut self, data: &[u8]) -> usize {
        let room = MOST_OF_ALL.saturating_sub(OF_ALL.load(Ordering::Relaxed));
        let most = (self.bytes.len() + room).min(MOST);
        let excess = (self.bytes.len() + data.len()).saturating_sub(most);
        let old = excess.min(self.bytes.len());
        self.bytes.drain(..old);
        self.bytes.extend(&data[excess - old..]);
        OF_ALL.fetch_add(data.len(), Ordering::Relaxed);
        OF_ALL.fetch_sub(excess, Ordering::Relaxed);
        self.dropped += excess as u64;
        excess
    }

    /// The oldest bytes, at most so many; none when there are none.
    pub fn shift(&mut self, most: usize) -> Bytes {
        let length = most.min(self.bytes.len());
        let data: Vec<u8> = self.bytes.drain(..length).collect();
        OF_ALL.fetch_sub(length, Ordering::Relaxed);
        if self.bytes.is_empty() {
            self.bytes = VecDeque::new();
        }
        data.into()
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How much was dropped since this was asked last.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        OF_ALL.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_and_counts_the_rest() {
        let mut kept = Kept::default();
        assert_eq!(kept.push(&[1; 1000]), 0);
        assert_eq!(kept.push(&[2; MOST]), 1000);
        assert_eq!(kept.push(&[3; 10]), 10);
        assert_eq!(
            (kept.len(), kept.take_dropped(), kept.take_dropped()),
            (MOST, 1010, 0)
        );
        assert_eq!(&kept.shift(MOST - 9)[MOST - 11..], [2, 3]);
        assert_eq!(&kept.shift(100)[..], [3; 9]);
        assert!(kept.shift(1).is_empty());
        assert_eq!(kept.push(&[4; MOST + 5]), 5);
        assert_eq!(kept.len(), MOST);
    }
}
