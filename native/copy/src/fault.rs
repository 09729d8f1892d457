use std::fmt;

use rustix::io::Errno;

pub type Result<T> = std::result::Result<T, Fault>;

/// Why a copy failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A system call failed while `action` was done to `path`.
    System {
        action: &'static str,
        path: Vec<u8>,
        errno: Errno,
    },
    /// The other side sent what no copy consists of.
    Stream(&'static str),
    /// More of something than is held in memory.
    TooMany(&'static str),
    /// The source changed while it was read.
    Changed(Vec<u8>),
    /// A device node.
    Device(Vec<u8>),
}

impl Fault {
    pub fn system(action: &'static str, path: &[u8], errno: Errno) -> Self {
        Self::System {
            action,
            path: path.to_vec(),
            errno,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = String::from_utf8_lossy;
        match self {
            Self::System {
                action,
                path,
                errno,
            } => {
                let text = std::io::Error::from(*errno).to_string();
                let text = text.split(" (os error").next().unwrap_or_default();
                write!(formatter, "cannot {action} '{}': {text}", show(path))
            }
            Self::Stream(what) => write!(formatter, "the copy's stream is broken: {what}"),
            Self::TooMany(what) => write!(
                formatter,
                "there are too many {what} in one copy; copy in parts"
            ),
            Self::Changed(path) => write!(
                formatter,
                "'{}' changed while it was copied; copy it again when it is at rest",
                show(path)
            ),
            Self::Device(path) => write!(
                formatter,
                "'{}' is a device, and devices are not copied; leave it out",
                show(path)
            ),
        }
    }
}

impl std::error::Error for Fault {}
