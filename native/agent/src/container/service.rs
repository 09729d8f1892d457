//! The service that makes the container, changes it and takes it away. Each call's work is a task of its own: a call that is cut leaves
//! nothing half done.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use tonic::{Request, Response, Status};

use super::{Container, end, processes, spec, volumes};
use crate::fault::{Kind, fault};
use crate::machine::Machine;
use crate::proto::container_server;
use crate::proto::{
    ConfigureContainerRequest, ConfigureContainerResponse, CreateContainerRequest,
    CreateContainerResponse, MountRequest, MountResponse, ProcessesRequest, ProcessesResponse,
    RemoveContainerRequest, RemoveContainerResponse,
};

pub struct ContainerService {
    machine: Arc<Machine>,
}

impl ContainerService {
    pub fn new(machine: Arc<Machine>) -> Self {
        Self { machine }
    }
}

#[tonic::async_trait]
impl container_server::Container for ContainerService {
    async fn create(
        &self,
        request: Request<CreateContainerRequest>,
    ) -> Result<Response<CreateContainerResponse>, Status> {
        let start = Instant::now();
        let spec = spec::check(request.into_inner())?;
        self.machine.begin_set_up()?;
        let machine = self.machine.clone();
        to_the_end(async move {
            let result = Container::make(&machine, spec).await;
            machine.finish_set_up(result)
        })
        .await?;
        let setup_micros = start.elapsed().as_micros() as u64;
        Ok(Response::new(CreateContainerResponse { setup_micros }))
    }

    async fn configure(
        &self,
        request: Request<ConfigureContainerRequest>,
    ) -> Result<Response<ConfigureContainerResponse>, Status> {
        let change = spec::check_configure(request.into_inner())?;
        let container = self.machine.container()?;
        to_the_end(async move { container.configure(change).await }).await?;
        Ok(Response::new(ConfigureContainerResponse {}))
    }

    async fn mount(
        &self,
        request: Request<MountRequest>,
    ) -> Result<Response<MountResponse>, Status> {
        let volumes = volumes::check(request.into_inner())?;
        let container = self.machine.container()?;
        to_the_end(async move { volumes::mount(container, volumes).await }).await?;
        Ok(Response::new(MountResponse {}))
    }

    async fn processes(
        &self,
        _: Request<ProcessesRequest>,
    ) -> Result<Response<ProcessesResponse>, Status> {
        self.machine.container()?;
        let lost = |_| {
            fault(
                Kind::Internal,
                "work-lost",
                "the processes could not be read",
            )
        };
        let response = tokio::task::spawn_blocking(processes::read).await;
        Ok(Response::new(response.map_err(lost)?))
    }

    async fn remove(
        &self,
        _: Request<RemoveContainerRequest>,
    ) -> Result<Response<RemoveContainerResponse>, Status> {
        let container = self.machine.begin_remove()?;
        self.machine.care.clear();
        let machine = self.machine.clone();
        to_the_end(async move {
            let result = end::remove(container, &machine.executions).await;
            machine.finish_remove(result)
        })
        .await?;
        let machine = self.machine.clone();
        // For the next container; what fails here fails once more when that is made.
        tokio::spawn(async move { machine.prepare().await });
        Ok(Response::new(RemoveContainerResponse {}))
    }
}

/// Does work that goes on when its call is cut.
pub async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Status>> + Send + 'static,
) -> Result<T, Status> {
    let lost = |_| fault(Kind::Internal, "work-lost", "the work of a call was lost");
    tokio::spawn(work).await.map_err(lost)?
}
