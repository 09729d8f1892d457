//! A copy into the container.

use boxlite_copy::{Owner, Progress, Sink, SinkOptions};
use bytes::Bytes;
use tokio::sync::mpsc::{self, Receiver};
use tonic::{Status, Streaming};

use super::{Inside, QUEUED, status};
use crate::fault::{Kind, fault, invalid};
use crate::proto::copy_in_request::Message;
use crate::proto::{CopyInOpen, CopyInRequest, CopyInResponse};

type Inbound = Streaming<CopyInRequest>;

/// The message that says where to.
pub async fn first(mut inbound: Inbound) -> Result<(CopyInOpen, Inbound), Status> {
    match inbound.message().await?.and_then(|request| request.message) {
        Some(Message::Open(open)) => Ok((open, inbound)),
        _ => Err(invalid("the first message of a copy is its open")),
    }
}

pub async fn receive(
    inside: Inside,
    open: CopyInOpen,
    mut inbound: Inbound,
) -> Result<CopyInResponse, Status> {
    let owner = open
        .owner
        .map_or(Owner::Kept, |owner| Owner::Fixed(owner.uid, owner.gid));
    let options = SinkOptions {
        owner,
        set_id: true,
    };
    let (sender, receiver) = mpsc::channel(QUEUED);
    let sink = Sink::new(Box::new(inside), &open.path, options);
    let work = tokio::task::spawn_blocking(move || write(sink, receiver));
    // A thread that failed takes no more; its result says why.
    while let Some(records) = next(&mut inbound).await? {
        if sender.send(records).await.is_err() {
            break;
        }
    }
    drop(sender);
    let lost = |_| fault(Kind::Internal, "work-lost", "the work on a copy was lost");
    let Progress {
        entries,
        bytes,
        lost_xattrs,
        ..
    } = work.await.map_err(lost)??;
    Ok(CopyInResponse {
        entries,
        bytes,
        lost_xattrs,
    })
}

async fn next(inbound: &mut Inbound) -> Result<Option<Bytes>, Status> {
    match inbound.message().await? {
        None => Ok(None),
        Some(CopyInRequest {
            message: Some(Message::Records(records)),
        }) => Ok(Some(records)),
        Some(_) => Err(invalid("after its open, a copy has records only")),
    }
}

fn write(mut sink: Sink, mut messages: Receiver<Bytes>) -> Result<Progress, Status> {
    while let Some(message) = messages.blocking_recv() {
        sink.take(&message).map_err(status)?;
        if sink.ended() {
            return Ok(sink.progress());
        }
    }
    Err(invalid("a copy broke off before its end"))
}
