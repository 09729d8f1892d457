//! The program's side of the bridge: calls and their answers, handles, streams and functions, over one socket.

mod receive;

use std::collections::HashMap;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use rustix::net::{SendFlags, Shutdown};
use serde_json::{Value, json};

use crate::cancellation::Cancellation;
use crate::failure::Failure;
use crate::frame;
use crate::handle::Handle;
use crate::node::Node;
use crate::options::{Argument, Extras, Function};
use crate::origin::Origin;
use crate::stream::{self, Incoming, Outgoing};
use crate::tasks::Tasks;

/// What was locked. A thread that panicked with it has ended the program.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A call: of a method of a handle, or of what is reached from it `via` a property; of a function where there is no handle.
pub struct Call {
    pub handle: Option<Arc<Handle>>,
    pub via: &'static str,
    pub method: &'static str,
    pub arguments: Vec<Argument>,
    pub cancellation: Option<Arc<Cancellation>>,
}

impl Call {
    /// Tells the program that what it would have sent is not asked for.
    fn finish_sources(&self) {
        let mut extras = Extras::default();
        for argument in &self.arguments {
            let _ = argument.encode(&mut extras, &mut |_| 0);
        }
        extras
            .sources
            .iter()
            .for_each(|(_, source)| source.finish());
    }
}

/// How a call is waited for.
#[derive(Clone, Copy, PartialEq)]
enum Waiting {
    /// In the thread that runs the program's callbacks, which runs no other meanwhile.
    InCallback,
    Elsewhere,
}

pub type Answer = Result<Node, Failure>;
/// Told how a call has ended, in the thread that reads the socket.
type Answered = Box<dyn FnOnce(Answer) + Send>;

struct Pending {
    handle: Option<Arc<Handle>>,
    cancellation: Option<Arc<Cancellation>>,
    functions: Vec<u64>,
    waiting: Waiting,
    answered: Answered,
}

pub struct Connection {
    pub tasks: Tasks,
    pub origin: Origin,
    socket: Arc<UnixStream>,
    sending: Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Why nothing can be called any more.
    over: Option<Failure>,
    last_call: u64,
    last_function: u64,
    /// Those of the program are odd.
    streams_begun: u64,
    calls: HashMap<u64, Pending>,
    functions: HashMap<u64, Function>,
    handles: HashMap<u64, Weak<Handle>>,
    readers: HashMap<u64, Weak<Incoming<Vec<u8>>>>,
    items: HashMap<u64, Weak<Incoming<Node>>>,
    writers: HashMap<u64, Weak<Outgoing>>,
}

impl Connection {
    pub fn new(socket: Arc<UnixStream>, tasks: Tasks) -> Self {
        Self {
            tasks,
            origin: Origin::here(),
            socket,
            sending: Mutex::default(),
            state: Mutex::default(),
        }
    }

    // --- The socket

    /// Sends a frame. When the bridge is gone, the thread that reads sees that and tells all who wait.
    pub fn send(&self, head: &Value, body: &[Vec<u8>]) {
        if self.origin.is_elsewhere() {
            return;
        }
        if let Ok(frame) = frame::encode(head, body) {
            self.send_bytes(&frame);
        }
    }

    fn send_bytes(&self, frame: &[u8]) {
        let _order = locked(&self.sending);
        let mut rest = frame;
        while !rest.is_empty() {
            match rustix::net::send(&self.socket, rest, SendFlags::NOSIGNAL) {
                Ok(sent) => rest = &rest[sent..],
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }

    /// Ends the bridge, as the end of the program does.
    pub fn close(&self) {
        let closed = || Failure::new("Stopped", "the runtime is closed; open another", None);
        locked(&self.state).over.get_or_insert_with(closed);
        // One that is closed by the other side already is as good.
        let _ = rustix::net::shutdown(&self.socket, Shutdown::Both);
    }

    /// Closes a forked child's copy of the socket, which its parent goes on with. The number stays taken: it may be closed once more.
    pub fn abandon(&self) {
        if let Ok(nothing) = File::open("/dev/null") {
            // SAFETY: the descriptor is open, and is owned by what it is taken from here.
            let copy = unsafe { OwnedFd::from_raw_fd(self.socket.as_raw_fd()) };
            let _ = rustix::io::dup2(&nothing, &mut ManuallyDrop::new(copy));
        }
    }

    pub fn is_over(&self) -> bool {
        locked(&self.state).over.is_some()
    }

    /// Everything that goes on ends with the reason that is known, or this one.
    pub fn lost(&self, why: Failure) {
        let (why, calls, readers, items, writers) = {
            let mut state = locked(&self.state);
            let why = state.over.get_or_insert(why).clone();
            let state = &mut *state;
            state.functions.clear();
            (
                why,
                std::mem::take(&mut state.calls),
                std::mem::take(&mut state.readers),
                std::mem::take(&mut state.items),
                std::mem::take(&mut state.writers),
            )
        };
        for pending in calls.into_values() {
            pending.end(0, Err(why.clone()));
        }
        readers
            .values()
            .filter_map(Weak::upgrade)
            .for_each(|stream| stream.end(Err(why.clone())));
        items
            .values()
            .filter_map(Weak::upgrade)
            .for_each(|stream| stream.end(Err(why.clone())));
        writers
            .values()
            .filter_map(Weak::upgrade)
            .for_each(|stream| stream.stopped(why.clone()));
    }

    // --- Calls

    /// Begins a call; `answered` is told how it ends, in this thread or in the one that reads the socket.
    pub fn start(self: &Arc<Self>, call: Call, answered: impl FnOnce(Answer) + Send + 'static) {
        self.start_as(Waiting::Elsewhere, call, Box::new(answered));
    }

    /// Calls and waits.
    pub fn call(self: &Arc<Self>, call: Call) -> Answer {
        let waiting = if self.tasks.is_here() {
            Waiting::InCallback
        } else {
            Waiting::Elsewhere
        };
        wait(|answered| self.start_as(waiting, call, answered))
    }

    fn start_as(self: &Arc<Self>, waiting: Waiting, call: Call, answered: Answered) {
        match self.origin.check().and_then(|()| self.prepare(&call)) {
            Err(why) => {
                call.finish_sources();
                answered(Err(why));
            }
            Ok((id, frame, extras)) => {
                let Call {
                    handle,
                    cancellation,
                    ..
                } = call;
                let functions = extras.functions.iter().map(|(number, _)| *number).collect();
                self.begin(
                    id,
                    &frame,
                    extras,
                    Pending {
                        handle,
                        cancellation,
                        functions,
                        waiting,
                        answered,
                    },
                );
            }
        }
    }

    fn prepare(&self, call: &Call) -> Result<(u64, Vec<u8>, Extras), Failure> {
        let mut extras = Extras::default();
        let mut state = locked(&self.state);
        state.last_call += 1;
        let id = state.last_call;
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(argument.encode(&mut extras, &mut |named| {
                let last = if let Argument::Stream(_) = named {
                    &mut state.streams_begun
                } else {
                    &mut state.last_function
                };
                *last += 1;
                if let Argument::Stream(_) = named {
                    *last * 2 - 1
                } else {
                    *last
                }
            })?);
        }
        drop(state);
        let mut head = json!({ "t": "call", "id": id, "m": call.method, "a": arguments });
        if let Some(handle) = &call.handle {
            head["h"] = json!(handle.number);
            if !call.via.is_empty() {
                head["via"] = json!(call.via);
            }
        }
        let frame = frame::encode(&head, &extras.body)?;
        Ok((id, frame, extras))
    }

    fn begin(self: &Arc<Self>, id: u64, frame: &[u8], extras: Extras, pending: Pending) {
        let cancellation = pending.cancellation.clone();
        let is_wanted = cancellation
            .as_ref()
            .is_none_or(|cancellation| cancellation.watch(Arc::downgrade(self), id));
        let streams: Vec<_> = extras
            .sources
            .iter()
            .map(|(number, _)| (*number, Arc::new(Outgoing::new(*number, self.clone()))))
            .collect();
        let refused = {
            let mut state = locked(&self.state);
            match &state.over {
                Some(why) => Some((why.clone(), pending)),
                None if !is_wanted => Some((
                    Failure::new("Aborted", "the call was cancelled before it began", None),
                    pending,
                )),
                None => {
                    state.functions.extend(extras.functions);
                    state.writers.extend(
                        streams
                            .iter()
                            .map(|(number, stream)| (*number, Arc::downgrade(stream))),
                    );
                    state.calls.insert(id, pending);
                    None
                }
            }
        };
        if let Some((why, pending)) = refused {
            extras
                .sources
                .iter()
                .for_each(|(_, source)| source.finish());
            return pending.end(id, Err(why));
        }
        self.send_bytes(frame);
        // It may have been cancelled before the bridge knew it.
        if cancellation.is_some_and(|cancellation| cancellation.is_cancelled()) {
            self.cancel(id);
        }
        for ((_, source), (_, stream)) in extras.sources.into_iter().zip(streams) {
            stream::send(source, stream);
        }
    }

    pub fn cancel(&self, id: u64) {
        self.send(&json!({ "t": "cancel", "id": id }), &[]);
    }

    // --- What values need

    pub fn handle(self: &Arc<Self>, number: u64, properties: Node) -> Arc<Handle> {
        let known = locked(&self.state)
            .handles
            .get(&number)
            .and_then(Weak::upgrade);
        if let Some(known) = known {
            known.received_again();
            return known;
        }
        let handle = Arc::new(Handle::new(self.clone(), number, properties));
        locked(&self.state)
            .handles
            .insert(number, Arc::downgrade(&handle));
        handle
    }

    pub fn release(&self, number: u64, times: u64) {
        {
            let handles = &mut locked(&self.state).handles;
            if handles
                .get(&number)
                .is_some_and(|handle| handle.strong_count() == 0)
            {
                handles.remove(&number);
            }
        }
        self.send(&json!({ "t": "release", "h": number, "n": times }), &[]);
    }

    pub fn readable(self: &Arc<Self>, number: u64) -> Arc<Incoming<Vec<u8>>> {
        // One that is sent once more with a handle that is known already goes on.
        if let Some(known) = self.reader(number) {
            return known;
        }
        let stream = Arc::new(Incoming::new(number, self.clone()));
        locked(&self.state)
            .readers
            .insert(number, Arc::downgrade(&stream));
        stream
    }

    pub fn items(self: &Arc<Self>, number: u64) -> Arc<Incoming<Node>> {
        let stream = Arc::new(Incoming::new(number, self.clone()));
        locked(&self.state)
            .items
            .insert(number, Arc::downgrade(&stream));
        stream
    }

    pub fn writable(self: &Arc<Self>, number: u64) -> Arc<Outgoing> {
        if let Some(known) = self.writer(number) {
            return known;
        }
        let stream = Arc::new(Outgoing::new(number, self.clone()));
        locked(&self.state)
            .writers
            .insert(number, Arc::downgrade(&stream));
        stream
    }
}

impl Pending {
    fn end(self, id: u64, answer: Answer) {
        if let Some(cancellation) = &self.cancellation {
            cancellation.forget(id);
        }
        // Who is told may let go of the handle, and that shall be its end.
        drop(self.handle);
        (self.answered)(answer);
    }
}

/// Waits for what something that has begun tells.
pub fn wait<T: Send + 'static>(begin: impl FnOnce(Box<dyn FnOnce(T) + Send>)) -> T {
    let (sender, receiver) = sync_channel(1);
    begin(Box::new(move |value| drop(sender.send(value))));
    receiver
        .recv()
        .unwrap_or_else(|_| unreachable!("what has begun is always told about"))
}
