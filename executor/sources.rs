#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::task::Waker;

use super::slab::{Key, Slab};
use super::waiters::{WaiterId, Waiters};
use crate::reactor::Event;

/// One of the two ways in which a descriptor can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// What the runtime knows of each registered descriptor, and who waits for it.
///
/// Events come only from the reactor, between polls. So nothing can change between a system call that said
/// `WouldBlock` and the `clear` that records it, and readiness needs no generation to guard it.
pub(super) struct Sources {
    slab: Slab<Source>,
    last_waiter: WaiterId,
}

struct Source {
    read: Side,
    write: Side,
    /// Out-of-band data has been seen. A read stops at its mark with more data behind, so a short read says nothing.
    urgent: bool,
}

struct Side {
    /// The next operation is worth trying. Set by an event, cleared when an operation has drained the direction.
    ready: bool,
    /// The direction is closed: an operation never has to wait again. Set by an event and never cleared, since data
    /// and the end that follows it may come as one event.
    closed: bool,
    waiters: Waiters,
}

impl Side {
    const fn new() -> Side {
        Side { ready: false, closed: false, waiters: Waiters::None }
    }
}

impl Sources {
    pub(super) fn new() -> Sources {
        Sources { slab: Slab::new(), last_waiter: WaiterId::POLLER }
    }

    /// Adds a descriptor of which nothing is known: registering it will report what is ready.
    pub(super) fn insert(&mut self) -> Key {
        self.slab.insert(Source { read: Side::new(), write: Side::new(), urgent: false })
    }

    /// Forgets a descriptor. Its waiters are moved out, to be dropped outside of all borrows.
    pub(super) fn remove(&mut self, key: Key, wakers: &mut VecDeque<Waker>) {
        if let Some(mut source) = self.slab.remove(key) {
            source.read.waiters.take_into(wakers);
            source.write.waiters.take_into(wakers);
        }
    }

    /// Forgets all descriptors, as [`remove`](Sources::remove) does one.
    pub(super) fn clear(&mut self, wakers: &mut VecDeque<Waker>) {
        while let Some(mut source) = self.slab.pop() {
            source.read.waiters.take_into(wakers);
            source.write.waiters.take_into(wakers);
        }
    }

    pub(super) fn is_ready(&mut self, key: Key, direction: Direction) -> bool {
        self.side(key, direction).is_some_and(|side| side.ready || side.closed)
    }

    /// Records that an operation said `WouldBlock`.
    pub(super) fn clear_ready(&mut self, key: Key, direction: Direction) {
        if let Some(side) = self.side(key, direction) {
            side.ready = false;
        }
    }

    /// Records that an operation on a stream moved less than it was asked to.
    pub(super) fn clear_drained(&mut self, key: Key, direction: Direction) {
        if let Some(source) = self.slab.get_mut(key) {
            match direction {
                Direction::Read => source.read.ready = source.urgent,
                Direction::Write => source.write.ready = false,
            }
        }
    }

    /// A name for a future that waits.
    pub(super) fn next_waiter(&mut self) -> WaiterId {
        self.last_waiter = self.last_waiter.next();
        self.last_waiter
    }

    pub(super) fn waiters(&mut self, key: Key, direction: Direction) -> Option<&mut Waiters> {
        self.side(key, direction).map(|side| &mut side.waiters)
    }

    /// Records an event, and collects whom to wake. An event for a descriptor that is gone changes nothing.
    pub(super) fn deliver(&mut self, event: &Event, wakers: &mut VecDeque<Waker>) {
        let Some(source) = self.slab.get_mut(Key::from_bits(event.token().0 as u64)) else {
            return;
        };
        source.urgent |= event.is_priority();
        source.read.closed |= event.is_read_closed();
        source.write.closed |= event.is_write_closed();
        if event.is_readable() || event.is_read_closed() || event.is_priority() {
            source.read.ready = true;
            source.read.waiters.take_into(wakers);
        }
        if event.is_writable() {
            source.write.ready = true;
            source.write.waiters.take_into(wakers);
        }
    }

    fn side(&mut self, key: Key, direction: Direction) -> Option<&mut Side> {
        let source = self.slab.get_mut(key)?;
        Some(match direction {
            Direction::Read => &mut source.read,
            Direction::Write => &mut source.write,
        })
    }
}
