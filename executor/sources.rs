#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::task::Waker;

use super::slab::{Key, Slab};
use super::waiters::Waiters;
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
#[derive(Default)]
pub(super) struct Sources {
    slab: Slab<Source>,
}

/// One descriptor.
#[derive(Default)]
pub(super) struct Source {
    read: Side,
    write: Side,
    /// Out-of-band data has been seen. A read stops at its mark with more data behind, so a short read says nothing.
    urgent: bool,
}

/// One direction of a descriptor.
#[derive(Default)]
pub(super) struct Side {
    /// The next operation is worth trying. Set by an event, cleared when an operation has drained the direction.
    ready: bool,
    /// The direction is closed: an operation never has to wait again. Set by an event and not cleared by a short one, since
    /// data and the end that follows it may come as one event; only by one that says `WouldBlock`, which gives it the lie,
    /// as of a socket that was connected after it had been registered.
    closed: bool,
    pub(super) waiters: Waiters,
}

impl Side {
    pub(super) fn is_ready(&self) -> bool {
        self.ready || self.closed
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }
}

impl Source {
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
        self.slab.insert(Source::default())
    }

    /// Forgets a descriptor. It is handed back with its waiters, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn remove(&mut self, key: Key) -> Option<Source> {
        self.slab.remove(key)
    }

    /// Forgets any one descriptor, as [`remove`](Sources::remove), or says that there is none.
    pub(super) fn pop(&mut self) -> Option<Source> {
        self.slab.pop()
    }

    pub(super) fn side(&mut self, key: Key, direction: Direction) -> Option<&mut Side> {
        self.slab.get_mut(key).map(|source| source.side(direction))
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
}
