//! All executions that the agent holds: their number is bounded and their names are unique.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tonic::{Status, Streaming};

use super::outbox::Outbox;
use crate::care::activity::Activity;
use crate::fault::{Kind, fault};
use crate::machine::MAX_EXECUTIONS;
use crate::portal::Session;
use crate::proto::{ExecRequest, ExecutionInfo};

/// Executions that have ended and wait for a host to hear of it.
const MAX_UNHEARD: usize = 64;
/// How much of a command is shown.
const SHOWN_BYTES: usize = 1024;

#[derive(Default)]
pub struct Executions(Arc<Shared>);

#[derive(Default)]
struct Shared {
    live: Mutex<HashMap<String, Entry>>,
    next: AtomicU64,
    /// Those that have ended unheard, oldest first.
    unheard: Mutex<VecDeque<String>>,
    activity: Activity,
}

struct Entry {
    number: u64,
    outbox: Outbox,
    session: Session,
    info: ExecutionInfo,
    ended: bool,
    /// The main process, which does nothing as long as it neither prints nor reads.
    main: bool,
    /// Nobody can attend it again.
    closed: bool,
    /// What its supervisor is to look at.
    news: Option<News>,
    waker: Option<Waker>,
}

impl Entry {
    fn tell(&mut self, news: News) {
        self.news = Some(news);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// A host that attends an execution again.
pub struct Visitor {
    pub inbound: Streaming<ExecRequest>,
    pub outbox: Outbox,
    pub session: Session,
    pub credit: u64,
}

pub enum News {
    Visit(Box<Visitor>),
    /// It ended too long ago, with too many others since.
    Forget,
}

/// An execution's place among them, until it is dropped.
pub struct Slot {
    id: String,
    shared: Arc<Shared>,
}

impl Shared {
    fn live(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unheard(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Executions {
    /// Gives an execution its place. Of the command, `argv` and `tty` are shown to others.
    pub fn claim(
        &self,
        id: String,
        outbox: Outbox,
        session: Session,
        argv: &[Vec<u8>],
        tty: bool,
        main: bool,
    ) -> Result<Slot, Status> {
        let mut live = self.0.live();
        if live.len() >= MAX_EXECUTIONS {
            let message = format!("the Box runs {MAX_EXECUTIONS} executions already");
            return Err(fault(
                Kind::ResourceExhausted,
                "too-many-executions",
                message,
            ));
        }
        if live.contains_key(&id) {
            let message = format!("an execution with the id '{id}' runs already");
            return Err(fault(Kind::AlreadyExists, "execution-exists", message));
        }
        live.insert(
            id.clone(),
            Entry {
                number: self.0.next.fetch_add(1, Ordering::Relaxed),
                outbox,
                session,
                info: ExecutionInfo {
                    id: id.clone(),
                    argv: shown(argv),
                    tty,
                    ..ExecutionInfo::default()
                },
                ended: false,
                main,
                closed: false,
                news: None,
                waker: None,
            },
        );
        self.0.activity.tell();
        Ok(Slot {
            id,
            shared: self.0.clone(),
        })
    }

    /// Those whose process has not ended.
    pub fn count(&self) -> usize {
        self.0.live().values().filter(|entry| !entry.ended).count()
    }

    /// What goes on here and beside it.
    pub fn activity(&self) -> &Activity {
        &self.0.activity
    }

    /// Whether commands run, or are attended.
    pub fn are_busy(&self) -> bool {
        self.0
            .live()
            .values()
            .filter(|entry| !entry.main)
            .any(|entry| !entry.ended || !entry.session.is_over())
    }

    /// Oldest first.
    pub fn list(&self) -> Vec<ExecutionInfo> {
        let live = self.0.live();
        let mut entries: Vec<_> = live.values().collect();
        entries.sort_by_key(|entry| entry.number);
        entries
            .iter()
            .map(|entry| ExecutionInfo {
                running: !entry.ended,
                attended: !entry.session.is_over(),
                ..entry.info.clone()
            })
            .collect()
    }

    /// Brings a host to an execution whose own has gone.
    pub fn visit(&self, id: &str, visitor: Visitor) -> Result<(), Status> {
        let mut live = self.0.live();
        let Some(entry) = live.get_mut(id) else {
            let message = format!("there is no execution '{id}', or it ended too long ago");
            return Err(fault(Kind::NotFound, "no-such-execution", message));
        };
        if entry.closed {
            let message = format!("the terminal of the execution '{id}' hung up");
            return Err(fault(Kind::InvalidState, "hung-up", message));
        }
        if !entry.session.is_over() || entry.news.is_some() {
            let message = format!("the execution '{id}' is attended already");
            return Err(fault(Kind::InvalidState, "execution-attended", message));
        }
        entry.session = visitor.session.clone();
        entry.outbox = visitor.outbox.clone();
        entry.tell(News::Visit(Box::new(visitor)));
        Ok(())
    }

    /// Resolves when the process of each execution has ended, though some may still hand over output.
    pub async fn all_ended(&self) {
        loop {
            let changed = self.0.activity.changed();
            if self.0.live().values().all(|entry| entry.ended) {
                return;
            }
            changed.await;
        }
    }

    /// Ends all calls for this reason, and so all processes; those that nobody attends are forgotten.
    pub fn cut_all(&self, reason: &Status) {
        for entry in self.0.live().values_mut() {
            entry.outbox.finish(Some(reason.clone()));
            if entry.session.is_over() && entry.news.is_none() {
                entry.closed = true;
                entry.tell(News::Forget);
            }
        }
    }
}

/// The beginning of a command.
fn shown(argv: &[Vec<u8>]) -> Vec<bytes::Bytes> {
    let mut room = SHOWN_BYTES;
    argv.iter()
        .map_while(|argument| {
            let length = argument.len().min(room);
            let fits = room > 0;
            room -= length;
            fits.then(|| argument[..length].to_vec().into())
        })
        .collect()
}

impl Slot {
    pub fn set_pid(&self, pid: u32) {
        if let Some(entry) = self.shared.live().get_mut(&self.id) {
            entry.info.pid = pid;
        }
    }

    /// Nobody can attend it again.
    pub fn close(&self) {
        if let Some(entry) = self.shared.live().get_mut(&self.id) {
            entry.closed = true;
        }
    }

    /// It has ended while no host was there.
    pub fn set_unheard(&self) {
        let mut unheard = self.shared.unheard();
        unheard.push_back(self.id.clone());
        if unheard.len() > MAX_UNHEARD
            && let Some(oldest) = unheard.pop_front()
            && let Some(entry) = self.shared.live().get_mut(&oldest)
            && entry.news.is_none()
        {
            entry.closed = true;
            entry.tell(News::Forget);
        }
    }

    pub fn poll_news(&self, cx: &mut Context<'_>) -> Poll<News> {
        let mut live = self.shared.live();
        let Some(entry) = live.get_mut(&self.id) else {
            return Poll::Pending;
        };
        match entry.news.take() {
            Some(news) => Poll::Ready(news),
            None => {
                entry.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The process has ended.
    pub fn set_ended(&self) {
        if let Some(entry) = self.shared.live().get_mut(&self.id) {
            entry.ended = true;
        }
        self.shared.activity.tell();
    }

    /// It prints or reads.
    pub fn tell(&self) {
        self.shared.activity.tell();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.shared.live().remove(&self.id);
        self.shared.unheard().retain(|id| *id != self.id);
        self.shared.activity.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(executions: &Executions, id: impl Into<String>) -> Result<Slot, Status> {
        let argv = [b"sleep".to_vec(), vec![b'1'; 2000]];
        executions.claim(
            id.into(),
            Outbox::new().0,
            Session::default(),
            &argv,
            false,
            false,
        )
    }

    #[test]
    fn ids_are_unique_and_free_again() {
        let executions = Executions::default();
        let slot = claim(&executions, "a").unwrap();
        assert!(claim(&executions, "a").is_err_and(|status| status.message().contains("'a'")));
        slot.set_pid(7);
        let [info] = &executions.list()[..] else {
            panic!("one execution is listed");
        };
        assert_eq!((info.pid, info.running, info.attended), (7, true, true));
        assert_eq!(
            (&info.argv[0][..], info.argv[1].len()),
            (&b"sleep"[..], 1019)
        );
        drop(slot);
        assert!(claim(&executions, "a").is_ok());
        assert_eq!(executions.count(), 0);
    }

    #[test]
    fn the_oldest_unheard_is_forgotten() {
        let executions = Executions::default();
        let mut cx = Context::from_waker(Waker::noop());
        let slots: Vec<_> = (0..=MAX_UNHEARD)
            .map(|id| claim(&executions, id.to_string()).unwrap())
            .collect();
        for slot in &slots {
            slot.set_unheard();
        }
        assert!(matches!(
            slots[0].poll_news(&mut cx),
            Poll::Ready(News::Forget)
        ));
        assert!(slots[1].poll_news(&mut cx).is_pending());
    }

    #[test]
    fn their_number_is_bounded() {
        let executions = Executions::default();
        let slots: Vec<_> = (0..MAX_EXECUTIONS)
            .map(|id| claim(&executions, id.to_string()).unwrap())
            .collect();
        assert!(claim(&executions, "more").is_err());
        drop(slots);
    }
}
