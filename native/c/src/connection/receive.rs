//! What the bridge says: answers, streams, and calls of functions of the program.

use std::sync::{Arc, Weak};

use serde_json::Value;

use super::{Connection, Waiting, locked};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::node::Node;
use crate::options::Function;
use crate::stream::{Incoming, Outgoing};

impl Connection {
    pub fn receive(self: &Arc<Self>, frame: Frame) {
        let head = &frame.head;
        let stream = head["s"].as_u64().unwrap_or_default();
        match head["t"].as_str().unwrap_or_default() {
            "result" | "error" => self.answer(head, frame.body()),
            "data" => {
                if let Some(reader) = self.reader(stream) {
                    reader.push(frame.into_body());
                }
            }
            "item" => {
                let items = locked(&self.state)
                    .items
                    .get(&stream)
                    .and_then(Weak::upgrade);
                if let Some(items) = items {
                    items.push(Node::decode(&head["v"], frame.body(), self));
                }
            }
            "end" => self.stream_ended(stream, Ok(())),
            "fail" => self.stream_ended(stream, Err(Failure::of(&head["e"], frame.body()))),
            "credit" => {
                if let Some(writer) = self.writer(stream) {
                    writer.credit(head["n"].as_u64().unwrap_or_default() as usize);
                }
            }
            "stop" => {
                if let Some(writer) = self.writer(stream) {
                    let closed = || {
                        let message = "nobody reads this any more";
                        Failure::new("InvalidState", message, Some("stream-closed"))
                    };
                    let why = head.get("e").map(|why| Failure::of(why, frame.body()));
                    writer.stopped(why.unwrap_or_else(closed));
                }
                locked(&self.state).writers.remove(&stream);
            }
            "callback" => self.call_function(head, frame.body()),
            "refused" => {
                locked(&self.state)
                    .over
                    .get_or_insert(Failure::of(&head["e"], frame.body()));
            }
            // What a newer bridge may say.
            _ => {}
        }
    }

    pub(super) fn reader(&self, number: u64) -> Option<Arc<Incoming<Vec<u8>>>> {
        locked(&self.state)
            .readers
            .get(&number)
            .and_then(Weak::upgrade)
    }

    pub(super) fn writer(&self, number: u64) -> Option<Arc<Outgoing>> {
        locked(&self.state)
            .writers
            .get(&number)
            .and_then(Weak::upgrade)
    }

    fn stream_ended(&self, number: u64, how: Result<(), Failure>) {
        let (reader, items) = {
            let mut state = locked(&self.state);
            (state.readers.remove(&number), state.items.remove(&number))
        };
        if let Some(reader) = reader.and_then(|reader| reader.upgrade()) {
            reader.end(how);
        } else if let Some(items) = items.and_then(|items| items.upgrade()) {
            items.end(how);
        }
    }

    fn answer(self: &Arc<Self>, head: &Value, body: &[u8]) {
        let id = head["id"].as_u64().unwrap_or_default();
        let Some(mut pending) = locked(&self.state).calls.remove(&id) else {
            return;
        };
        let answer = if head["t"] == "error" {
            Err(Failure::of(&head["e"], body))
        } else {
            Ok(Node::decode(&head["v"], body, self))
        };
        if let (Some(handle), Some(properties)) = (&pending.handle, head.get("p")) {
            handle.update(Node::decode(properties, body, self));
        }
        let functions = std::mem::take(&mut pending.functions);
        match &answer {
            // With a handle, such as that of a runtime, functions go on being called.
            Ok(Node::Handle(handle)) => handle.keep_functions(functions),
            _ if functions.is_empty() => {}
            // What they were told before is told, when the call has ended.
            _ if pending.waiting == Waiting::Elsewhere => {
                let connection = self.clone();
                return self.tasks.post(Box::new(move || {
                    connection.forget_functions(&functions);
                    pending.end(id, answer);
                }));
            }
            _ => self.forget_functions(&functions),
        }
        pending.end(id, answer);
    }

    fn call_function(self: &Arc<Self>, head: &Value, body: &[u8]) {
        let number = head["c"].as_u64().unwrap_or_default();
        let value = Node::decode(&head["v"], body, self);
        let connection = self.clone();
        self.tasks.post(Box::new(move || {
            let function = locked(&connection.state).functions.get(&number).copied();
            if let Some(Function { call, data }) = function {
                // SAFETY: the program has given the function for this, with its data, and the call that it belongs to goes on.
                unsafe { call(data.0, &value) };
            }
        }));
    }

    pub fn forget_functions(&self, numbers: &[u64]) {
        if !numbers.is_empty() {
            locked(&self.state)
                .functions
                .retain(|number, _| !numbers.contains(number));
        }
    }
}
