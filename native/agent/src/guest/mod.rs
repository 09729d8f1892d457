//! The machine as a whole: who answers, its clock and randomness, what it uses, and its end.

mod metrics;
mod personalise;
mod shutdown;

pub use metrics::uptime_micros;

use std::sync::Arc;
use std::time::Duration;

use tonic::{Request, Response, Status};

use crate::fault::{Kind, fault, from_errno};
use crate::machine::Machine;
use crate::proto::guest_server::Guest;
use crate::proto::{
    HelloRequest, HelloResponse, MetricsRequest, MetricsResponse, PingRequest, PingResponse,
    ShutdownRequest, ShutdownResponse,
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
        personalise::add_entropy(&request.entropy)
            .map_err(|errno| from_errno(errno, "could not mix in the host's entropy"))?;
        personalise::set_clock(request.unix_nanos)
            .map_err(|errno| from_errno(errno, "could not set the clock"))?;
        self.machine.set_personalised();
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
        let container = self.machine.begin_stop()?;
        let machine = self.machine.clone();
        // In a task of its own: a call that is cut does not leave the disk half unmounted.
        let task = tokio::spawn(async move {
            let result = shutdown::run(&machine, container, grace).await;
            machine.finish_stop();
            result
        });
        task.await
            .map_err(|_| fault(Kind::Internal, "shutdown-lost", "the shutdown was lost"))?
            .map_err(|message| fault(Kind::Storage, "unmount-failed", message))?;
        Ok(Response::new(ShutdownResponse {}))
    }
}
