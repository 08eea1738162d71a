#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::iter;
use std::mem;
use std::num::NonZeroU64;
use std::task::Waker;

/// Tells the waiters of one source apart, so that a future which is dropped takes its own waker with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Empty while `first` is. Boxed to keep an idle socket small.
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
        let is = |waiter: &Waiter| waiter.id == id && waiter.waker.will_wake(waker);
        self.first.as_ref().is_some_and(is) || self.more.as_ref().is_some_and(|more| more.0.iter().any(is))
    }

    /// Adds a waiter, or gives it another waker. The waker it had is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn insert(&mut self, id: WaiterId, waker: Waker) -> Option<Waker> {
        let Some(first) = &mut self.first else {
            self.first = Some(Waiter { id, waker });
            return None;
        };
        let more = self.more.iter_mut().flat_map(|more| &mut more.0);
        if let Some(known) = iter::once(first).chain(more).find(|waiter| waiter.id == id) {
            return Some(mem::replace(&mut known.waker, waker));
        }
        self.more.get_or_insert_default().0.push(Waiter { id, waker });
        None
    }

    /// Removes a waiter. Its waker is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn remove(&mut self, id: WaiterId) -> Option<Waker> {
        let more = self.more.as_mut().map(|more| &mut more.0);
        if self.first.as_ref().is_some_and(|first| first.id == id) {
            let next = more.filter(|more| !more.is_empty()).map(|more| more.remove(0));
            return mem::replace(&mut self.first, next).map(|waiter| waiter.waker);
        }
        let more = more?;
        let place = more.iter().position(|waiter| waiter.id == id)?;
        Some(more.remove(place).waker)
    }

    pub(super) fn into_wakers(self) -> impl Iterator<Item = Waker> {
        let more = self.more.into_iter().flat_map(|more| more.0);
        self.first.into_iter().chain(more).map(|waiter| waiter.waker)
    }

    /// Moves all wakers to `wakers`, in the order in which they came.
    pub(super) fn take_into(&mut self, wakers: &mut VecDeque<Waker>) {
        if let Some(first) = self.first.take() {
            wakers.push_back(first.waker);
            if let Some(more) = &mut self.more {
                // Those who were many will be many again: the memory is kept.
                wakers.extend(more.0.drain(..).map(|waiter| waiter.waker));
            }
        }
    }
}
