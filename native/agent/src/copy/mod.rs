//! Trees of files into the container and out of it. What they are made of, and all care for what may be in them, is in `boxlite-copy`;
//! here are the calls. Each has a thread of its own while it runs, from the pool for work that may block.

mod inbound;
mod outbound;

use std::os::fd::OwnedFd;
use std::sync::Arc;

use boxlite_copy::{Base, Fault};
use rustix::fs::OFlags;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::container::Container;
use crate::container::spec::check_path;
use crate::fault::{self, Kind, fault, invalid};
use crate::machine::{Machine, stopped};
use crate::proto::copy_server::Copy;
use crate::proto::{CopyInRequest, CopyInResponse, CopyOutRequest, CopyOutResponse};

/// Messages that wait: for the thread, or for the connection.
const QUEUED: usize = 2;
/// At the same time; more wait. Each holds a thread for as long as the host takes, and other work on files needs some too.
const MAX_COPIES: usize = 8;

pub struct CopyService {
    machine: Arc<Machine>,
    copies: Arc<Semaphore>,
}

impl CopyService {
    pub fn new(machine: Arc<Machine>) -> Self {
        Self {
            machine,
            copies: Arc::new(Semaphore::new(MAX_COPIES)),
        }
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, Status> {
        let closed = |_| stopped();
        self.copies.clone().acquire_owned().await.map_err(closed)
    }

    fn container(&self, path: &[u8]) -> Result<Inside, Status> {
        check_path(path)?;
        self.machine.container().map(Inside)
    }
}

/// The container's root; it is not removed while this is there.
struct Inside(Arc<Container>);

impl Base for Inside {
    fn open(&self, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
        self.0.root.open(path, flags)
    }
}

#[tonic::async_trait]
impl Copy for CopyService {
    type OutStream = ReceiverStream<Result<CopyOutResponse, Status>>;

    async fn r#in(
        &self,
        request: Request<Streaming<CopyInRequest>>,
    ) -> Result<Response<CopyInResponse>, Status> {
        let (open, inbound) = inbound::first(request.into_inner()).await?;
        let _turn = self.turn().await?;
        let inside = self.container(&open.path)?;
        inbound::receive(inside, open, inbound)
            .await
            .map(Response::new)
    }

    async fn out(
        &self,
        request: Request<CopyOutRequest>,
    ) -> Result<Response<Self::OutStream>, Status> {
        let request = request.into_inner();
        let turn = self.turn().await?;
        let inside = self.container(&request.path)?;
        let (sender, receiver) = mpsc::channel(QUEUED);
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            outbound::send(&inside, &request, &sender);
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

fn status(failed: Fault) -> Status {
    let message = failed.to_string();
    with_message(failed, message)
}

/// As the status of a call of which the copy was a part.
pub fn failed_within(what: &str, failed: Fault) -> Status {
    let message = format!("{what}: {failed}");
    with_message(failed, message)
}

fn with_message(failed: Fault, message: String) -> Status {
    match failed {
        Fault::System { errno, .. } => fault::with_errno(errno, message),
        Fault::Stream(_) => invalid(message),
        Fault::TooMany(_) => fault(Kind::ResourceExhausted, "too-many-links", message),
        Fault::Changed(_) => fault(Kind::InvalidState, "source-changed", message),
        Fault::Device(_) => fault(Kind::InvalidArgument, "device", message),
    }
}
