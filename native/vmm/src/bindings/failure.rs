//! How a failure crosses to JavaScript: an `Error` with its message, whose `code` is `CODE/REASON`.
//! `packages/vmm/src/native-error.ts` is the other side.

use napi::{Env, Error, JsError, Status};

use crate::failure::Failure;

/// What becomes the JavaScript error's `code`.
pub struct CodeAndReason(String);

pub type Result<T> = napi::Result<T, CodeAndReason>;

impl AsRef<str> for CodeAndReason {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What napi itself fails with.
impl From<Status> for CodeAndReason {
    fn from(status: Status) -> Self {
        Self(format!("Internal/{}", status.as_ref()))
    }
}

impl From<Failure> for Error<CodeAndReason> {
    fn from(failure: Failure) -> Self {
        Self::new(
            CodeAndReason(format!("{}/{}", failure.code.name(), failure.reason)),
            failure.message,
        )
    }
}

/// The same for a promise, whose rejection napi wants as one of its own errors.
pub fn rejection(env: &Env, failure: Failure) -> Error {
    Error::from(JsError::from(Error::<CodeAndReason>::from(failure)).into_unknown(*env))
}
