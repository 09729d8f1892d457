//! What agent and spawner say to each other.

use super::bytes::{Reader, Writer};
use crate::container::confinement::Confinement;
use crate::container::identity::{Identity, Uuid};

const FORK: u64 = 1;
const PREPARE: u64 = 2;
const SET_UP: u64 = 3;
const SPAWN: u64 = 4;
const RENAME: u64 = 5;
const IDENTIFY: u64 = 6;

/// How to make the container; checked by `container::spec`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetUp {
    pub hostname: String,
    pub confinement: Confinement,
    pub shm_bytes: u64,
    pub identity: Identity,
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
    /// The one descriptor beside it is a terminal for all three.
    pub tty: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// To the nursery: fork a spawner, which serves the descriptor that comes beside it.
    Fork,
    /// Make all of a container that does not depend on its image and its Box.
    Prepare {
        /// In bytes, for all its processes together.
        max_memory: u64,
    },
    /// Make it a whole one. The spawner passes this on to the container's init, with the root file system beside it.
    SetUp(SetUp),
    Spawn(Spawn),
    /// The container gets another hostname, and another machine-id where there is one.
    Rename {
        hostname: String,
        machine: Option<Uuid>,
    },
    /// The container gets another identity.
    Identify(Identity),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spawned {
    /// In the agent's PID namespace.
    pub pid: i32,
    /// In the container's.
    pub inner_pid: i32,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    SetUp,
    Personalise,
    UserNotFound,
    GroupNotFound,
    BadUser,
    BadWorkingDir,
    CommandNotFound,
    CommandNotExecutable,
    Resources,
}

const REFUSALS: [Refusal; 9] = [
    Refusal::SetUp,
    Refusal::Personalise,
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
    Done,
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
            Request::Fork => writer.number(FORK),
            Request::Prepare { max_memory } => writer.number(PREPARE).number(*max_memory),
            Request::SetUp(set_up) => {
                writer
                    .number(SET_UP)
                    .bytes(set_up.hostname.as_bytes())
                    .number(set_up.shm_bytes)
                    .bytes(&set_up.identity.machine.0)
                    .bytes(&set_up.identity.boot.0);
                set_up.confinement.write(&mut writer);
                &mut writer
            }
            Request::Spawn(spawn) => writer
                .number(SPAWN)
                .list(&spawn.argv)
                .list(&spawn.env)
                .bytes(&spawn.working_dir)
                .bytes(&spawn.user)
                .number(spawn.stdin.into())
                .number(spawn.tty.into()),
            Request::Rename { hostname, machine } => writer
                .number(RENAME)
                .bytes(hostname.as_bytes())
                .bytes(machine.as_ref().map_or(&[], |machine| &machine.0)),
            Request::Identify(identity) => writer
                .number(IDENTIFY)
                .bytes(&identity.machine.0)
                .bytes(&identity.boot.0),
        }
        .finish()
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let owned = |list: Vec<&[u8]>| list.into_iter().map(<[u8]>::to_vec).collect();
        let mut reader = Reader::new(bytes);
        let request = match reader.number()? {
            FORK => Request::Fork,
            PREPARE => Request::Prepare {
                max_memory: reader.number()?,
            },
            SET_UP => Request::SetUp(SetUp {
                hostname: reader.text()?,
                shm_bytes: reader.number()?,
                identity: read_identity(&mut reader)?,
                confinement: Confinement::read(&mut reader)?,
            }),
            SPAWN => Request::Spawn(Spawn {
                argv: owned(reader.list()?),
                env: owned(reader.list()?),
                working_dir: reader.bytes()?.to_vec(),
                user: reader.bytes()?.to_vec(),
                stdin: reader.number()? != 0,
                tty: reader.number()? != 0,
            }),
            RENAME => Request::Rename {
                hostname: reader.text()?,
                machine: match reader.bytes()? {
                    b"" => None,
                    machine => Some(Uuid(machine.try_into().ok()?)),
                },
            },
            IDENTIFY => Request::Identify(read_identity(&mut reader)?),
            _ => return None,
        };
        reader.end()?;
        Some(request)
    }
}

fn read_identity(reader: &mut Reader<'_>) -> Option<Identity> {
    let mut uuid = || reader.bytes()?.try_into().ok().map(Uuid);
    Some(Identity {
        machine: uuid()?,
        boot: uuid()?,
    })
}

impl Answer {
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        match self {
            Answer::Done => writer.number(0),
            Answer::Spawned(spawned) => writer
                .number(1)
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
                    .number(2 + kind as u64)
                    .bytes(message.as_bytes())
                    .number(dead_pid.unwrap_or_default() as u64)
            }
        }
        .finish()
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let answer = match reader.number()? {
            0 => Answer::Done,
            1 => Answer::Spawned(Spawned {
                pid: reader.number()? as i32,
                inner_pid: reader.number()? as i32,
            }),
            kind => Answer::Refused {
                refusal: REFUSALS.get(usize::try_from(kind).ok()? - 2)?.clone(),
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
                tty: random.below(2) == 0,
            });
            assert_eq!(Request::decode(&spawn.encode()), Some(spawn));
            let set_up = Request::SetUp(SetUp {
                hostname: "box".into(),
                confinement: Confinement {
                    capabilities: random.next(),
                    masked_paths: vec![random.bytes(20)],
                    ..Confinement::default()
                },
                shm_bytes: random.next(),
                identity: Identity::new(None).unwrap(),
            });
            assert_eq!(Request::decode(&set_up.encode()), Some(set_up));
            let identify = Request::Identify(Identity::new(None).unwrap());
            assert_eq!(Request::decode(&identify.encode()), Some(identify));
            // Noise is refused, without a panic.
            Request::decode(&random.bytes(100));
            Answer::decode(&random.bytes(100));
        }
        let plain = [
            Request::Fork,
            Request::Prepare {
                max_memory: 1 << 40,
            },
            Request::Rename {
                hostname: "box".into(),
                machine: None,
            },
            Request::Rename {
                hostname: "box".into(),
                machine: Some(Uuid([7; 16])),
            },
        ];
        for request in plain {
            assert_eq!(Request::decode(&request.encode()), Some(request));
        }
        assert_eq!(Answer::decode(&Answer::Done.encode()), Some(Answer::Done));
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
