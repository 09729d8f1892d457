//! Which service answers which path.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;

use crate::care::CareService;
use crate::care::activity::Activity;
use crate::container::ContainerService;
use crate::copy::CopyService;
use crate::exec::ExecutionService;
use crate::files::FilesService;
use crate::guest::GuestService;
use crate::machine::Machine;
use crate::proto::care_server::CareServer;
use crate::proto::container_server::ContainerServer;
use crate::proto::copy_server::CopyServer;
use crate::proto::execution_server::ExecutionServer;
use crate::proto::files_server::FilesServer;
use crate::proto::guest_server::GuestServer;

/// An execution's arguments and environment, or a container's environment; the host sends no more.
const MAX_REQUEST: usize = 4 << 20;
/// Paths, or a piece of a file.
const MAX_SMALL_REQUEST: usize = 256 * 1024;

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

#[derive(Clone)]
pub struct Services {
    activity: Activity,
    care: CareServer<CareService>,
    guest: GuestServer<GuestService>,
    container: ContainerServer<ContainerService>,
    copy: CopyServer<CopyService>,
    execution: ExecutionServer<ExecutionService>,
    files: FilesServer<FilesService>,
}

impl Services {
    pub fn new(machine: &Arc<Machine>) -> Self {
        Self {
            activity: machine.executions.activity().clone(),
            care: CareServer::new(CareService::new(machine.clone()))
                .max_decoding_message_size(MAX_SMALL_REQUEST),
            guest: GuestServer::new(GuestService::new(machine.clone()))
                .max_decoding_message_size(MAX_SMALL_REQUEST),
            container: ContainerServer::new(ContainerService::new(machine.clone()))
                .max_decoding_message_size(MAX_REQUEST),
            copy: CopyServer::new(CopyService::new(machine.clone()))
                .max_decoding_message_size(MAX_SMALL_REQUEST),
            execution: ExecutionServer::new(ExecutionService::new(machine.clone()))
                .max_decoding_message_size(MAX_REQUEST),
            files: FilesServer::new(FilesService::new(machine.clone()))
                .max_decoding_message_size(MAX_SMALL_REQUEST),
        }
    }

    pub fn call(&self, request: Request<Incoming>) -> Answer {
        let service = request.uri().path().split('/').nth(1).unwrap_or_default();
        match service {
            "boxlite.v1.Execution" => self.execution.clone().call(request),
            "boxlite.v1.Files" => self.counted(self.files.clone().call(request)),
            "boxlite.v1.Guest" => self.guest.clone().call(request),
            "boxlite.v1.Copy" => self.counted(self.copy.clone().call(request)),
            "boxlite.v1.Care" => self.care.clone().call(request),
            "boxlite.v1.Container" => self.container.clone().call(request),
            _ => {
                let status = Status::unimplemented(format!("the agent has no service '{service}'"));
                Box::pin(async move { Ok(status.into_http()) })
            }
        }
    }

    /// A Box is not idle while such a call goes on.
    fn counted<F>(&self, answer: F) -> Answer
    where
        F: Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
    {
        let call = self.activity.begin();
        Box::pin(async move { Ok(call.until_sent(answer.await?)) })
    }
}
