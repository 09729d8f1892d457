//! Single files of the container, as its processes see them: every path is resolved inside the container's root, by the kernel
//! (`resolve`). Work on files may block, so it is done on threads of its own, a bounded piece at a time.

pub mod directories;
mod info;
mod list;
mod read;
mod remove;
mod watch;
mod write;

use std::sync::Arc;

use boxlite_copy::base as resolve;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::container::Container;
use crate::container::spec::check_path;
use crate::fault::{Kind, fault};
use crate::machine::Machine;
use crate::proto::files_server::Files;
use crate::proto::{
    FileChunk, FileInfo, ListFilesRequest, ListFilesResponse, MakeDirectoryRequest,
    MakeDirectoryResponse, ReadFileRequest, RemoveFileRequest, RemoveFileResponse,
    RenameFileRequest, RenameFileResponse, StatFileRequest, WatchFilesRequest, WatchFilesResponse,
    WriteFileRequest, WriteFileResponse,
};

/// Messages that wait for the connection, of a call that answers with several.
const QUEUED: usize = 2;

/// At the same time; the kernel holds 16 384 events for each, if nobody takes them.
const MAX_WATCHES: usize = 32;

pub struct FilesService {
    machine: Arc<Machine>,
    watches: Arc<Semaphore>,
}

impl FilesService {
    pub fn new(machine: Arc<Machine>) -> Self {
        Self {
            machine,
            watches: Arc::new(Semaphore::new(MAX_WATCHES)),
        }
    }

    /// The container, once all paths are found to be such.
    fn container(&self, paths: &[&[u8]]) -> Result<Arc<Container>, Status> {
        paths.iter().try_for_each(|path| check_path(path))?;
        self.machine.container()
    }
}

/// Does work that may block elsewhere.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    let lost = |_| fault(Kind::Internal, "work-lost", "the work on a file was lost");
    tokio::task::spawn_blocking(work).await.map_err(lost)?
}

#[tonic::async_trait]
impl Files for FilesService {
    type ReadStream = ReceiverStream<Result<FileChunk, Status>>;
    type ListStream = ReceiverStream<Result<ListFilesResponse, Status>>;
    type WatchStream = ReceiverStream<Result<WatchFilesResponse, Status>>;

    async fn read(
        &self,
        request: Request<ReadFileRequest>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        let path = request.into_inner().path;
        let container = self.container(&[&path])?;
        let first = blocking(move || read::open(container, &path)).await?;
        let (sender, receiver) = mpsc::channel(QUEUED);
        tokio::spawn(read::send(first, sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn write(
        &self,
        request: Request<Streaming<WriteFileRequest>>,
    ) -> Result<Response<WriteFileResponse>, Status> {
        let (open, inbound) = write::first(request.into_inner()).await?;
        let container = self.container(&[&open.path])?;
        let size = write::receive(container, open, inbound).await?;
        Ok(Response::new(WriteFileResponse { size }))
    }

    async fn stat(&self, request: Request<StatFileRequest>) -> Result<Response<FileInfo>, Status> {
        let StatFileRequest { path, follow } = request.into_inner();
        let container = self.container(&[&path])?;
        blocking(move || info::of_path(&container, &path, follow))
            .await
            .map(Response::new)
    }

    async fn list(
        &self,
        request: Request<ListFilesRequest>,
    ) -> Result<Response<Self::ListStream>, Status> {
        let path = request.into_inner().path;
        let container = self.container(&[&path])?;
        let listing = blocking(move || list::open(container, &path)).await?;
        let (sender, receiver) = mpsc::channel(QUEUED);
        tokio::spawn(list::send(listing, sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn make_directory(
        &self,
        request: Request<MakeDirectoryRequest>,
    ) -> Result<Response<MakeDirectoryResponse>, Status> {
        let request = request.into_inner();
        let container = self.container(&[&request.path])?;
        blocking(move || directories::make(&container, &request)).await?;
        Ok(Response::new(MakeDirectoryResponse {}))
    }

    async fn remove(
        &self,
        request: Request<RemoveFileRequest>,
    ) -> Result<Response<RemoveFileResponse>, Status> {
        let request = request.into_inner();
        let container = self.container(&[&request.path])?;
        blocking(move || remove::remove(&container, &request)).await?;
        Ok(Response::new(RemoveFileResponse {}))
    }

    async fn rename(
        &self,
        request: Request<RenameFileRequest>,
    ) -> Result<Response<RenameFileResponse>, Status> {
        let RenameFileRequest { from, to } = request.into_inner();
        let container = self.container(&[&from, &to])?;
        blocking(move || directories::rename(&container, &from, &to)).await?;
        Ok(Response::new(RenameFileResponse {}))
    }

    async fn watch(
        &self,
        request: Request<WatchFilesRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let WatchFilesRequest { path, recursive } = request.into_inner();
        let container = self.container(&[&path])?;
        let turn = self.watches.clone().try_acquire_owned().map_err(|_| {
            let message = format!("there are {MAX_WATCHES} watches already; end some of them");
            fault(Kind::ResourceExhausted, "too-many-watches", message)
        })?;
        let watch = blocking(move || watch::open(container, &path, recursive)).await?;
        let (sender, receiver) = mpsc::channel(QUEUED);
        tokio::spawn(async move {
            watch::send(watch, sender).await;
            drop(turn);
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}
