//! What agent and spawner say to each other.

use super::bytes::{Reader, Writer};

const SET_UP: u64 = 1;
const SPAWN: u64 = 2;

/// How to make the container; checked by `container::spec`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetUp {
    pub hostname: String,
    /// One bit for each capability that its processes have.
    pub capabilities: u64,
    pub masked_paths: Vec<Vec<u8>>,
    pub readonly_paths: Vec<Vec<u8>>,
    pub shm_bytes: u64,
}

/// One process to start. Its stdio comes as descriptors beside it: stdin when there is one, stdout, stderr.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spawn {
    pub argv: Vec<Vec<u8>>,
    /// In order; of two with one name the later counts.
    pub env: Vec<Vec<u8>>,
    pub working_dir: Vec<u8>,
    pub user: Vec<u8>,
    pub stdin: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    SetUp(SetUp),
    Spawn(Spawn),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spawned {
    /// In the agent's PID namespace.
    pub pid: i32,
    /// In the container's.
    pub inner_pid: i32,
}

/// Why nothing was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    SetUp,
    UserNotFound,
    GroupNotFound,
    BadUser,
    BadWorkingDir,
    CommandNotFound,
    CommandNotExecutable,
    Resources,
}

const REFUSALS: [Refusal; 8] = [
    Refusal::SetUp,
    Refusal::UserNotFound,
    Refusal::GroupNotFound,
    Refusal::BadUser,
    Refusal::BadWorkingDir,
    Refusal::CommandNotFound,
    Refusal::CommandNotExecutable,
    Refusal::Resources,
];

#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Spawned(Spawned),
    Refused {
        refusal: Refusal,
        message: String,
        /// A child that ended before it became the wanted program, for the agent to reap.
        dead_pid: Option<i32>,
    },
}

impl Request {
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        match self {
            Request::SetUp(set_up) => writer
                .number(SET_UP)
                .bytes(set_up.hostname.as_bytes())
                .number(set_up.capabilities)
                .list(&set_up.masked_paths)
                .list(&set_up.readonly_paths)
                .number(set_up.shm_bytes),
            Request::Spawn(spawn) => writer
                .number(SPAWN)
                .list(&spawn.argv)
                .list(&spawn.env)
                .bytes(&spawn.working_dir)
                .bytes(&spawn.user)
                .number(spawn.stdin.into()),
        }
        .finish()
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let owned = |list: Vec<&[u8]>| list.into_iter().map(<[u8]>::to_vec).collect();
        let mut reader = Reader::new(bytes);
        let request = match reader.number()? {
            SET_UP => Request::SetUp(SetUp {
                hostname: reader.text()?,
                capabilities: reader.number()?,
                masked_paths: owned(reader.list()?),
                readonly_paths: owned(reader.list()?),
                shm_bytes: reader.number()?,
            }),
            SPAWN => Request::Spawn(Spawn {
                argv: owned(reader.list()?),
                env: owned(reader.list()?),
                working_dir: reader.bytes()?.to_vec(),
                user: reader.bytes()?.to_vec(),
                stdin: reader.number()? != 0,
            }),
            _ => return None,
        };
        reader.end()?;
        Some(request)
    }
}

impl Answer {
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        match self {
            Answer::Spawned(spawned) => writer
                .number(0)
                .number(spawned.pid as u64)
                .number(spawned.inner_pid as u64),
            Answer::Refused {
                refusal,
                message,
                dead_pid,
            } => {
                let kind = REFUSALS
                    .iter()
                    .position(|one| one == refusal)
                    .unwrap_or_default();
                writer
                    .number(1 + kind as u64)
                    .bytes(message.as_bytes())
                    .number(dead_pid.unwrap_or_default() as u64)
            }
        }
        .finish()
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let answer = match reader.number()? {
            0 => Answer::Spawned(Spawned {
                pid: reader.number()? as i32,
                inner_pid: reader.number()? as i32,
            }),
            kind => Answer::Refused {
                refusal: REFUSALS.get(usize::try_from(kind).ok()? - 1)?.clone(),
                message: reader.text()?,
                dead_pid: Some(reader.number()? as i32).filter(|&pid| pid != 0),
            },
        };
        reader.end()?;
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Random;

    #[test]
    fn requests_and_answers_survive_the_way() {
        let mut random = Random::new(3);
        for _ in 0..300 {
            let mut list = || {
                (0..random.below(6))
                    .map(|_| random.bytes(40))
                    .collect::<Vec<_>>()
            };
            let (argv, env) = (list(), list());
            let spawn = Request::Spawn(Spawn {
                argv,
                env,
                working_dir: random.bytes(30),
                user: random.bytes(10),
                stdin: random.below(2) == 0,
            });
            assert_eq!(Request::decode(&spawn.encode()), Some(spawn));
            let set_up = Request::SetUp(SetUp {
                hostname: "box".into(),
                capabilities: random.next(),
                masked_paths: vec![random.bytes(20)],
                shm_bytes: random.next(),
                ..SetUp::default()
            });
            assert_eq!(Request::decode(&set_up.encode()), Some(set_up));
            // Noise is refused, without a panic.
            Request::decode(&random.bytes(100));
            Answer::decode(&random.bytes(100));
        }
        for refusal in REFUSALS {
            let answer = Answer::Refused {
                refusal,
                message: "no".into(),
                dead_pid: Some(7),
            };
            assert_eq!(Answer::decode(&answer.encode()), Some(answer));
        }
        let answer = Answer::Spawned(Spawned {
            pid: 70,
            inner_pid: 2,
        });
        assert_eq!(Answer::decode(&answer.encode()), Some(answer));
    }
}
