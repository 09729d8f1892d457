//! How the agent's calls fail: a gRPC status whose trailers carry what the host turns into a `BoxliteError`.
//!
//! The only place that knows the trailers' names, and which errno means what.

use rustix::io::Errno;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

/// The `BoxliteErrorCode`s that a guest can be the cause of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    AlreadyExists,
    Execution,
    Internal,
    InvalidArgument,
    InvalidState,
    NotFound,
    ResourceExhausted,
    Rpc,
    Stopped,
    Storage,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::AlreadyExists => "AlreadyExists",
            Kind::Execution => "Execution",
            Kind::Internal => "Internal",
            Kind::InvalidArgument => "InvalidArgument",
            Kind::InvalidState => "InvalidState",
            Kind::NotFound => "NotFound",
            Kind::ResourceExhausted => "ResourceExhausted",
            Kind::Rpc => "Rpc",
            Kind::Stopped => "Stopped",
            Kind::Storage => "Storage",
        }
    }

    fn grpc(self) -> Code {
        match self {
            Kind::AlreadyExists => Code::AlreadyExists,
            Kind::Execution | Kind::InvalidState | Kind::Rpc | Kind::Stopped => {
                Code::FailedPrecondition
            }
            Kind::Internal | Kind::Storage => Code::Internal,
            Kind::InvalidArgument => Code::InvalidArgument,
            Kind::NotFound => Code::NotFound,
            Kind::ResourceExhausted => Code::ResourceExhausted,
        }
    }
}

/// A failed call. `reason` is kebab-case, or an errno's name.
pub fn fault(kind: Kind, reason: &'static str, message: impl Into<String>) -> Status {
    let mut trailers = MetadataMap::with_capacity(2);
    trailers.insert("boxlite-code", MetadataValue::from_static(kind.name()));
    trailers.insert("boxlite-reason", MetadataValue::from_static(reason));
    Status::with_metadata(kind.grpc(), message, trailers)
}

/// A request that breaks the contract of `proto/boxlite/v1`.
pub fn invalid(message: impl Into<String>) -> Status {
    fault(Kind::InvalidArgument, "invalid-request", message)
}

/// A system call that failed while the agent did `what`.
pub fn from_errno(errno: Errno, what: impl std::fmt::Display) -> Status {
    with_errno(errno, format!("{what}: {}", describe(errno)))
}

/// A system call that failed in a call that the host can describe better: it knows the path and what it wanted.
pub fn plain_errno(errno: Errno) -> Status {
    with_errno(errno, describe(errno))
}

/// A system call that failed, in words that name it already.
pub fn with_errno(errno: Errno, message: String) -> Status {
    let kind = match errno {
        Errno::NOENT => Kind::NotFound,
        Errno::EXIST => Kind::AlreadyExists,
        Errno::NOSPC | Errno::DQUOT | Errno::NOMEM | Errno::MFILE | Errno::NFILE | Errno::AGAIN => {
            Kind::ResourceExhausted
        }
        Errno::INVAL
        | Errno::ISDIR
        | Errno::LOOP
        | Errno::NAMETOOLONG
        | Errno::NOTDIR
        | Errno::NOTEMPTY => Kind::InvalidArgument,
        Errno::BUSY | Errno::ROFS | Errno::XDEV => Kind::InvalidState,
        _ => Kind::Storage,
    };
    fault(kind, errno_name(errno), message)
}

/// The errno of a system call that the standard library made.
pub fn to_errno(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

/// The text of an errno, without Rust's "(os error 2)".
pub fn describe(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The name of an errno, of those that file and process calls give.
pub fn errno_name(errno: Errno) -> &'static str {
    macro_rules! names {
        ($($short:ident $name:literal),* $(,)?) => {
            match errno { $(Errno::$short => $name,)* _ => "EIO" }
        };
    }
    names! {
        ACCESS "EACCES", AGAIN "EAGAIN", BADF "EBADF", BADMSG "EBADMSG", BUSY "EBUSY", DQUOT "EDQUOT", EXIST "EEXIST",
        FAULT "EFAULT", FBIG "EFBIG", INTR "EINTR", INVAL "EINVAL", IO "EIO", ISDIR "EISDIR", LOOP "ELOOP",
        MFILE "EMFILE", MLINK "EMLINK", NAMETOOLONG "ENAMETOOLONG", NFILE "ENFILE", NODEV "ENODEV", NOENT "ENOENT",
        NOEXEC "ENOEXEC", NOMEM "ENOMEM", NOSPC "ENOSPC", NOSYS "ENOSYS", NOTDIR "ENOTDIR", NOTEMPTY "ENOTEMPTY",
        NOTSUP "ENOTSUP", NXIO "ENXIO", PERM "EPERM", PIPE "EPIPE", ROFS "EROFS", SPIPE "ESPIPE", SRCH "ESRCH",
        STALE "ESTALE", TOOBIG "E2BIG", TXTBSY "ETXTBSY", XDEV "EXDEV",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_code_and_reason_in_its_trailers() {
        let status = from_errno(Errno::NOENT, "could not open '/x'");
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(status.metadata().get("boxlite-code").unwrap(), "NotFound");
        assert_eq!(status.metadata().get("boxlite-reason").unwrap(), "ENOENT");
        assert_eq!(
            status.message(),
            "could not open '/x': No such file or directory"
        );
    }
}
