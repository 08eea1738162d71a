#![forbid(unsafe_code)]

use std::io;
use std::mem;
use std::os::fd::BorrowedFd;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use super::runtime_id::RuntimeId;
use super::sync::{AtomicU8, Mutex};
use super::token::TaskToken;
use crate::reactor::{Origin, Registry, Waker};

/// What is broken when a write to the eventfd fails. It is said outside of the lock, since a panic runs foreign code.
const UNPARK: &str = "the runtime's eventfd takes a write, unless somebody has closed it";

/// What other threads ask of a runtime, and all of it that they touch.
///
/// One word says whether the runtime sleeps and whether there is mail. Whoever delivers while the runtime is parked
/// finds that in its place and writes the eventfd; whoever delivers before makes [`park`](Inbox::park) refuse. So no
/// wake-up is lost, and a runtime that has no mail takes no lock. The mail and the eventfd stand under one lock, so that
/// the word says "mail" only when it is there, and none is written to a descriptor that was closed and reused.
pub(super) struct Inbox {
    state: AtomicU8,
    open: Mutex<Option<Box<Open>>>,
}

/// The runtime is awake, and there is no mail but what it has been told of and is about to collect.
const AWAKE: u8 = 0;

/// The runtime found its inbox empty and is, or will be at once, asleep in the reactor.
const PARKED: u8 = 1;

/// There is mail. Set with the mail, under the lock.
const MAIL: u8 = 2;

/// The inbox of a living runtime.
struct Open {
    runtime: RuntimeId,
    eventfd: Waker,
    registry: Registry,
    origin: Origin,
    mail: Mail,
}

/// Everything delivered and not collected yet.
#[derive(Default)]
pub(super) struct Mail {
    pub(super) wakes: Vec<TaskToken>,
    pub(super) requests: Vec<Request>,
}

/// What the runtime must do on its own thread.
pub(super) type Request = Box<dyn FnOnce() + Send>;

impl Mail {
    /// Adds a wake. Instead of growing it first drops duplicates, so that a task woken again and again before its
    /// runtime looks takes no more room than a few.
    fn push_wake(&mut self, token: TaskToken) {
        if self.wakes.len() == self.wakes.capacity() {
            self.wakes.sort_unstable();
            self.wakes.dedup();
            // Half must be free, or the next sort would come too soon to be worth it.
            self.wakes.reserve(self.wakes.len().max(8));
        }
        self.wakes.push(token);
    }
}

impl Inbox {
    /// An inbox that belongs to no runtime, and drops what is delivered.
    pub(super) const fn closed() -> Inbox {
        Inbox { state: AtomicU8::new(AWAKE), open: Mutex::new(None) }
    }

    pub(super) fn open(&self, runtime: RuntimeId, eventfd: Waker, registry: Registry) {
        let origin = Origin::current();
        let open = Box::new(Open { runtime, eventfd, registry, origin, mail: Mail::default() });
        self.with(|inbox| {
            self.state.store(AWAKE, Relaxed);
            *inbox = Some(open);
        });
    }

    /// Closes the inbox and hands back what was left in it.
    pub(super) fn close(&self) -> Mail {
        let open = self.with(Option::take);
        open.map(|open| open.mail).unwrap_or_default()
    }

    /// Delivers a wake to whichever runtime has this inbox.
    pub(super) fn wake(&self, token: TaskToken) {
        let unparked = self.with(|inbox| match inbox {
            Some(open) => {
                open.mail.push_wake(token);
                self.announce(open)
            }
            None => Ok(()),
        });
        unparked.expect(UNPARK);
    }

    /// Delivers a request to this runtime, or hands it back if the runtime is gone.
    pub(super) fn request(&self, runtime: RuntimeId, request: Request) -> Result<(), Request> {
        let unparked = self.with(|inbox| match inbox {
            Some(open) if open.runtime == runtime => {
                open.mail.requests.push(request);
                Ok(self.announce(open))
            }
            _ => Err(request),
        })?;
        unparked.expect(UNPARK);
        Ok(())
    }

    /// Writes the eventfd though there may be nothing to deliver, so that the descriptor of the runtime is readable.
    pub(super) fn ring(&self) {
        let rung = self.with(|inbox| inbox.as_ref().map_or(Ok(()), |open| open.eventfd.wake()));
        rung.expect(UNPARK);
    }

    /// Wakes the runtime if it is parked, with nothing to deliver.
    pub(super) fn unpark(&self) {
        if self.state.compare_exchange(PARKED, AWAKE, AcqRel, Acquire).is_ok() {
            self.ring();
        }
    }

    /// Ends the watch on a descriptor that leaves this runtime, which has none if it is gone.
    pub(super) fn deregister(&self, runtime: RuntimeId, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.with(|inbox| match inbox {
            Some(open) if open.runtime == runtime && !open.origin.is_forked() => open.registry.deregister(&fd),
            _ => Ok(()),
        })
    }

    /// Whether the inbox is that of this runtime, which then is alive.
    pub(super) fn belongs_to(&self, runtime: RuntimeId) -> bool {
        self.with(|inbox| inbox.as_ref().is_some_and(|open| open.runtime == runtime))
    }

    /// Declares the runtime asleep, unless there is mail. Whoever delivers from here on writes the eventfd.
    #[inline]
    pub(super) fn park(&self) -> bool {
        self.state.compare_exchange(AWAKE, PARKED, AcqRel, Acquire).unwrap_or_else(|found| found) != MAIL
    }

    /// Declares the runtime awake, and says whether there is mail. The word tells of it no more: it is to be collected now.
    #[inline]
    #[must_use]
    pub(super) fn awaken(&self) -> bool {
        self.state.swap(AWAKE, AcqRel) == MAIL
    }

    /// Exchanges the mail for an empty one.
    pub(super) fn collect(&self, mail: &mut Mail) {
        self.with(|inbox| {
            self.state.store(AWAKE, Relaxed);
            if let Some(open) = inbox {
                mem::swap(&mut open.mail, mail);
            }
        });
    }

    /// Says under the lock that there is mail. One write wakes the runtime, so the deliveries that follow need none.
    fn announce(&self, open: &Open) -> io::Result<()> {
        if self.state.swap(MAIL, AcqRel) == PARKED { open.eventfd.wake() } else { Ok(()) }
    }

    fn with<R>(&self, f: impl FnOnce(&mut Option<Box<Open>>) -> R) -> R {
        // No user code runs under the lock, so a poisoned one has nothing half-done in it.
        f(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
