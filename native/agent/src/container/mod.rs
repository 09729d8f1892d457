//! The container: what it is made of, and the service that makes it.
//!
//! ```text
//! ContainerService::create (agent) ──▶ set_up (spawner) ──▶ init (the container's PID 1)
//!                                       storage, cgroup      mounts, devices, etc_files, paths, network
//! ```

pub mod capabilities;
pub mod cgroup;
mod device_filter;
mod devices;
mod etc_files;
mod init;
mod mounts;
mod network;
mod paths;
pub mod set_up;
pub mod spec;
pub mod storage;

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::{Mode, OFlags};
use tonic::{Request, Response, Status};

use crate::fault::{Kind, fault, from_errno};
use crate::machine::Machine;
use crate::process::Process;
use crate::proto::container_server;
use crate::proto::{CreateContainerRequest, CreateContainerResponse};
use crate::spawner::SetUp;
use spec::Defaults;

/// A container that is set up. The last owner to go lets its file system be unmounted.
pub struct Container {
    pub defaults: Defaults,
    pub init: Process,
    /// Its root directory, as its processes see it.
    pub root: OwnedFd,
}

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
        let (set_up, defaults) = spec::check(request.into_inner())?;
        self.machine.begin_set_up()?;
        let machine = self.machine.clone();
        // In a task of its own: a call that is cut does not leave half a container.
        let task = tokio::spawn(async move {
            let result = make(&machine, &set_up, defaults).await;
            machine.finish_set_up(result)
        });
        task.await
            .map_err(|_| fault(Kind::Internal, "set-up-lost", "the set-up was lost"))??;
        let setup_micros = start.elapsed().as_micros() as u64;
        Ok(Response::new(CreateContainerResponse { setup_micros }))
    }
}

async fn make(machine: &Machine, set_up: &SetUp, defaults: Defaults) -> Result<Container, Status> {
    machine.load_modules().await;
    let pid = machine.spawner.set_up(set_up.clone()).await?;
    let failed = |errno| from_errno(errno, "could not reach the container's init process");
    let init = Process::adopt(pid).map_err(failed)?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root =
        rustix::fs::open(format!("/proc/{pid}/root"), flags, Mode::empty()).map_err(failed)?;
    Ok(Container {
        defaults,
        init,
        root,
    })
}
