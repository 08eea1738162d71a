#![forbid(unsafe_code)]

use std::mem;
use std::os::fd::RawFd;

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

    /// What says that an operation is worth trying, and is cleared when it has drained the direction.
    fn open(self) -> Ready {
        match self {
            Direction::Read => Ready::READABLE,
            Direction::Write => Ready::WRITABLE,
        }
    }

    /// What says that an operation never has to wait again. Set by an event and not cleared by a short one, since data and
    /// the end that follows it may come as one event; only by one that says `WouldBlock`, which gives it the lie, as of a
    /// socket that was connected after it had been registered.
    fn closed(self) -> Ready {
        match self {
            Direction::Read => Ready::READ_CLOSED,
            Direction::Write => Ready::WRITE_CLOSED,
        }
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
    /// Who has registered a descriptor that somebody else may close, by its number. The system gives the least number that is
    /// free, so a table of them is dense, as is its own.
    lent: Vec<Option<Key>>,
}

/// One descriptor.
pub(super) struct Source {
    read: Side,
    write: Side,
    /// What the next operations may find. Conditions are set by events, and cleared by operations that have found nothing of
    /// them; an error, when somebody has taken it.
    ready: Ready,
    /// Out-of-band data has been seen. A read stops at its mark with more data behind, so a short read says nothing.
    urgent: bool,
    /// Whether an end that was denied is true.
    question: Question,
    /// What it was registered as, for as long as no other slot has been registered under that number.
    number: RawFd,
}

/// The state of a descriptor's end between what an operation says of it and what the system does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Open,
    Asked,
    Answered,
}

impl Question {
    /// The event that comes next is the answer, as asking makes one. Any other tells something new.
    fn after_event(self) -> Question {
        if self == Question::Asked { Question::Answered } else { Question::Open }
    }
}

/// One direction of a descriptor.
#[derive(Default)]
struct Side {
    waiters: Waiters,
    /// How many events have been recorded. It wraps, which matters to none who looks again within four billion events.
    events: u32,
}

impl Side {
    #[inline]
    fn record(&mut self, wakes: &mut Wakes<'_>) {
        self.events = self.events.wrapping_add(1);
        self.waiters.take_into(wakes);
    }
}

impl Source {
    fn new() -> Source {
        let (read, write) = Default::default();
        Source { read, write, ready: Ready::EMPTY, urgent: false, question: Question::Open, number: NO_NUMBER }
    }

    fn readiness(&self) -> Readiness {
        Readiness { ready: self.ready, read_events: self.read.events, write_events: self.write.events }
    }

    fn clear(&mut self, stale: Readiness) {
        if self.read.events == stale.read_events {
            self.ready = self.ready - (stale.ready - Ready::OF_WRITING);
        }
        if self.write.events == stale.write_events {
            self.ready = self.ready - (stale.ready & Ready::OF_WRITING);
        }
    }

    /// Whether an operation is worth trying.
    #[inline]
    pub(super) fn is_ready(&self, direction: Direction) -> bool {
        self.ready.intersects(direction.open() | direction.closed())
    }

    /// Records that an operation has drained the direction, though it has not said so: it moved less than it was asked to.
    #[inline]
    pub(super) fn drain(&mut self, direction: Direction) {
        if direction == Direction::Write || !self.urgent {
            self.ready = self.ready - direction.open();
        }
    }

    /// Takes back that the direction was drained.
    pub(super) fn undrain(&mut self, direction: Direction) {
        self.ready |= direction.open();
    }

    #[inline]
    pub(super) fn waiters(&mut self, direction: Direction) -> &mut Waiters {
        match direction {
            Direction::Read => &mut self.read.waiters,
            Direction::Write => &mut self.write.waiters,
        }
    }

    /// Drops those who wait for it, outside of all borrows.
    pub(super) fn drop_waiters(self) {
        self.read.waiters.drop_each();
        self.write.waiters.drop_each();
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
        if !self.lent.is_empty() {
            self.take_number(key);
        }
        self.slab.remove(key)
    }

    /// Notes under which number a descriptor has just been registered. If another slot had that number it has lost it: its
    /// descriptor was closed, or else the system would not have registered this one.
    pub(super) fn set_number(&mut self, key: Key, number: RawFd, lent: bool) {
        if lent && self.lent.len() <= number as usize {
            self.lent.resize(number as usize + 1, None);
        }
        let former = self.lent.get_mut(number as usize).map(|owner| mem::replace(owner, lent.then_some(key)));
        if let Some(former) = former.flatten().and_then(|former| self.slab.get_mut(former)) {
            former.number = NO_NUMBER;
        }
        if let Some(source) = self.slab.get_mut(key) {
            source.number = number;
        }
    }

    /// The number that stands for what the slot has registered.
    pub(super) fn number(&self, key: Key) -> Option<RawFd> {
        self.slab.get(key).map(|source| source.number).filter(|number| *number != NO_NUMBER)
    }

    /// The number to deregister, if it still stands for what the slot has registered. The slot has it no more.
    pub(super) fn take_number(&mut self, key: Key) -> Option<RawFd> {
        let number = self.number(key)?;
        self.slab.get_mut(key)?.number = NO_NUMBER;
        if let Some(owner) = self.lent.get_mut(number as usize).filter(|owner| **owner == Some(key)) {
            *owner = None;
        }
        Some(number)
    }

    /// How many descriptors have a slot.
    pub(super) fn len(&self) -> usize {
        self.slab.len()
    }

    /// Whether a descriptor of that number is registered for anybody.
    pub(super) fn has_number(&self, number: RawFd) -> bool {
        self.slab.iter().any(|source| source.number == number)
    }

    /// Whether the system is to be asked about an end that is denied. Once for what an event has told: whoever denies the answer, too,
    /// has seen the end.
    pub(super) fn question(&mut self, key: Key, end: Ready) -> bool {
        let open = |source: &&mut Source| source.ready.intersects(end) && source.question == Question::Open;
        let source = self.slab.get_mut(key).filter(open);
        source.map(|source| source.question = Question::Asked).is_some()
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

    #[inline]
    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Source> {
        self.slab.get_mut(key)
    }

    pub(super) fn waiters(&mut self, key: Key, direction: Direction) -> Option<&mut Waiters> {
        self.slab.get_mut(key).map(|source| source.waiters(direction))
    }

    /// Records that a pending error has been taken.
    pub(super) fn error_taken(&mut self, key: Key) {
        if let Some(source) = self.slab.get_mut(key) {
            source.ready = source.ready - Ready::ERROR;
        }
    }

    /// Whether anybody waits for a descriptor.
    pub(super) fn has_waiters(&self) -> bool {
        self.slab.iter().any(|source| !source.read.waiters.is_empty() || !source.write.waiters.is_empty())
    }

    /// Records that an operation has said `WouldBlock`.
    pub(super) fn would_block(&mut self, key: Key, direction: Direction) {
        if let Some(source) = self.slab.get_mut(key) {
            source.ready = source.ready - direction.open() - direction.closed();
        }
    }

    /// Records an event, and wakes whom it concerns. An event for a descriptor that is gone changes nothing.
    pub(super) fn deliver(&mut self, event: &Event, wakes: &mut Wakes<'_>) {
        let Some(source) = self.slab.get_mut(Key::from_bits(event.token().0 as u64)) else {
            return;
        };
        let news = event.ready();
        source.ready |= news;
        source.question = source.question.after_event();
        if news.is_priority() {
            source.urgent = true;
        }
        if news.intersects(Ready::READABLE) {
            source.read.record(wakes);
        }
        if news.intersects(Ready::WRITABLE) {
            source.write.record(wakes);
        }
    }
}
