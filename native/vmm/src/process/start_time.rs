//! When a process started: with its id the one thing that names it for good, as ids are used again.

/// Clock ticks since boot (proc(5), `/proc/pid/stat`, field 22), or `None` when there is no such process.
pub fn start_time(pid: u32) -> Option<u64> {
    parse(&std::fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// The name in field 2 may hold anything, parentheses and spaces too; the last parenthesis ends it.
fn parse(stat: &[u8]) -> Option<u64> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let fields = std::str::from_utf8(&stat[end + 1..]).ok()?;
    fields.split_ascii_whitespace().nth(22 - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_does_not_confuse() {
        let stat = b"12 (a) 1 (b)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
        assert_eq!(parse(stat), Some(4242));
        assert_eq!(parse(b""), None);
    }

    #[test]
    fn this_process_has_started() {
        assert!(start_time(std::process::id()).is_some_and(|ticks| ticks > 0));
        assert_eq!(start_time(u32::MAX), None);
    }
}
