//! Trees of files, read and written as the guest's agent does it (`boxlite-copy`).

use std::sync::{Arc, Mutex, PoisonError};

use boxlite_copy::{Fault, Host, Owner, Progress, Sink, SinkOptions, Source, SourceOptions};
use napi::{
    Env,
    bindgen_prelude::{Buffer, Object},
};
use napi_derive::napi;

use super::background;
use crate::{
    errno,
    failure::{Code, Failure, Result},
};

/// Messages for one trip to a thread.
const TOGETHER: usize = 4;

#[napi(object)]
pub struct NativeTreeCopied {
    pub entries: f64,
    pub bytes: f64,
    pub skipped: f64,
    pub lost_xattrs: f64,
}

impl From<Progress> for NativeTreeCopied {
    fn from(progress: Progress) -> Self {
        Self {
            entries: progress.entries as f64,
            bytes: progress.bytes as f64,
            skipped: progress.skipped as f64,
            lost_xattrs: progress.lost_xattrs as f64,
        }
    }
}

#[napi(object)]
pub struct NativeCopyMessages {
    /// None after the last one.
    pub messages: Vec<Buffer>,
    pub copied: NativeTreeCopied,
}

/// What a thread works on, one call after the other; nothing once it was closed.
type Shared<T> = Arc<Mutex<Option<T>>>;

fn with<T, R>(shared: &Shared<T>, work: impl FnOnce(&mut T) -> Result<R>) -> Result<R> {
    let mut held = shared.lock().unwrap_or_else(PoisonError::into_inner);
    work(held.as_mut().ok_or_else(|| Failure::aborted("the copy"))?)
}

fn close<T>(shared: &Shared<T>) {
    shared.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// A tree of the host that is read.
#[napi]
pub struct TreeSource {
    source: Shared<Source>,
}

#[napi]
impl TreeSource {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self {
            source: Arc::default(),
        }
    }

    #[napi]
    pub fn open<'env>(
        &self,
        env: &'env Env,
        path: Buffer,
        follow: bool,
        archive: bool,
    ) -> napi::Result<Object<'env>> {
        let (source, path) = (self.source.clone(), path.to_vec());
        background::run(env, "boxlite-tree", move || {
            let options = SourceOptions { follow, archive };
            let opened = Source::open(&Host, &path, options).map_err(failure)?;
            *source.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
            Ok(())
        })
    }

    #[napi]
    pub fn read<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let source = self.source.clone();
        background::run(env, "boxlite-tree", move || {
            with(&source, |source| {
                let mut messages = Vec::new();
                while messages.len() < TOGETHER {
                    let message = source.message().map_err(failure)?;
                    if message.is_empty() {
                        break;
                    }
                    messages.push(message.into());
                }
                let copied = source.progress().into();
                Ok(NativeCopyMessages { messages, copied })
            })
        })
    }

    #[napi]
    pub fn close<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let source = self.source.clone();
        background::run(env, "boxlite-tree", move || {
            close(&source);
            Ok(())
        })
    }
}

#[napi(object)]
pub struct NativeTreeWritten {
    pub ended: bool,
    pub copied: NativeTreeCopied,
}

/// A tree of the host that is written.
#[napi]
pub struct TreeSink {
    sink: Shared<Sink>,
}

#[napi]
impl TreeSink {
    #[napi(constructor)]
    pub fn new(path: Buffer, archive: bool) -> Self {
        // Without `archive` a file gets another owner, whose rights its setuid would give away.
        let owner = if archive { Owner::Kept } else { Owner::Copier };
        let options = SinkOptions {
            owner,
            set_id: archive,
        };
        let sink = Sink::new(Box::new(Host), &path, options);
        Self {
            sink: Arc::new(Mutex::new(Some(sink))),
        }
    }

    #[napi]
    pub fn write<'env>(&self, env: &'env Env, messages: Vec<Buffer>) -> napi::Result<Object<'env>> {
        let sink = self.sink.clone();
        // JavaScript's memory is not for other threads.
        let messages: Vec<Vec<u8>> = messages.iter().map(|message| message.to_vec()).collect();
        background::run(env, "boxlite-tree", move || {
            with(&sink, |sink| {
                for message in &messages {
                    sink.take(message).map_err(failure)?;
                }
                Ok(NativeTreeWritten {
                    ended: sink.ended(),
                    copied: sink.progress().into(),
                })
            })
        })
    }

    /// Removes what is not complete.
    #[napi]
    pub fn close<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let sink = self.sink.clone();
        background::run(env, "boxlite-tree", move || {
            close(&sink);
            Ok(())
        })
    }
}

fn failure(fault: Fault) -> Failure {
    let message = fault.to_string();
    match fault {
        Fault::System { errno, .. } => {
            let reason = errno::name(errno.raw_os_error());
            let code = match reason {
                "ENOENT" => Code::NotFound,
                "EEXIST" => Code::AlreadyExists,
                "EISDIR" | "ENOTDIR" | "ELOOP" | "ENAMETOOLONG" | "ENOTEMPTY" | "EINVAL" => {
                    Code::InvalidArgument
                }
                "ENOSPC" | "EDQUOT" | "ENOMEM" | "EMFILE" | "ENFILE" => Code::ResourceExhausted,
                _ => Code::Storage,
            };
            Failure::new(code, reason, message)
        }
        Fault::Stream(_) => Failure::new(Code::Portal, "protocol-violation", message),
        Fault::TooMany(_) => Failure::new(Code::ResourceExhausted, "too-many-links", message),
        Fault::Changed(_) => Failure::new(Code::InvalidState, "source-changed", message),
        Fault::Device(_) => Failure::new(Code::InvalidArgument, "device", message),
    }
}
