use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::bridge::Bridge;
use crate::connection::{Answer, Connection, locked};
use crate::node::Node;

/// An object in the bridge. It is let go of there when nothing has it here.
pub struct Handle {
    pub connection: Arc<Connection>,
    pub number: u64,
    /// How many times the bridge has sent it.
    received: AtomicU64,
    /// What is known of it, the newest last. What was before stays: the program may have pointers into it.
    properties: Mutex<Vec<Arc<Node>>>,
    /// Functions of the program that it may call as long as it is open.
    functions: Mutex<Vec<u64>>,
    /// Keeps the bridge running; only a runtime does.
    bridge: Mutex<Option<Arc<Bridge>>>,
    is_closed: AtomicBool,
}

impl Handle {
    pub fn new(connection: Arc<Connection>, number: u64, properties: Node) -> Self {
        Self {
            connection,
            number,
            received: AtomicU64::new(1),
            properties: Mutex::new(vec![Arc::new(properties)]),
            functions: Mutex::default(),
            bridge: Mutex::default(),
            is_closed: AtomicBool::new(false),
        }
    }

    pub fn received_again(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    pub fn update(&self, properties: Node) {
        locked(&self.properties).push(Arc::new(properties));
    }

    /// What the newest properties that have the field say. It is there as long as the handle is.
    pub fn property(&self, name: &str) -> Option<*const Node> {
        locked(&self.properties)
            .iter()
            .rev()
            .find_map(|known| known.field(name))
            .map(std::ptr::from_ref)
    }

    pub fn keep_functions(&self, numbers: Vec<u64>) {
        locked(&self.functions).extend(numbers);
    }

    pub fn keep_bridge(&self, bridge: Arc<Bridge>) {
        *locked(&self.bridge) = Some(bridge);
    }

    /// What a call that closes it has come to. Where it was closed before and its bridge has ended with that, there is nothing to do;
    /// nor in a forked child.
    pub fn close_answer(&self, answer: Answer) -> Answer {
        let was_closed = self.is_closed.load(Ordering::Acquire);
        answer.or_else(|why| {
            if self.connection.origin.is_elsewhere() || (was_closed && self.connection.is_over()) {
                Ok(Node::Null)
            } else {
                Err(why)
            }
        })
    }

    /// It is closed: no function is called for it any more, and it needs no bridge.
    pub fn closed(&self) {
        if self.connection.origin.is_elsewhere() {
            return;
        }
        self.is_closed.store(true, Ordering::Release);
        let functions = std::mem::take(&mut *locked(&self.functions));
        self.connection.forget_functions(&functions);
        if !functions.is_empty() {
            self.connection.tasks.settle();
        }
        let bridge = locked(&self.bridge).take();
        drop(bridge);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.connection.origin.is_elsewhere() {
            return;
        }
        self.connection
            .release(self.number, *self.received.get_mut());
        self.closed();
    }
}
