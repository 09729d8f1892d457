use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::{WINDOW_BYTES, WINDOW_ITEMS};
use crate::bridge::Bridge;
use crate::connection::{Connection, locked};
use crate::failure::Failure;
use crate::node::Node;

/// What a stream is made of.
pub trait Piece: Sized {
    const WINDOW: usize;
    fn weight(&self) -> usize;
    /// Takes off the first part, of that weight at most, of a piece that weighs more.
    fn split(&mut self, most: usize) -> Self;
}

impl Piece for Vec<u8> {
    const WINDOW: usize = WINDOW_BYTES;

    fn weight(&self) -> usize {
        self.len()
    }

    fn split(&mut self, most: usize) -> Self {
        let rest = self.split_off(most);
        std::mem::replace(self, rest)
    }
}

impl Piece for Node {
    const WINDOW: usize = WINDOW_ITEMS;

    fn weight(&self) -> usize {
        1
    }

    fn split(&mut self, _most: usize) -> Self {
        std::mem::replace(self, Node::Null)
    }
}

/// The next piece; `None` at the end.
pub type Taken<P> = Result<Option<P>, Failure>;
type Taker<P> = Box<dyn FnOnce(Taken<P>) + Send>;

/// What comes of one stream, until it is taken.
pub struct Incoming<P: Piece> {
    number: u64,
    connection: Arc<Connection>,
    state: Mutex<State<P>>,
    /// Keeps the bridge running, for a stream that belongs to no runtime.
    bridge: Mutex<Option<Arc<Bridge>>>,
}

struct State<P> {
    queue: VecDeque<P>,
    /// Those who wait, each with the most that it takes.
    takers: VecDeque<(usize, Taker<P>)>,
    /// What was taken and not told to the sender yet.
    taken: usize,
    over: Option<Result<(), Failure>>,
}

impl<P: Piece> Incoming<P> {
    pub fn new(number: u64, connection: Arc<Connection>) -> Self {
        let state = State {
            queue: VecDeque::new(),
            takers: VecDeque::new(),
            taken: 0,
            over: None,
        };
        Self {
            number,
            connection,
            state: Mutex::new(state),
            bridge: Mutex::default(),
        }
    }

    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    pub fn keep_bridge(&self, bridge: Arc<Bridge>) {
        *locked(&self.bridge) = Some(bridge);
    }

    /// Gives the next piece when it is there, in whatever thread that is.
    pub fn take(&self, most: usize, taker: impl FnOnce(Taken<P>) + Send + 'static) {
        if let Err(why) = self.connection.origin.check() {
            return taker(Err(why));
        }
        locked(&self.state)
            .takers
            .push_back((most, Box::new(taker)));
        self.serve();
    }

    pub fn push(&self, piece: P) {
        {
            let mut state = locked(&self.state);
            if state.over.is_some() {
                return;
            }
            state.queue.push_back(piece);
        }
        self.serve();
    }

    pub fn end(&self, how: Result<(), Failure>) {
        locked(&self.state).over.get_or_insert(how);
        self.serve();
    }

    /// Takes no more. Idempotent.
    pub fn stop(&self) {
        if self.connection.origin.is_elsewhere() {
            return;
        }
        {
            let mut state = locked(&self.state);
            state.queue.clear();
            if state.over.replace(Ok(())).is_some() {
                return;
            }
        }
        self.connection
            .send(&json!({ "t": "stop", "s": self.number }), &[]);
        self.serve();
    }

    fn serve(&self) {
        while let Some((taker, taken, credit)) = self.next() {
            if credit > 0 {
                self.connection.send(
                    &json!({ "t": "credit", "s": self.number, "n": credit }),
                    &[],
                );
            }
            taker(taken);
        }
    }

    /// One who waits and what it gets, and the credit for that.
    fn next(&self) -> Option<(Taker<P>, Taken<P>, usize)> {
        let mut state = locked(&self.state);
        if state.takers.is_empty() || (state.queue.is_empty() && state.over.is_none()) {
            return None;
        }
        let (most, taker) = state.takers.pop_front()?;
        let Some(mut piece) = state.queue.pop_front() else {
            let over = state.over.clone().unwrap_or(Ok(()));
            return Some((taker, over.map(|()| None), 0));
        };
        if piece.weight() > most {
            let first = piece.split(most);
            state.queue.push_front(piece);
            piece = first;
        }
        state.taken += piece.weight();
        let is_due = state.over.is_none() && state.taken * 2 >= P::WINDOW;
        let credit = if is_due {
            std::mem::take(&mut state.taken)
        } else {
            0
        };
        Some((taker, Ok(Some(piece)), credit))
    }
}

impl<P: Piece> Drop for Incoming<P> {
    fn drop(&mut self) {
        self.stop();
    }
}
