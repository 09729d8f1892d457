//! The machine as a whole: who answers, its clock and randomness, what it uses, and its end.

mod metrics;
mod personalise;
mod shutdown;

pub use metrics::uptime_micros;
pub use shutdown::run as shut_down;

use std::sync::Arc;
use std::time::Duration;

use tonic::{Request, Response, Status};

use crate::care::wait_for_ending;
use crate::container::identity::Uuid;
use crate::container::{Container, storage, to_the_end};
use crate::fault::{Kind, fault, from_errno};
use crate::machine::Machine;
use crate::proto::guest_server::Guest;
use crate::proto::{
    FreezeRequest, FreezeResponse, HelloRequest, HelloResponse, MetricsRequest, MetricsResponse,
    PingRequest, PingResponse, SetClockRequest, SetClockResponse, ShutdownRequest,
    ShutdownResponse, SyncRequest, SyncResponse, ThawRequest, ThawResponse,
};

/// The version of `proto/boxlite/v1` that host and guest must share.
const PROTOCOL_VERSION: u32 = 1;

pub struct GuestService {
    machine: Arc<Machine>,
}

impl GuestService {
    pub fn new(machine: Arc<Machine>) -> Self {
        Self { machine }
    }
}

fn thaw(container: &Container) -> Result<(), Status> {
    let thawed = container.freezer.thaw();
    thawed.map_err(|errno| from_errno(errno, "could not let the container go on"))
}

#[tonic::async_trait]
impl Guest for GuestService {
    async fn hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloResponse>, Status> {
        let request = request.into_inner();
        if request.protocol_version != PROTOCOL_VERSION {
            let message = format!(
                "the guest agent speaks version {PROTOCOL_VERSION} of the protocol, the host version {}; use a guest image of the host's version",
                request.protocol_version
            );
            return Err(fault(Kind::Rpc, "protocol-version", message));
        }
        personalise::check(&request)?;
        let own = Uuid::check(&request.machine_id)?;
        personalise::add_entropy(&request.entropy)
            .map_err(|errno| from_errno(errno, "could not mix in the host's entropy"))?;
        personalise::set_clock(request.unix_nanos)?;
        self.machine.set_personalised();
        // In a copy of a Box time begins anew; who only comes to look does not keep it busy.
        if request.new_identity {
            self.machine.executions.activity().tell();
        }
        if self.machine.has_container() {
            let container = self.machine.container()?;
            let renew = request.new_identity;
            to_the_end(async move {
                if renew {
                    container.renew_identity(own).await?;
                }
                thaw(&container)
            })
            .await?;
        }
        let release = rustix::system::uname()
            .release()
            .to_string_lossy()
            .into_owned();
        Ok(Response::new(HelloResponse {
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            kernel_release: release,
            boot_micros: self.machine.boot_micros,
            container_ready: self.machine.has_container(),
        }))
    }

    async fn freeze(&self, _: Request<FreezeRequest>) -> Result<Response<FreezeResponse>, Status> {
        self.machine.executions.activity().tell();
        let mut halted = Duration::ZERO;
        if self.machine.has_container() {
            let container = self.machine.container()?;
            halted = to_the_end(async move {
                let frozen = container.freezer.freeze().await;
                frozen.map_err(|errno| from_errno(errno, "could not halt the container"))
            })
            .await?;
        }
        Ok(Response::new(FreezeResponse {
            halted_micros: halted.as_micros() as u64,
        }))
    }

    async fn sync(&self, _: Request<SyncRequest>) -> Result<Response<SyncResponse>, Status> {
        if self.machine.has_container() {
            let written = storage::sync().await;
            written.map_err(|errno| from_errno(errno, "could not write the disk"))?;
        }
        Ok(Response::new(SyncResponse {}))
    }

    async fn thaw(&self, request: Request<ThawRequest>) -> Result<Response<ThawResponse>, Status> {
        personalise::set_clock(request.into_inner().unix_nanos)?;
        self.machine.executions.activity().tell();
        if self.machine.has_container() {
            thaw(&*self.machine.container()?)?;
        }
        Ok(Response::new(ThawResponse {}))
    }

    async fn set_clock(
        &self,
        request: Request<SetClockRequest>,
    ) -> Result<Response<SetClockResponse>, Status> {
        personalise::set_clock(request.into_inner().unix_nanos)?;
        Ok(Response::new(SetClockResponse {}))
    }

    async fn ping(&self, request: Request<PingRequest>) -> Result<Response<PingResponse>, Status> {
        Ok(Response::new(PingResponse {
            payload: request.into_inner().payload,
        }))
    }

    async fn metrics(
        &self,
        _: Request<MetricsRequest>,
    ) -> Result<Response<MetricsResponse>, Status> {
        Ok(Response::new(metrics::read(
            self.machine.executions.count(),
        )))
    }

    async fn shutdown(
        &self,
        request: Request<ShutdownRequest>,
    ) -> Result<Response<ShutdownResponse>, Status> {
        let grace = Duration::from_millis(request.into_inner().grace_ms.into());
        let machine = self.machine.clone();
        if machine.ends_itself() {
            wait_for_ending(&machine, grace).await;
            return Ok(Response::new(ShutdownResponse {}));
        }
        let container = machine.begin_stop()?;
        to_the_end(async move {
            let result = shutdown::run(&machine, container, grace).await;
            machine.finish_stop();
            result.map_err(|message| fault(Kind::Storage, "unmount-failed", message))
        })
        .await?;
        Ok(Response::new(ShutdownResponse {}))
    }
}
