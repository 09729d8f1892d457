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
mod kept;
mod outbox;
mod output;
mod parts;
mod request;
mod start;
mod stdio;
mod supervisor;
mod terminal;
mod time_limit;

use std::sync::Arc;

use tokio::sync::oneshot;
use tonic::{Request, Response, Status, Streaming};

use crate::fault::{Kind, fault, invalid};
use crate::machine::Machine;
use crate::portal::Session;
use crate::proto::exec_request::Message;
use crate::proto::execution_server;
use crate::proto::{ExecRequest, ListExecutionsRequest, ListExecutionsResponse};
pub use executions::Executions;
use executions::Visitor;
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
        let session = request.extensions().get::<Session>().cloned();
        let mut inbound = request.into_inner();
        let first = inbound.message().await?.and_then(|first| first.message);
        let session = session.unwrap_or_default();
        let start = match first {
            Some(Message::Start(start)) => start,
            Some(Message::Attach(attach)) => {
                let (outbox, responses) = Outbox::new();
                let visitor = Visitor {
                    inbound,
                    outbox,
                    session,
                    credit: attach.output_credit.into(),
                };
                self.machine.executions.visit(&attach.id, visitor)?;
                return Ok(Response::new(responses));
            }
            _ => return Err(invalid("the first message of an execution is its start")),
        };
        let container = self.machine.container()?;
        let (id, spawn, terms) = request::check(start, &container.defaults())?;
        let (outbox, responses) = Outbox::new();
        let slot = self.machine.executions.claim(
            id,
            outbox.clone(),
            session.clone(),
            &spawn.argv,
            spawn.tty,
            terms.keep,
        )?;
        let (tell, started) = oneshot::channel();
        // In a task of its own: a call that is cut does not lose a process that is just being started.
        tokio::spawn(start::run(start::Job {
            machine: self.machine.clone(),
            container,
            spawn,
            terms,
            inbound,
            outbox,
            slot,
            session,
            tell,
        }));
        started
            .await
            .map_err(|_| fault(Kind::Internal, "start-lost", "the start was lost"))??;
        Ok(Response::new(responses))
    }

    async fn list(
        &self,
        _: Request<ListExecutionsRequest>,
    ) -> Result<Response<ListExecutionsResponse>, Status> {
        let executions = self.machine.executions.list();
        Ok(Response::new(ListExecutionsResponse { executions }))
    }
}
