//! What an execution has to say to the host: a queue between its supervisor and the response stream.
//!
//! The queue is short: while the connection takes nothing, the supervisor reads nothing more from the process. So it holds at most
//! `FULL` bytes of output, one more read, and a few small messages.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio_stream::Stream;
use tonic::Status;

use crate::proto::ExecResponse;
use crate::proto::exec_response::Message;

/// With this much output queued, there is no room for more.
const FULL: usize = 128 * 1024;

#[derive(Default)]
struct Queue {
    messages: VecDeque<ExecResponse>,
    bytes: usize,
    /// How the call ends once the queue is empty.
    last: Option<Option<Status>>,
    /// Nobody reads any more, or the call was ended from elsewhere.
    over: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The supervisor's end; more handles exist only to end the call.
#[derive(Clone)]
pub struct Outbox(Arc<Mutex<Queue>>);

/// The host's end. Dropped when the call is over, however it ended.
pub struct Responses(Arc<Mutex<Queue>>);

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn output_bytes(response: &ExecResponse) -> usize {
    match &response.message {
        Some(Message::Stdout(bytes) | Message::Stderr(bytes)) => bytes.len(),
        _ => 0,
    }
}

impl Outbox {
    pub fn new() -> (Self, Responses) {
        let queue = Arc::new(Mutex::new(Queue::default()));
        (Self(queue.clone()), Responses(queue))
    }

    pub fn push(&self, message: Message) {
        let mut queue = lock(&self.0);
        if queue.last.is_some() {
            return;
        }
        let response = ExecResponse {
            message: Some(message),
        };
        queue.bytes += output_bytes(&response);
        queue.messages.push_back(response);
        wake(&mut queue.reader);
    }

    /// Ends the call: well, or with an error, which overtakes what is queued. The first end counts.
    pub fn finish(&self, error: Option<Status>) {
        let mut queue = lock(&self.0);
        if queue.last.is_some() {
            return;
        }
        if error.is_some() {
            queue.messages.clear();
            queue.bytes = 0;
            queue.over = true;
            wake(&mut queue.writer);
        }
        queue.last = Some(error);
        wake(&mut queue.reader);
    }

    /// Ready when there is room for output.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = lock(&self.0);
        if queue.bytes < FULL {
            return Poll::Ready(());
        }
        queue.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ready when the call is over although the execution is not.
    pub fn poll_over(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = lock(&self.0);
        if queue.over {
            return Poll::Ready(());
        }
        if !queue
            .writer
            .as_ref()
            .is_some_and(|writer| writer.will_wake(cx.waker()))
        {
            queue.writer = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl Stream for Responses {
    type Item = Result<ExecResponse, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut queue = lock(&self.0);
        if let Some(response) = queue.messages.pop_front() {
            let was_full = queue.bytes >= FULL;
            queue.bytes -= output_bytes(&response);
            if was_full && queue.bytes < FULL {
                wake(&mut queue.writer);
            }
            return Poll::Ready(Some(Ok(response)));
        }
        match &mut queue.last {
            Some(error) => Poll::Ready(error.take().map(Err)),
            None => {
                queue.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Responses {
    fn drop(&mut self) {
        let mut queue = lock(&self.0);
        queue.over = true;
        queue.messages.clear();
        queue.bytes = 0;
        wake(&mut queue.writer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn next(responses: &mut Responses) -> Poll<Option<Result<ExecResponse, Status>>> {
        Pin::new(responses).poll_next(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn has_room_until_full_and_again_when_read() {
        let mut cx = Context::from_waker(Waker::noop());
        let (outbox, mut responses) = Outbox::new();
        for _ in 0..2 {
            assert!(outbox.poll_room(&mut cx).is_ready());
            outbox.push(Message::Stdout(vec![0; FULL / 2].into()));
        }
        assert!(outbox.poll_room(&mut cx).is_pending());
        assert!(matches!(next(&mut responses), Poll::Ready(Some(Ok(_)))));
        assert!(outbox.poll_room(&mut cx).is_ready());
    }

    #[test]
    fn ends_after_what_is_queued_or_at_once_with_an_error() {
        let mut cx = Context::from_waker(Waker::noop());
        let (outbox, mut responses) = Outbox::new();
        outbox.push(Message::Stdout("x".into()));
        outbox.finish(None);
        outbox.push(Message::Stdout("late".into()));
        assert!(matches!(next(&mut responses), Poll::Ready(Some(Ok(_)))));
        assert!(matches!(next(&mut responses), Poll::Ready(None)));
        assert!(outbox.poll_over(&mut cx).is_pending());

        let (outbox, mut responses) = Outbox::new();
        outbox.push(Message::Stdout("x".into()));
        outbox.finish(Some(Status::aborted("no")));
        assert!(matches!(next(&mut responses), Poll::Ready(Some(Err(_)))));
        assert!(outbox.poll_over(&mut cx).is_ready());
    }

    #[test]
    fn tells_when_nobody_reads_any_more() {
        let (outbox, responses) = Outbox::new();
        drop(responses);
        assert!(
            outbox
                .poll_over(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    }
}
