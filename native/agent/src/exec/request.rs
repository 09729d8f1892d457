//! Checks an execution's start, and fills in what the container gives.

use std::time::Duration;

use tonic::Status;

use super::terminal::Size;
use crate::container::spec::{
    Defaults, check_env, check_path, check_string, check_total, check_user, strings,
};
use crate::fault::invalid;
use crate::proto::{ExecStart, WindowSize};
use crate::spawner::Spawn;

const MAX_ID: usize = 128;
/// Longer waits are as good as none; tokio's clock has an end.
const MAX_WAIT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// What a terminal is taken for, as by Docker.
const DEFAULT_TERM: &[u8] = b"TERM=xterm";
const DEFAULT_GRACE: Duration = Duration::from_secs(2);

/// What the agent keeps to while the command runs.
#[derive(Debug, PartialEq, Eq)]
pub struct Terms {
    pub timeout: Option<Duration>,
    pub grace: Duration,
    pub output_credit: u64,
    /// Of its terminal, when it gets one.
    pub tty: Option<Size>,
    /// Stdin and terminal outlive the session.
    pub keep: bool,
}

pub fn check_size(size: WindowSize) -> Result<Size, Status> {
    let fits = |length: u32| u16::try_from(length).ok().filter(|&length| length > 0);
    match (fits(size.rows), fits(size.columns)) {
        (Some(rows), Some(columns)) => Ok(Size { rows, columns }),
        _ => Err(invalid("a terminal has 1 to 65535 rows and columns")),
    }
}

pub fn check(start: ExecStart, defaults: &Defaults) -> Result<(String, Spawn, Terms), Status> {
    if start.id.is_empty() || start.id.len() > MAX_ID {
        return Err(invalid(format!(
            "an execution's id has 1 to {MAX_ID} bytes"
        )));
    }
    if start.argv.first().is_none_or(|command| command.is_empty()) {
        return Err(invalid("an execution has no command"));
    }
    let argv = strings(&start.argv);
    for argument in &argv {
        check_string("an argument", argument)?;
    }
    let own_env = strings(&start.env);
    check_env(&own_env)?;
    let tty = start.tty.map(check_size).transpose()?;
    let term = tty.map(|_| DEFAULT_TERM.to_vec());
    let env = [term.into_iter().collect(), defaults.env.clone(), own_env].concat();
    check_total(
        "the command with its environment",
        &[argv.as_slice(), &env].concat(),
    )?;

    let working_dir = match &start.working_dir[..] {
        "" => defaults.working_dir.clone(),
        given => given.as_bytes().to_vec(),
    };
    check_path(&working_dir)?;
    check_user(&start.user)?;
    let user = match &start.user[..] {
        "" => defaults.user.clone(),
        user => user.as_bytes().to_vec(),
    };
    let wait = |milliseconds| Duration::from_millis(milliseconds).min(MAX_WAIT);
    let terms = Terms {
        timeout: (start.timeout_ms > 0).then(|| wait(start.timeout_ms)),
        grace: match start.timeout_grace_ms {
            0 => DEFAULT_GRACE,
            milliseconds => wait(milliseconds),
        },
        output_credit: start.output_credit.into(),
        tty,
        keep: start.keep,
    };
    let spawn = Spawn {
        argv,
        env,
        working_dir,
        user,
        stdin: start.stdin,
        tty: tty.is_some(),
    };
    Ok((start.id, spawn, terms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> ExecStart {
        ExecStart {
            id: "e1".into(),
            argv: vec!["true".into()],
            ..ExecStart::default()
        }
    }

    fn defaults() -> Defaults {
        Defaults {
            env: vec![b"A=1".to_vec()],
            working_dir: b"/srv".to_vec(),
            user: b"web".to_vec(),
        }
    }

    #[test]
    fn takes_from_the_container_what_is_not_given() {
        let (id, spawn, terms) = check(start(), &defaults()).unwrap();
        assert_eq!(id, "e1");
        assert_eq!(spawn.working_dir, b"/srv");
        assert_eq!(
            (spawn.user, spawn.env),
            (b"web".to_vec(), vec![b"A=1".to_vec()])
        );
        assert_eq!(terms.timeout, None);
        let own = ExecStart {
            working_dir: "/tmp".into(),
            user: "0".into(),
            env: vec!["A=2".into()],
            timeout_ms: u64::MAX,
            ..start()
        };
        let (_, spawn, terms) = check(own, &defaults()).unwrap();
        assert_eq!(spawn.working_dir, b"/tmp");
        assert_eq!(spawn.env, [b"A=1".to_vec(), b"A=2".to_vec()]);
        assert_eq!(terms.timeout, Some(MAX_WAIT));
    }

    #[test]
    fn refuses_what_cannot_be_run() {
        let refused = |change: fn(&mut ExecStart)| {
            let mut start = start();
            change(&mut start);
            check(start, &defaults()).unwrap_err().message().to_owned()
        };
        assert!(refused(|s| s.id = String::new()).contains("id"));
        assert!(refused(|s| s.argv.clear()).contains("no command"));
        assert!(refused(|s| s.argv[0] = "".into()).contains("no command"));
        assert!(refused(|s| s.argv.push("a\0b".into())).contains("NUL"));
        assert!(refused(|s| s.argv.push(vec![b'x'; 131_072].into())).contains("longer"));
        assert!(refused(|s| s.argv = vec!["x".repeat(100_000).into(); 22]).contains("more than"));
        assert!(refused(|s| s.env = vec!["=".into()]).contains("NAME=value"));
        assert!(refused(|s| s.working_dir = "here".into()).contains("absolute"));
        assert!(refused(|s| s.user = "a\0".into()).contains("user"));
        let flat = WindowSize {
            rows: 0,
            columns: 80,
        };
        assert!(check_size(flat).is_err());
    }

    #[test]
    fn names_a_terminal_unless_the_environment_does() {
        let tty = ExecStart {
            tty: Some(WindowSize {
                rows: 24,
                columns: 80,
            }),
            ..start()
        };
        let (_, spawn, terms) = check(tty, &defaults()).unwrap();
        assert_eq!(spawn.env, [b"TERM=xterm".to_vec(), b"A=1".to_vec()]);
        assert!(spawn.tty);
        assert_eq!(
            terms.tty.map(|size| (size.rows, size.columns)),
            Some((24, 80))
        );
    }
}
