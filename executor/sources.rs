#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::mem;
use std::os::fd::RawFd;
use std::task::Waker;

use super::readiness::Readiness;
use super::slab::{Key, Slab};
use super::waiters::Waiters;
use super::wakes::Wakes;
use crate::reactor::{Event, Interest, Ready};

/// One of the two ways in which a descriptor can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Direction {
    /// Those with whose events comes what is asked for. Exceptional conditions and errors come with those of reading.
    pub(crate) fn of(interest: Interest) -> impl Iterator<Item = Direction> {
        let read = interest.is_readable() || interest.is_priority() || interest.is_error();
        let write = interest.is_writable();
        [(Direction::Read, read), (Direction::Write, write)].into_iter().filter_map(|(way, asked)| asked.then_some(way))
    }
}

/// The number of a descriptor that is not registered, or not by this slot any more. It names nothing.
const NO_NUMBER: RawFd = -1;

/// What the runtime knows of each registered descriptor, and who waits for it.
///
/// Events come only from the reactor, between polls. So nothing can change between a system call that said
/// `WouldBlock` and the `clear` that records it, and readiness needs no generation to guard it. Only what a user has
/// kept for a while, a [`Readiness`], is compared with the count of events.
#[derive(Default)]
pub(super) struct Sources {
    slab: Slab<Source>,
    /// Who has registered a descriptor that somebody else may close, by its number.
    lent: BTreeMap<RawFd, Key>,
}

/// One descriptor.
pub(super) struct Source {
    read: Side,
    write: Side,
    /// Out-of-band data has been seen. A read stops at its mark with more data behind, so a short read says nothing.
    urgent: bool,
    /// There may be an exceptional condition. Set by an event, cleared when an operation on it says `WouldBlock`.
    priority: bool,
    /// There may be an error. Set by an event, cleared when somebody has taken it.
    error: bool,
    /// What it was registered as, for as long as no other slot has been registered under that number.
    number: RawFd,
}

/// One direction of a descriptor.
#[derive(Default)]
struct Side {
    /// The next operation is worth trying. Set by an event, cleared when an operation has drained the direction.
    ready: bool,
    /// The direction is closed: an operation never has to wait again. Set by an event and not cleared by a short one, since
    /// data and the end that follows it may come as one event; only by one that says `WouldBlock`, which gives it the lie,
    /// as of a socket that was connected after it had been registered.
    closed: bool,
    /// How many events have been recorded. It wraps, which matters to none who looks again within four billion events.
    events: u32,
    waiters: Waiters,
}

impl Side {
    fn record(&mut self, wakes: &mut Wakes<'_>) {
        self.ready = true;
        self.events = self.events.wrapping_add(1);
        self.waiters.take_into(wakes);
    }
}

impl Source {
    fn new() -> Source {
        let (read, write) = Default::default();
        Source { read, write, urgent: false, priority: false, error: false, number: NO_NUMBER }
    }

    fn readiness(&self) -> Readiness {
        let ready = Ready::READABLE.when(self.read.ready)
            | Ready::READ_CLOSED.when(self.read.closed)
            | Ready::WRITABLE.when(self.write.ready)
            | Ready::WRITE_CLOSED.when(self.write.closed)
            | Ready::PRIORITY.when(self.priority)
            | Ready::ERROR.when(self.error);
        Readiness { ready, read_events: self.read.events, write_events: self.write.events }
    }

    fn clear(&mut self, stale: Readiness) {
        let gone = |condition| stale.ready.intersects(condition);
        if self.read.events == stale.read_events {
            self.read.ready &= !gone(Ready::READABLE);
            self.read.closed &= !gone(Ready::READ_CLOSED);
            self.priority &= !gone(Ready::PRIORITY);
            self.error &= !gone(Ready::ERROR);
        }
        if self.write.events == stale.write_events {
            self.write.ready &= !gone(Ready::WRITABLE);
            self.write.closed &= !gone(Ready::WRITE_CLOSED);
        }
    }

    fn side(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::Read => &mut self.read,
            Direction::Write => &mut self.write,
        }
    }

    /// Those who wait for it, to be dropped outside of all borrows, each on its own since the drop of each may panic.
    pub(super) fn into_wakers(self) -> impl Iterator<Item = Waker> {
        self.read.waiters.into_wakers().chain(self.write.waiters.into_wakers())
    }
}

impl Sources {
    /// Adds a descriptor of which nothing is known: registering it will report what is ready.
    pub(super) fn insert(&mut self) -> Key {
        self.slab.insert(Source::new())
    }

    /// Forgets a descriptor. It is handed back with its waiters, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn remove(&mut self, key: Key) -> Option<Source> {
        self.take_number(key);
        self.slab.remove(key)
    }

    /// Notes under which number a descriptor has just been registered. If another slot had that number it has lost it: its
    /// descriptor was closed, or else the system would not have registered this one.
    pub(super) fn set_number(&mut self, key: Key, number: RawFd, lent: bool) {
        let former = if lent { self.lent.insert(number, key) } else { self.lent.remove(&number) };
        if let Some(former) = former.and_then(|former| self.slab.get_mut(former)) {
            former.number = NO_NUMBER;
        }
        if let Some(source) = self.slab.get_mut(key) {
            source.number = number;
        }
    }

    /// The number to deregister, if it still stands for what the slot has registered. The slot has it no more.
    pub(super) fn take_number(&mut self, key: Key) -> Option<RawFd> {
        let source = self.slab.get_mut(key).filter(|source| source.number != NO_NUMBER)?;
        let number = mem::replace(&mut source.number, NO_NUMBER);
        if self.lent.get(&number) == Some(&key) {
            self.lent.remove(&number);
        }
        Some(number)
    }

    /// Whether a descriptor of that number is registered for anybody.
    pub(super) fn has_number(&self, number: RawFd) -> bool {
        self.slab.iter().any(|source| source.number == number)
    }

    pub(super) fn readiness(&self, key: Key) -> Option<Readiness> {
        self.slab.get(key).map(Source::readiness)
    }

    /// Records that the descriptor was ready for nothing of it, unless there have been events since.
    pub(super) fn clear(&mut self, key: Key, stale: Readiness) {
        if let Some(source) = self.slab.get_mut(key) {
            source.clear(stale);
        }
    }

    /// Forgets any one descriptor, as [`remove`](Sources::remove), or says that there is none.
    pub(super) fn pop(&mut self) -> Option<Source> {
        self.slab.pop()
    }

    /// Whether an operation is worth trying, as it is on a descriptor that is gone.
    #[inline]
    pub(super) fn is_ready(&self, key: Key, direction: Direction) -> bool {
        let side = self.slab.get(key).map(|source| match direction {
            Direction::Read => &source.read,
            Direction::Write => &source.write,
        });
        side.is_none_or(|side| side.ready || side.closed)
    }

    pub(super) fn waiters(&mut self, key: Key, direction: Direction) -> Option<&mut Waiters> {
        self.slab.get_mut(key).map(|source| &mut source.side(direction).waiters)
    }

    /// Records that a pending error has been taken.
    pub(super) fn error_taken(&mut self, key: Key) {
        if let Some(source) = self.slab.get_mut(key) {
            source.error = false;
        }
    }

    /// Whether anybody waits for a descriptor.
    pub(super) fn has_waiters(&self) -> bool {
        self.slab.iter().any(|source| !source.read.waiters.is_empty() || !source.write.waiters.is_empty())
    }

    /// Records that an operation has drained the direction: it said `WouldBlock` or, if `partial`, moved less than it
    /// was asked to.
    pub(super) fn clear_ready(&mut self, key: Key, direction: Direction, partial: bool) {
        if let Some(source) = self.slab.get_mut(key) {
            let urgent = partial && direction == Direction::Read && source.urgent;
            let side = source.side(direction);
            side.ready = urgent;
            side.closed &= partial;
        }
    }

    /// Records an event, and wakes whom it concerns. An event for a descriptor that is gone changes nothing.
    pub(super) fn deliver(&mut self, event: &Event, wakes: &mut Wakes<'_>) {
        let Some(source) = self.slab.get_mut(Key::from_bits(event.token().0 as u64)) else {
            return;
        };
        source.urgent |= event.is_priority();
        source.priority |= event.is_priority();
        source.error |= event.is_error();
        source.read.closed |= event.is_read_closed();
        source.write.closed |= event.is_write_closed();
        if event.is_readable() || event.is_read_closed() || event.is_priority() {
            source.read.record(wakes);
        }
        if event.is_writable() {
            source.write.record(wakes);
        }
    }
}
