#![forbid(unsafe_code)]

use std::mem;
use std::num::NonZeroU64;
use std::task::Waker;

use super::wakes::Wakes;

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
pub(super) enum Waiters {
    One(Waiter),
    /// Nobody, or those who are or have been several. Boxed to keep an idle socket small.
    Several(Option<Box<Several>>),
}

/// In the order of their ids, which mostly is that in which they come.
#[derive(Default)]
pub(super) struct Several(Vec<Waiter>);

pub(super) struct Waiter {
    id: WaiterId,
    waker: Waker,
}

impl Default for Waiters {
    fn default() -> Waiters {
        Waiters::Several(None)
    }
}

impl Waiters {
    /// Whether the waiter is there and would wake the same task. It runs no foreign code.
    pub(super) fn has(&self, id: WaiterId, waker: &Waker) -> bool {
        let found = match self {
            Waiters::One(waiter) => Some(waiter).filter(|waiter| waiter.id == id),
            Waiters::Several(several) => several.as_ref().and_then(|several| several.0.get(several.place_of(id).ok()?)),
        };
        found.is_some_and(|found| found.waker.will_wake(waker))
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Waiters::One(_) => false,
            Waiters::Several(several) => several.as_ref().is_none_or(|several| several.0.is_empty()),
        }
    }

    /// Adds a waiter, or gives it another waker. The waker it had is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn insert(&mut self, id: WaiterId, waker: Waker) -> Option<Waker> {
        let waiter = Waiter { id, waker };
        match self {
            Waiters::One(one) if one.id == id => return Some(mem::replace(&mut one.waker, waiter.waker)),
            Waiters::Several(Some(several)) => return several.insert(waiter),
            Waiters::Several(None) => *self = Waiters::One(waiter),
            Waiters::One(_) => {
                let mut several = Box::<Several>::default();
                if let Waiters::One(first) = mem::take(self) {
                    several.0.push(first);
                }
                let former = several.insert(waiter);
                *self = Waiters::Several(Some(several));
                return former;
            }
        }
        None
    }

    /// Removes a waiter. Its waker is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn remove(&mut self, id: WaiterId) -> Option<Waker> {
        match self {
            Waiters::One(one) if one.id == id => mem::take(self).into_wakers().next(),
            Waiters::Several(Some(several)) => {
                let place = several.place_of(id).ok()?;
                Some(several.0.remove(place).waker)
            }
            _ => None,
        }
    }

    pub(super) fn into_wakers(self) -> impl Iterator<Item = Waker> {
        let (one, several) = match self {
            Waiters::One(waiter) => (Some(waiter), None),
            Waiters::Several(several) => (None, several),
        };
        one.into_iter().chain(several.into_iter().flat_map(|several| several.0)).map(|waiter| waiter.waker)
    }

    /// Moves all wakers to `wakes`.
    pub(super) fn take_into(&mut self, wakes: &mut Wakes<'_>) {
        if let Waiters::Several(several) = self {
            several.iter_mut().for_each(|several| several.take_into(wakes));
        } else if let Waiters::One(waiter) = mem::take(self) {
            wakes.push(waiter.waker);
        }
    }
}

impl Several {
    fn insert(&mut self, waiter: Waiter) -> Option<Waker> {
        match self.place_of(waiter.id) {
            Ok(place) => Some(mem::replace(&mut self.0[place].waker, waiter.waker)),
            Err(place) => {
                self.0.insert(place, waiter);
                None
            }
        }
    }

    #[cold]
    fn take_into(&mut self, wakes: &mut Wakes<'_>) {
        // Those who were many will be many again: the memory is kept.
        self.0.drain(..).for_each(|waiter| wakes.push(waiter.waker));
    }

    /// Where the waiter stands, or where it would have to.
    fn place_of(&self, id: WaiterId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&id, |waiter| waiter.id)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    struct Nobody;

    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }

    fn wakers<const N: usize>() -> [(WaiterId, Waker); N] {
        let mut id = WaiterId::POLLER;
        [(); N].map(|()| {
            id = id.next();
            (id, Waker::from(Arc::new(Nobody)))
        })
    }

    #[test]
    fn each_waiter_is_known_by_its_id_until_it_is_removed() {
        let mut waiters = Waiters::default();
        let known = wakers::<3>();
        // Out of order, as when a future that was polled before is polled again.
        for place in [1, 2, 0] {
            assert!(waiters.insert(known[place].0, known[place].1.clone()).is_none());
        }
        assert!(known.iter().all(|(id, waker)| waiters.has(*id, waker)));
        assert!(!waiters.has(known[0].0, &known[1].1));
        for (id, waker) in &known {
            assert!(waiters.remove(*id).is_some_and(|removed| removed.will_wake(waker)));
            assert!(waiters.remove(*id).is_none());
        }
        assert!(waiters.is_empty());
    }

    #[test]
    fn a_waiter_that_comes_with_another_waker_hands_back_the_former() {
        let [(first, old), (second, new)] = wakers();
        let mut waiters = Waiters::default();
        assert!(waiters.insert(first, old.clone()).is_none());
        assert!(waiters.insert(first, new.clone()).is_some_and(|former| former.will_wake(&old)));
        assert!(waiters.insert(second, new.clone()).is_none());
        assert!(waiters.insert(second, old.clone()).is_some_and(|former| former.will_wake(&new)));
        let left: Vec<Waker> = waiters.into_wakers().collect();
        assert!(left[0].will_wake(&new) && left[1].will_wake(&old) && left.len() == 2);
    }

    #[test]
    fn one_waiter_after_another_takes_no_allocation() {
        let mut waiters = Waiters::default();
        for (id, waker) in wakers::<3>() {
            assert!(waiters.insert(id, waker).is_none());
            assert!(matches!(waiters, Waiters::One(_)) && !waiters.is_empty());
            assert!(waiters.remove(id).is_some());
            assert!(matches!(waiters, Waiters::Several(None)) && waiters.is_empty());
        }
    }
}
