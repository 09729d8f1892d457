//! The one error of this crate, in the words of `BoxliteError`: a code, an optional reason, a message.
//! It crosses to JavaScript in `bindings/failure.rs` and nowhere else.

use std::{fmt, io, path::Path};

use crate::errno;

pub type Result<T> = std::result::Result<T, Failure>;

/// The subset of BoxLite's error codes that this crate can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Engine,
    Storage,
    Image,
    Config,
    InvalidArgument,
    AlreadyExists,
    InvalidState,
    NotFound,
    Portal,
    Stopped,
    ResourceExhausted,
    Internal,
}

impl Code {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Engine => "Engine",
            Self::Storage => "Storage",
            Self::Image => "Image",
            Self::Config => "Config",
            Self::InvalidArgument => "InvalidArgument",
            Self::AlreadyExists => "AlreadyExists",
            Self::InvalidState => "InvalidState",
            Self::NotFound => "NotFound",
            Self::Portal => "Portal",
            Self::Stopped => "Stopped",
            Self::ResourceExhausted => "ResourceExhausted",
            Self::Internal => "Internal",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: Code,
    /// What a program can branch on: kebab-case or an errno's name.
    pub reason: &'static str,
    pub message: String,
}

impl Failure {
    pub fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
        }
    }

    /// A layer that breaks a rule of its format or one of our limits.
    pub fn image(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Code::Image, reason, message)
    }

    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, "invalid-argument", message)
    }

    pub fn aborted(what: &str) -> Self {
        Self::new(Code::Stopped, "aborted", format!("{what} was aborted"))
    }

    /// An operating system error about a path; says what to do where that is known.
    pub fn storage(action: &str, path: &Path, error: &io::Error) -> Self {
        let reason = error.raw_os_error().map_or("io", errno::name);
        let advice = match reason {
            "ENOSPC" | "EDQUOT" => "; free some space there or choose another home directory",
            "EACCES" | "EPERM" => "; check who owns it and its permissions",
            "EFBIG" => "; the file system there cannot hold a file of that size",
            "EROFS" => "; the file system there is read-only",
            _ => "",
        };
        Self::new(
            Code::Storage,
            reason,
            format!(
                "cannot {action} {}: {}{advice}",
                path.display(),
                errno::describe(error)
            ),
        )
    }

    /// A full disk, quota or memory is `ResourceExhausted`; everything else stays what it is.
    pub fn or_exhausted(self) -> Self {
        match self.reason {
            "ENOSPC" | "EDQUOT" | "ENOMEM" => Self {
                code: Code::ResourceExhausted,
                ..self
            },
            _ => self,
        }
    }

    /// The same failure with `context` before its message.
    pub fn within(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// A failure travels through `std::io` traits as the inner error of an `io::Error`.
impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        Self::other(failure)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) => {
                let reason = error.raw_os_error().map_or("io", errno::name);
                Self::new(Code::Storage, reason, errno::describe(&error))
            }
        }
    }
}
