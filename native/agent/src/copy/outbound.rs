//! A copy out of the container.

use boxlite_copy::{Source, SourceOptions};
use tokio::sync::mpsc::Sender;
use tonic::Status;

use super::{Inside, status};
use crate::proto::{CopyOutRequest, CopyOutResponse};

/// Sends the tree, until its end or until nobody wants more.
pub fn send(
    inside: &Inside,
    request: &CopyOutRequest,
    sender: &Sender<Result<CopyOutResponse, Status>>,
) {
    if let Err(failed) = read(inside, request, sender) {
        let _ = sender.blocking_send(Err(status(failed)));
    }
}

fn read(
    inside: &Inside,
    request: &CopyOutRequest,
    sender: &Sender<Result<CopyOutResponse, Status>>,
) -> boxlite_copy::Result<()> {
    let options = SourceOptions {
        follow: request.follow,
        archive: request.archive,
    };
    let mut source = Source::open(inside, &request.path, options)?;
    loop {
        let records = source.message()?;
        if records.is_empty() {
            return Ok(());
        }
        let message = CopyOutResponse {
            records: records.into(),
        };
        if sender.blocking_send(Ok(message)).is_err() {
            return Ok(());
        }
    }
}
