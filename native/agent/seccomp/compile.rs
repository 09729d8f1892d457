//! Makes the filter of `default.profile` while the agent is built: classic BPF as seccomp(2) takes it. System calls with one answer
//! are ranges of numbers, found by halving, since the kernel runs a new filter for every number there is.
//!
//! Capabilities are known only when a container is made. So what depends on them has instructions of its own, whose value is put in then.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::str::FromStr;

use syscalls::{x86, x86_64};

const ALLOW: u32 = 0x7fff_0000;
const ERRNO: u32 = 0x0005_0000;
const KILL_PROCESS: u32 = 0x8000_0000;
const EPERM: u32 = 1;
const EINVAL: u32 = 22;
const ENOSYS: u32 = 38;

const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
const AUDIT_ARCH_I386: u32 = 0x4000_0003;

// Offsets in struct seccomp_data; of an argument its lower half, behind which the upper one is.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}
const UPPER_HALF: u32 = 4;

// BPF_LD | BPF_W | BPF_ABS and so on.
const LOAD: u16 = 0x20;
const JUMP: u16 = 0x05;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_NOT_LESS: u16 = 0x35;
const RETURN: u16 = 0x06;

/// personality(2): Linux, Linux of 32 bits, both with the address space of old programs, and the question which one it is.
const PERSONALITIES: [u32; 5] = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];
const AF_NETLINK: u32 = 16;
const NETLINK_AUDIT: u32 = 9;
const CAP_AUDIT_WRITE: u32 = 29;

const CAPABILITIES: [(&str, u32); 9] = [
    ("DAC_READ_SEARCH", 2),
    ("SYS_MODULE", 16),
    ("SYS_RAWIO", 17),
    ("SYS_CHROOT", 18),
    ("SYS_PTRACE", 19),
    ("SYS_PACCT", 20),
    ("SYS_ADMIN", 21),
    ("SYS_TIME", 25),
    ("SYS_TTY_CONFIG", 26),
];

/// What becomes of a system call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allow,
    Refuse,
    Absent,
    /// Allowed with the capability, else an error.
    With(u32, u32),
    Personality,
    Socket,
}

#[derive(Clone, Copy)]
struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
    /// The capability with which a return allows.
    capability: Option<u32>,
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The Rust source of the filter.
pub fn compile(profile: &str) -> Result<String> {
    let native = tree(&ranges(&table(profile, |name| {
        x86_64::Sysno::from_str(name)
            .ok()
            .map(|number| number.id() as u32)
    })?));
    let compat = tree(&ranges(&table(profile, |name| {
        x86::Sysno::from_str(name)
            .ok()
            .map(|number| number.id() as u32)
    })?));
    let mut program = vec![plain(LOAD, ARCHITECTURE)];
    program.extend(unless_equal(AUDIT_ARCH_X86_64, native.len() + 1));
    program.push(plain(LOAD, NUMBER));
    program.extend(native);
    program.extend(unless_equal(AUDIT_ARCH_I386, compat.len() + 1));
    program.push(plain(LOAD, NUMBER));
    program.extend(compat);
    program.push(plain(RETURN, KILL_PROCESS));
    source(&program)
}

fn plain(code: u16, value: u32) -> Instruction {
    Instruction {
        code,
        if_true: 0,
        if_false: 0,
        value,
        capability: None,
    }
}

fn returns(value: u32) -> Instruction {
    plain(RETURN, value)
}

/// Goes on when the value is loaded, else skips that many instructions.
fn unless_equal(value: u32, skipped: usize) -> [Instruction; 2] {
    let test = Instruction {
        if_true: 1,
        ..plain(JUMP_IF_EQUAL, value)
    };
    [test, plain(JUMP, skipped as u32)]
}

/// The verdicts by number, for names that the architecture has.
fn table(profile: &str, number: impl Fn(&str) -> Option<u32>) -> Result<BTreeMap<u32, Verdict>> {
    let mut table = BTreeMap::new();
    let mut add = |name: &str, verdict| -> Result<()> {
        let Some(number) = number(name) else {
            return Ok(());
        };
        match table.insert(number, verdict) {
            None => Ok(()),
            Some(_) => Err(format!("the profile names {name} twice").into()),
        }
    };
    add("personality", Verdict::Personality)?;
    add("socket", Verdict::Socket)?;
    for line in profile.lines() {
        let mut words = line.split_whitespace();
        let verdict = match words.next() {
            None => continue,
            Some(word) if word.starts_with('#') => continue,
            Some("allow") => Verdict::Allow,
            Some("refuse") => Verdict::Refuse,
            Some("allow-with") => {
                let name = words.next().unwrap_or_default();
                let found = CAPABILITIES.iter().find(|(known, _)| *known == name);
                let (_, number) = found.ok_or(format!("no capability is called '{name}'"))?;
                Verdict::With(*number, EPERM)
            }
            Some(word) => return Err(format!("'{word}' is no verdict").into()),
        };
        for name in words {
            if x86_64::Sysno::from_str(name).is_err() && x86::Sysno::from_str(name).is_err() {
                return Err(format!("no system call is called '{name}'").into());
            }
            add(name, verdict)?;
        }
    }
    Ok(table)
}

/// Where runs of numbers with one verdict begin; the first is 0, the last has no end.
fn ranges(table: &BTreeMap<u32, Verdict>) -> Vec<(u32, Verdict)> {
    let end = table.keys().next_back().map_or(0, |last| last + 1);
    let mut ranges: Vec<(u32, Verdict)> = Vec::new();
    for number in 0..=end {
        let verdict = table.get(&number).copied().unwrap_or(Verdict::Absent);
        if ranges.last().is_none_or(|(_, last)| *last != verdict) {
            ranges.push((number, verdict));
        }
    }
    ranges
}

/// Finds the range of the number that is loaded.
fn tree(ranges: &[(u32, Verdict)]) -> Vec<Instruction> {
    let [single] = ranges else {
        let (low, high) = ranges.split_at(ranges.len() / 2);
        let below = tree(low);
        let mut result = match u8::try_from(below.len()) {
            Ok(if_true) => vec![Instruction {
                if_true,
                ..plain(JUMP_IF_NOT_LESS, high[0].0)
            }],
            Err(_) => vec![
                Instruction {
                    if_false: 1,
                    ..plain(JUMP_IF_NOT_LESS, high[0].0)
                },
                plain(JUMP, below.len() as u32),
            ],
        };
        result.extend(below);
        result.extend(tree(high));
        return result;
    };
    leaf(single.1)
}

fn leaf(verdict: Verdict) -> Vec<Instruction> {
    match verdict {
        Verdict::Allow => vec![returns(ALLOW)],
        Verdict::Refuse => vec![returns(ERRNO | EPERM)],
        Verdict::Absent => vec![returns(ERRNO | ENOSYS)],
        Verdict::With(capability, errno) => vec![Instruction {
            capability: Some(capability),
            ..returns(ERRNO | errno)
        }],
        Verdict::Personality => {
            let mut known = vec![plain(LOAD, argument(0))];
            for personality in PERSONALITIES {
                known.push(Instruction {
                    if_false: 1,
                    ..plain(JUMP_IF_EQUAL, personality)
                });
                known.push(returns(ALLOW));
            }
            let mut result = vec![plain(LOAD, argument(0) + UPPER_HALF)];
            result.extend(unless_equal(0, known.len()));
            result.extend(known);
            result.push(returns(ERRNO | ENOSYS));
            result
        }
        Verdict::Socket => {
            let audit = leaf(Verdict::With(CAP_AUDIT_WRITE, EINVAL));
            let mut result = vec![plain(LOAD, argument(0))];
            result.extend(unless_equal(AF_NETLINK, audit.len() + 3));
            result.push(plain(LOAD, argument(2)));
            result.extend(unless_equal(NETLINK_AUDIT, audit.len()));
            result.extend(audit);
            result.push(returns(ALLOW));
            result
        }
    }
}

fn source(program: &[Instruction]) -> Result<String> {
    let mut text = format!(
        "pub const PROGRAM: [libc::sock_filter; {}] = [\n",
        program.len()
    );
    for instruction in program {
        let Instruction {
            code,
            if_true,
            if_false,
            value,
            ..
        } = instruction;
        writeln!(
            text,
            "    libc::sock_filter {{ code: {code}, jt: {if_true}, jf: {if_false}, k: {value:#x} }},"
        )?;
    }
    text.push_str("];\npub const SLOTS: &[(usize, u32)] = &[\n");
    for (index, instruction) in program.iter().enumerate() {
        if let Some(capability) = instruction.capability {
            writeln!(text, "    ({index}, {capability}),")?;
        }
    }
    text.push_str("];\n");
    Ok(text)
}
