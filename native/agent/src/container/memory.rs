//! How much memory the container may take.
//!
//! A container that may take all of a guest's memory drags the kernel and the agent into its want: the kernel then looks for something to
//! kill everywhere, and reclaims the agent's own pages. So a part is kept out of its reach, and whatever in it takes the rest is ended in
//! its own cgroup. Programs that read their limit there (the JVM, Node) size themselves by what they really may have.

use std::fs;
use std::sync::OnceLock;

use super::cgroup;

const MIB: u64 = 1 << 20;
/// For the agent with many calls at a time, and for the kernel's tables that no cgroup is charged with.
const RESERVE: u64 = 8 * MIB;
/// A larger guest runs more at a time, and its kernel keeps more pages free.
const RESERVED_SHARE: u64 = 32;

/// In bytes. Measured once, when kernel and agent have all that they need and nothing of the user's has run; a template keeps it, and every
/// container of this guest has the same.
pub fn limit() -> u64 {
    static LIMIT: OnceLock<u64> = OnceLock::new();
    *LIMIT.get_or_init(|| {
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        of_available(cgroup::find_named(&memory, "MemAvailable").unwrap_or(0) * 1024)
    })
}

/// Whole mebibytes, so that guests of one size differ less.
fn of_available(available: u64) -> u64 {
    let reserved = RESERVE + available / RESERVED_SHARE;
    available.saturating_sub(reserved) / MIB * MIB
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_a_part_to_the_guest() {
        assert_eq!(of_available(64 * MIB), 54 * MIB);
        assert_eq!(of_available(448 * MIB + 5), 426 * MIB);
        assert_eq!(of_available(4096 * MIB), 3960 * MIB);
    }

    #[test]
    fn is_nothing_where_nothing_is_known() {
        assert_eq!(of_available(0), 0);
    }
}
