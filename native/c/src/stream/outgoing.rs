use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::{CHUNK_BYTES, WINDOW_BYTES};
use crate::connection::{Connection, locked};
use crate::failure::Failure;

/// Told when what was written is taken, or that nobody takes it.
pub type Written = Box<dyn FnOnce(Result<(), Failure>) + Send>;

/// What goes out as one stream, at the pace at which the bridge takes it.
pub struct Outgoing {
    number: u64,
    connection: Arc<Connection>,
    state: Mutex<State>,
}

struct State {
    credit: usize,
    queue: VecDeque<Piece>,
    /// Why nothing more is taken from the program.
    over: Option<Failure>,
}

enum Piece {
    Bytes {
        bytes: Vec<u8>,
        sent: usize,
        written: Written,
    },
    End,
}

impl Outgoing {
    pub fn new(number: u64, connection: Arc<Connection>) -> Self {
        Self {
            number,
            connection,
            state: Mutex::new(State {
                credit: WINDOW_BYTES,
                queue: VecDeque::new(),
                over: None,
            }),
        }
    }

    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    pub fn write(
        &self,
        bytes: Vec<u8>,
        written: impl FnOnce(Result<(), Failure>) + Send + 'static,
    ) {
        if let Err(why) = self.connection.origin.check() {
            return written(Err(why));
        }
        let refused = {
            let mut state = locked(&self.state);
            if state.over.is_none() {
                state.queue.push_back(Piece::Bytes {
                    bytes,
                    sent: 0,
                    written: Box::new(written),
                });
                None
            } else {
                state.over.clone().map(|why| (why, written))
            }
        };
        match refused {
            Some((why, written)) => written(Err(why)),
            None => self.serve(),
        }
    }

    /// The reader sees an end of file, after what was written. Idempotent.
    pub fn close(&self) {
        if self.connection.origin.is_elsewhere() {
            return;
        }
        {
            let mut state = locked(&self.state);
            if state.over.is_some() {
                return;
            }
            state.over = Some(Failure::new(
                "InvalidState",
                "the stream is closed; nothing can be written to it",
                Some("stream-closed"),
            ));
            state.queue.push_back(Piece::End);
        }
        self.serve();
    }

    /// The program could not go on.
    pub fn fail(&self, message: &str) {
        self.stopped(Failure::invalid(message));
        let error = json!({ "code": "InvalidArgument", "message": message });
        self.connection
            .send(&json!({ "t": "fail", "s": self.number, "e": error }), &[]);
    }

    pub fn credit(&self, bytes: usize) {
        locked(&self.state).credit += bytes;
        self.serve();
    }

    /// Nobody takes any more.
    pub fn stopped(&self, why: Failure) {
        let waiting = {
            let mut state = locked(&self.state);
            state.over = Some(why.clone());
            std::mem::take(&mut state.queue)
        };
        for piece in waiting {
            if let Piece::Bytes { written, .. } = piece {
                written(Err(why.clone()));
            }
        }
    }

    fn serve(&self) {
        let mut finished = Vec::new();
        {
            let mut state = locked(&self.state);
            let State { credit, queue, .. } = &mut *state;
            while let Some(piece) = queue.front_mut() {
                match piece {
                    Piece::Bytes { bytes, sent, .. } if *sent < bytes.len() => {
                        let size = (bytes.len() - *sent).min(*credit).min(CHUNK_BYTES);
                        if size == 0 {
                            break;
                        }
                        let chunk = bytes[*sent..*sent + size].to_vec();
                        *sent += size;
                        *credit -= size;
                        // Under the lock, so that pieces keep their order.
                        self.connection
                            .send(&json!({ "t": "data", "s": self.number }), &[chunk]);
                    }
                    Piece::Bytes { .. } => {
                        if let Some(Piece::Bytes { written, .. }) = queue.pop_front() {
                            finished.push(written);
                        }
                    }
                    Piece::End => {
                        queue.pop_front();
                        self.connection
                            .send(&json!({ "t": "end", "s": self.number }), &[]);
                    }
                }
            }
        }
        for written in finished {
            written(Ok(()));
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.close();
    }
}
