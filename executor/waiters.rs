#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

/// Tells the waiters of one source apart, so that a future which is dropped takes its own waker with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaiterId(u64);

impl WaiterId {
    /// The one waiter of a poll function, whose latest call counts: `Future` asks for no more.
    pub(crate) const POLLER: WaiterId = WaiterId(0);

    pub(super) fn next(self) -> WaiterId {
        WaiterId(self.0 + 1)
    }
}

/// Those who wait for one direction of a source. Nearly always it is one.
pub(super) enum Waiters {
    None,
    One(Waiter),
    Many(Vec<Waiter>),
}

pub(super) struct Waiter {
    id: WaiterId,
    waker: Waker,
}

impl Waiters {
    /// Whether the waiter is there and would wake the same task. It runs no foreign code.
    pub(super) fn has(&self, id: WaiterId, waker: &Waker) -> bool {
        self.as_slice().iter().any(|waiter| waiter.id == id && waiter.waker.will_wake(waker))
    }

    /// Adds a waiter, or gives it another waker. The waker it had is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn insert(&mut self, id: WaiterId, waker: Waker) -> Option<Waker> {
        if let Some(waiter) = self.as_mut_slice().iter_mut().find(|waiter| waiter.id == id) {
            return Some(mem::replace(&mut waiter.waker, waker));
        }
        let waiter = Waiter { id, waker };
        *self = match mem::replace(self, Waiters::None) {
            Waiters::None => Waiters::One(waiter),
            Waiters::One(first) => Waiters::Many(vec![first, waiter]),
            Waiters::Many(mut all) => {
                all.push(waiter);
                Waiters::Many(all)
            }
        };
        None
    }

    /// Removes a waiter. Its waker is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn remove(&mut self, id: WaiterId) -> Option<Waker> {
        match self {
            Waiters::One(waiter) if waiter.id == id => match mem::replace(self, Waiters::None) {
                Waiters::One(waiter) => Some(waiter.waker),
                _ => None,
            },
            Waiters::Many(all) => {
                let place = all.iter().position(|waiter| waiter.id == id)?;
                Some(all.remove(place).waker)
            }
            _ => None,
        }
    }

    /// Moves all wakers to `wakers`, in the order in which they came.
    pub(super) fn take_into(&mut self, wakers: &mut VecDeque<Waker>) {
        match self {
            Waiters::None => {}
            // Those who were many will be many again: the memory is kept.
            Waiters::Many(all) => wakers.extend(all.drain(..).map(|waiter| waiter.waker)),
            Waiters::One(_) => {
                if let Waiters::One(waiter) = mem::replace(self, Waiters::None) {
                    wakers.push_back(waiter.waker);
                }
            }
        }
    }

    fn as_slice(&self) -> &[Waiter] {
        match self {
            Waiters::None => &[],
            Waiters::One(waiter) => std::slice::from_ref(waiter),
            Waiters::Many(all) => all,
        }
    }

    fn as_mut_slice(&mut self) -> &mut [Waiter] {
        match self {
            Waiters::None => &mut [],
            Waiters::One(waiter) => std::slice::from_mut(waiter),
            Waiters::Many(all) => all,
        }
    }
}
