//! What long work on files has in common.

use napi_derive::napi;

use crate::{cancellation, output_file::Durability};

/// A flag that ends the work it was given to.
#[napi]
pub struct Cancellation {
    pub(super) flag: cancellation::Cancellation,
}

#[napi]
impl Cancellation {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self {
            flag: cancellation::Cancellation::default(),
        }
    }

    #[napi]
    pub fn cancel(&self) {
        self.flag.cancel();
    }
}

/// What a file takes on the disk.
#[napi(object)]
pub struct NativeWritten {
    pub size_bytes: f64,
}

pub(super) fn durability(sync: bool) -> Durability {
    if sync {
        Durability::Synced
    } else {
        Durability::Unsynced
    }
}
