//! What hosts order, and what they are told.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::request;
use crate::machine::Machine;
use crate::proto::care_server;
use crate::proto::{Health, SetCareRequest, SetCareResponse, WatchHealthRequest};

pub struct CareService {
    machine: Arc<Machine>,
}

impl CareService {
    pub fn new(machine: Arc<Machine>) -> Self {
        Self { machine }
    }
}

#[tonic::async_trait]
impl care_server::Care for CareService {
    type WatchHealthStream = ReceiverStream<Result<Health, Status>>;

    async fn set(
        &self,
        request: Request<SetCareRequest>,
    ) -> Result<Response<SetCareResponse>, Status> {
        let orders = request::check(request.into_inner())?;
        self.machine.container()?;
        self.machine.care.set(&self.machine, orders);
        Ok(Response::new(SetCareResponse {}))
    }

    async fn watch_health(
        &self,
        _: Request<WatchHealthRequest>,
    ) -> Result<Response<Self::WatchHealthStream>, Status> {
        let (sender, receiver) = mpsc::channel(1);
        if let Some(mut health) = self.machine.care.health() {
            tokio::spawn(async move {
                loop {
                    let now = Health::clone(&health.borrow_and_update());
                    // Waits for its reader; what is replaced meanwhile is not seen.
                    if sender.send(Ok(now)).await.is_err() {
                        return;
                    }
                    let gone = sender.closed();
                    if !changed_before(&mut health, gone).await {
                        return;
                    }
                }
            });
        }
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// False when the reader has gone, or there is nothing more to come.
async fn changed_before(
    health: &mut tokio::sync::watch::Receiver<Arc<Health>>,
    gone: impl Future<Output = ()>,
) -> bool {
    let mut changed = std::pin::pin!(health.changed());
    let mut gone = std::pin::pin!(gone);
    std::future::poll_fn(|cx| {
        if gone.as_mut().poll(cx).is_ready() {
            return std::task::Poll::Ready(false);
        }
        changed.as_mut().poll(cx).map(|result| result.is_ok())
    })
    .await
}
