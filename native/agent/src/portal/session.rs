//! Sessions: HTTP/2 on the port, from a hello to the end of the connection.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::OwnedFd;
use std::pin::{Pin, pin};
use std::task::Poll;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;

use super::idle::Idle;
use super::stream::PortalStream;
use crate::console;
use crate::services::Services;

/// Large enough that a call's own credit (at most 1 MiB) always runs out first.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
const MAX_FRAME: u32 = 128 * 1024;
/// As many as executions are allowed, and some for the other calls.
const MAX_STREAMS: u32 = crate::machine::MAX_EXECUTIONS as u32 + 256;
/// What HTTP/2 holds unsent for one call.
const MAX_SEND_BUFFER: usize = 128 * 1024;

/// Serves one session after the other; returns only when the port fails.
pub async fn serve(port: OwnedFd, services: Services) -> io::Error {
    match serve_all(&port, &services).await {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

async fn serve_all(port: &OwnedFd, services: &Services) -> io::Result<Infallible> {
    let idle = Idle::new(port)?;
    let mut already = Vec::new();
    loop {
        let (hello, early) = idle.hello(port, std::mem::take(&mut already)).await?;
        let stream = PortalStream::new(port.try_clone()?, early, &hello)?;
        run(stream.clone(), services.clone()).await;
        if let Some(hello) = stream.interrupted() {
            already = hello.to_vec();
        }
    }
}

async fn run(stream: PortalStream, services: Services) {
    let mut connection = pin!(
        http2::Builder::new(Spawner)
            .adaptive_window(false)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(MAX_FRAME)
            .max_concurrent_streams(MAX_STREAMS)
            .max_send_buf_size(MAX_SEND_BUFFER)
            .auto_date_header(false)
            .serve_connection(stream.clone(), Router(services))
    );
    let ended = poll_fn(|cx| {
        let ended = connection.as_mut().poll(cx);
        match stream.send(cx) {
            Err(error) => Poll::Ready(Err(error.to_string())),
            Ok(()) => ended.map_err(|error| error.to_string()),
        }
    })
    .await;
    // A host that hangs up in the middle of its calls is no news; what else ends a session may be.
    if let Err(error) = ended
        && !error.contains("connection error")
        && stream.interrupted().is_none()
    {
        console::error(format_args!("a session with the host ended: {error}"));
    }
}

struct Router(Services);

impl hyper::service::Service<Request<Incoming>> for Router {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.0.call(request)
    }
}

#[derive(Clone)]
struct Spawner;

impl<F> hyper::rt::Executor<F> for Spawner
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}
