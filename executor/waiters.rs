#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::mem;
use std::num::NonZeroU64;
use std::task::Waker;

/// Tells the waiters of one source apart, so that a future which is dropped takes its own waker with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WaiterId(NonZeroU64);

impl WaiterId {
    /// The one waiter of a poll function, whose latest call counts: `Future` asks for no more.
    pub(crate) const POLLER: WaiterId = WaiterId(NonZeroU64::MIN);

    pub(super) fn next(self) -> WaiterId {
        WaiterId(self.0.saturating_add(1))
    }
}

/// Those who wait for one direction of a source. Nearly always it is one, which needs no allocation.
#[derive(Default)]
pub(super) struct Waiters {
    first: Option<Waiter>,
    /// The others, in the order of their ids, which mostly is that in which they come. Boxed to keep an idle socket small.
    more: Option<Box<More>>,
}

#[derive(Default)]
struct More(Vec<Waiter>);

struct Waiter {
    id: WaiterId,
    waker: Waker,
}

impl Waiters {
    /// Whether the waiter is there and would wake the same task. It runs no foreign code.
    pub(super) fn has(&self, id: WaiterId, waker: &Waker) -> bool {
        let found = match &self.first {
            Some(first) if first.id == id => Some(first),
            _ => self.more.as_ref().and_then(|more| more.0.get(more.place_of(id).ok()?)),
        };
        found.is_some_and(|found| found.waker.will_wake(waker))
    }

    pub(super) fn is_empty(&self) -> bool {
        // When the first leaves, another takes its place.
        self.first.is_none()
    }

    /// Adds a waiter, or gives it another waker. The waker it had is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn insert(&mut self, id: WaiterId, waker: Waker) -> Option<Waker> {
        match &mut self.first {
            Some(first) if first.id == id => return Some(mem::replace(&mut first.waker, waker)),
            None => self.first = Some(Waiter { id, waker }),
            Some(_) => {
                let more = self.more.get_or_insert_default();
                match more.place_of(id) {
                    Ok(place) => return Some(mem::replace(&mut more.0[place].waker, waker)),
                    Err(place) => more.0.insert(place, Waiter { id, waker }),
                }
            }
        }
        None
    }

    /// Removes a waiter. Its waker is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn remove(&mut self, id: WaiterId) -> Option<Waker> {
        let removed = match &self.first {
            Some(first) if first.id == id => {
                let next = self.more.as_mut().and_then(|more| more.0.pop());
                mem::replace(&mut self.first, next)
            }
            _ => {
                let more = self.more.as_mut()?;
                Some(more.0.remove(more.place_of(id).ok()?))
            }
        };
        removed.map(|waiter| waiter.waker)
    }

    pub(super) fn into_wakers(self) -> impl Iterator<Item = Waker> {
        let more = self.more.into_iter().flat_map(|more| more.0);
        self.first.into_iter().chain(more).map(|waiter| waiter.waker)
    }

    /// Moves all wakers to `wakers`.
    pub(super) fn take_into(&mut self, wakers: &mut VecDeque<Waker>) {
        if let Some(first) = self.first.take() {
            wakers.push_back(first.waker);
        }
        if let Some(more) = &mut self.more {
            // Those who were many will be many again: the memory is kept.
            wakers.extend(more.0.drain(..).map(|waiter| waiter.waker));
        }
    }
}

impl More {
    /// Where the waiter stands, or where it would have to.
    fn place_of(&self, id: WaiterId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&id, |waiter| waiter.id)
    }
}
