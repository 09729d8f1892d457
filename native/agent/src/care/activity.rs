//! What goes on in a Box, as far as it counts: calls for its files, and the news of what else there is.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tonic::Status;
use tonic::body::Body;

#[derive(Clone, Default)]
pub struct Activity(Arc<Shared>);

#[derive(Default)]
struct Shared {
    calls: AtomicUsize,
    changed: Notify,
}

impl Activity {
    /// Something has begun, gone on, or ended.
    pub fn tell(&self) {
        self.0.changed.notify_waiters();
    }

    pub fn changed(&self) -> Notified<'_> {
        self.0.changed.notified()
    }

    pub fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// A call, until what this gives is dropped.
    pub fn begin(&self) -> Call {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        self.tell();
        Call(self.clone())
    }
}

pub struct Call(Activity);

impl Call {
    /// Has the call last until the answer is sent, or nobody wants it any more.
    pub fn until_sent(self, response: Response<Body>) -> Response<Body> {
        response.map(|body| Body::new(Held { body, _call: self }))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.0.calls.fetch_sub(1, Ordering::Relaxed);
        self.0.tell();
    }
}

struct Held {
    body: Body,
    _call: Call,
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
