use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle, ThreadId};

use crate::connection::{locked, wait};
use crate::origin::Origin;

pub type Task = Box<dyn FnOnce() + Send>;

/// The thread that the program's callbacks run in, one after another, so that one that takes its time holds up nothing but them.
pub struct Tasks {
    origin: Origin,
    queue: Mutex<Option<Sender<Task>>>,
    thread: ThreadId,
}

impl Tasks {
    pub fn start() -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, tasks): (Sender<Task>, Receiver<Task>) = channel();
        let thread = thread::Builder::new()
            .name("boxlite-calls".into())
            .spawn(move || tasks.iter().for_each(|task| task()))?;
        let id = thread.thread().id();
        Ok((
            Self {
                origin: Origin::here(),
                queue: Mutex::new(Some(queue)),
                thread: id,
            },
            thread,
        ))
    }

    /// Runs it after those that wait; in a thread of its own where the thread has ended, or is not this process's.
    pub fn post(&self, task: Task) {
        if self.origin.is_elsewhere() {
            thread::spawn(task);
            return;
        }
        let task = match &*locked(&self.queue) {
            Some(queue) => queue.send(task).err().map(|refused| refused.0),
            None => Some(task),
        };
        if let Some(task) = task {
            thread::spawn(task);
        }
    }

    /// Waits until what was posted has run.
    pub fn settle(&self) {
        if !self.is_here() {
            wait(|settled| self.post(Box::new(|| settled(()))));
        }
    }

    pub fn is_here(&self) -> bool {
        self.thread == thread::current().id()
    }

    /// The thread ends when it has run what waits.
    pub fn end(&self) {
        locked(&self.queue).take();
    }
}
