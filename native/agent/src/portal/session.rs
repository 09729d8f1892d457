//! Sessions: HTTP/2 on the port, from a hello to the end of the connection; and probes, which are none.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::OwnedFd;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;

use super::idle;
use super::port::Port;
use super::stream::{Over, PortalStream};
use crate::console;
use crate::machine::Machine;
use crate::services::Services;

/// Large enough that a call's own credit (at most 1 MiB) always runs out first.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
pub const MAX_FRAME: u32 = 128 * 1024;
/// As many as executions are allowed, and some for the other calls.
const MAX_STREAMS: u32 = crate::machine::MAX_EXECUTIONS as u32 + 256;
/// What HTTP/2 holds unsent for one call.
const MAX_SEND_BUFFER: usize = 128 * 1024;

/// Whether a session is over. Work that was asked for in it looks here, to know why nobody waits for it any more.
#[derive(Clone, Default)]
pub struct Session(Arc<AtomicBool>);

impl Session {
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Serves one session after the other; returns only when the port fails.
pub async fn serve(port: OwnedFd, machine: &Arc<Machine>) -> io::Error {
    match serve_all(port, machine).await {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

async fn serve_all(port: OwnedFd, machine: &Arc<Machine>) -> io::Result<Infallible> {
    let services = Services::new(machine);
    let port = Rc::new(Port::new(port)?);
    let mut already = Vec::new();
    loop {
        let (greeting, early) = idle::greeting(&port, already).await?;
        already = early;
        if greeting.is_probe() {
            // What is saved now is what others are restored from: all that can be done before is to be done by then.
            match machine.prepare().await {
                Ok(()) => idle::echo(&port, &greeting).await?,
                Err(status) => console::error(status.message()),
            }
            continue;
        }
        let stream = PortalStream::new(port.clone(), already, &greeting);
        run(&stream, services.clone()).await;
        already = match stream.over() {
            Some(Over::Interrupted(greeting)) => greeting.bytes().to_vec(),
            _ => Vec::new(),
        };
    }
}

async fn run(stream: &PortalStream, services: Services) {
    let session = Session::default();
    let router = Router {
        services,
        session: session.clone(),
    };
    let mut connection = pin!(
        http2::Builder::new(Spawner)
            .adaptive_window(false)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(MAX_FRAME)
            .max_concurrent_streams(MAX_STREAMS)
            .max_send_buf_size(MAX_SEND_BUFFER)
            .auto_date_header(false)
            .serve_connection(stream.clone(), router)
    );
    let ended = poll_fn(|cx| {
        let ended = connection.as_mut().poll(cx);
        let ahead = stream.look_ahead(cx).and_then(|()| stream.send(cx));
        if stream.over().is_some() {
            return Poll::Ready(Ok(()));
        }
        match ahead {
            Err(error) => Poll::Ready(Err(error.to_string())),
            Ok(()) => ended.map_err(|error| error.to_string()),
        }
    })
    .await;
    // Before the calls hear of it, which is when the connection goes.
    session.end();
    // A host that hangs up in the middle of its calls is no news; what else ends a session may be.
    if let Err(error) = ended
        && !error.contains("connection error")
    {
        console::error(format_args!("a session with the host ended: {error}"));
    }
}

struct Router {
    services: Services,
    session: Session,
}

impl hyper::service::Service<Request<Incoming>> for Router {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.session.clone());
        self.services.call(request)
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
