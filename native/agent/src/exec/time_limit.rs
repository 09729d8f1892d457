//! How long an execution's group may run: SIGTERM at the end of its time, SIGKILL when its grace is over too.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;

pub struct TimeLimit {
    /// The end of the time, then that of the grace; none without a limit, and when all is over.
    alarm: Option<Pin<Box<Sleep>>>,
    grace: Duration,
    /// The group was told to end.
    warned: bool,
}

impl TimeLimit {
    pub fn new(timeout: Option<Duration>, grace: Duration) -> Self {
        Self {
            alarm: timeout.map(|timeout| Box::pin(tokio::time::sleep(timeout))),
            grace,
            warned: false,
        }
    }

    /// Whether a signal is still to come.
    pub fn is_set(&self) -> bool {
        self.alarm.is_some()
    }

    pub fn cancel(&mut self) {
        self.alarm = None;
    }

    /// The signal that the group gets now.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<i32> {
        let Some(alarm) = &mut self.alarm else {
            return Poll::Pending;
        };
        ready!(alarm.as_mut().poll(cx));
        if self.warned {
            self.alarm = None;
            return Poll::Ready(libc::SIGKILL);
        }
        self.warned = true;
        self.alarm = Some(Box::pin(tokio::time::sleep(self.grace)));
        Poll::Ready(libc::SIGTERM)
    }
}
