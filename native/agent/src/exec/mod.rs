//! Executions: one command each, from its request to its exit status.
//!
//! ```text
//! request ──checked──▶ task: spawner starts it ──▶ supervisor ──▶ outbox ──▶ response stream
//!                                                   │ input  (stdin)
//!                                                   │ output (stdout, stderr)
//!                                                   └ end, deadline, signals
//! ```

mod executions;
mod input;
mod outbox;
mod output;
mod pipes;
mod request;
mod start;
mod supervisor;

use std::sync::Arc;

use tokio::sync::oneshot;
use tonic::{Request, Response, Status, Streaming};

use crate::fault::{Kind, fault, invalid};
use crate::machine::Machine;
use crate::proto::ExecRequest;
use crate::proto::exec_request::Message;
use crate::proto::execution_server;
pub use executions::Executions;
use outbox::{Outbox, Responses};

pub struct ExecutionService {
    machine: Arc<Machine>,
}

impl ExecutionService {
    pub fn new(machine: Arc<Machine>) -> Self {
        Self { machine }
    }
}

#[tonic::async_trait]
impl execution_server::Execution for ExecutionService {
    type ExecStream = Responses;

    async fn exec(
        &self,
        request: Request<Streaming<ExecRequest>>,
    ) -> Result<Response<Responses>, Status> {
        let mut inbound = request.into_inner();
        let first = inbound.message().await?.and_then(|first| first.message);
        let Some(Message::Start(start)) = first else {
            return Err(invalid("the first message of an execution is its start"));
        };
        let container = self.machine.container()?;
        let (id, spawn, terms) = request::check(start, &container.defaults)?;
        let (outbox, responses) = Outbox::new();
        let slot = self.machine.executions.claim(id, outbox.clone())?;
        let (tell, started) = oneshot::channel();
        // In a task of its own: a call that is cut does not lose a process that is just being started.
        tokio::spawn(start::run(start::Job {
            machine: self.machine.clone(),
            spawn,
            terms,
            inbound,
            outbox,
            slot,
            tell,
        }));
        started
            .await
            .map_err(|_| fault(Kind::Internal, "start-lost", "the start was lost"))??;
        Ok(Response::new(responses))
    }
}
