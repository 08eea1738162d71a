#![forbid(unsafe_code)]

use std::mem;
use std::num::NonZeroU64;
use std::task::Waker;

use super::contain::contain;
use super::token::TaskToken;
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

/// Those who wait for one direction of a source. Nearly always it is one task of the runtime, which needs no allocation.
pub(super) enum Waiters {
    Task(WaiterId, TaskToken),
    /// Nobody, or those who are or have been several, or are of another kind. Boxed to keep an idle socket small.
    Others(Option<Box<Others>>),
}

/// In the order of their ids, which mostly is that in which they come.
#[derive(Default)]
pub(super) struct Others(Vec<Waiter>);

pub(super) struct Waiter {
    id: WaiterId,
    wakes: Whom,
}

/// Who is to be woken. A task of the runtime has a name, which costs nothing to copy or to forget.
pub(super) enum Whom {
    Task(TaskToken),
    Foreign(Waker),
}

impl Whom {
    fn wake_by(self, wakes: &mut Wakes<'_>) {
        match self {
            Whom::Task(task) => wakes.wake(task),
            Whom::Foreign(waker) => wakes.push(waker),
        }
    }
}

impl Default for Waiters {
    fn default() -> Waiters {
        Waiters::Others(None)
    }
}

impl Waiters {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Waiters::Task(..) => false,
            Waiters::Others(others) => others.as_ref().is_none_or(|others| others.0.is_empty()),
        }
    }

    /// Adds a task where there is nobody. False means that there is somebody, or was of another kind.
    #[inline]
    pub(super) fn begin(&mut self, id: WaiterId, task: TaskToken) -> bool {
        let Waiters::Others(None) = self else { return false };
        *self = Waiters::Task(id, task);
        true
    }

    /// Whether the waiter is there with a waker that would wake the same as this one, of another kind than tasks. It runs no
    /// foreign code.
    pub(super) fn has_foreign(&self, id: WaiterId, waker: &Waker) -> bool {
        let Waiters::Others(Some(others)) = self else { return false };
        let found = others.place_of(id).ok().and_then(|place| others.0.get(place));
        found.is_some_and(|found| matches!(&found.wakes, Whom::Foreign(known) if known.will_wake(waker)))
    }

    /// Adds a waiter, or has somebody else woken for it. Who was is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn insert(&mut self, id: WaiterId, wakes: Whom) -> Option<Whom> {
        let alone = match self {
            Waiters::Task(known, _) => *known == id,
            Waiters::Others(others) => others.is_none(),
        };
        match wakes {
            Whom::Task(task) if alone => {
                *self = Waiters::Task(id, task);
                None
            }
            wakes => self.others().insert(Waiter { id, wakes }),
        }
    }

    #[cold]
    fn others(&mut self) -> &mut Others {
        if let Waiters::Task(id, task) = *self {
            *self = Waiters::Others(Some(Box::new(Others(vec![Waiter { id, wakes: Whom::Task(task) }]))));
        }
        match self {
            Waiters::Others(others) => others.get_or_insert_default(),
            Waiters::Task(..) => unreachable!("it has just been made one of several"),
        }
    }

    /// Removes a waiter. Who was to be woken is handed back, to be dropped outside of all borrows.
    #[must_use]
    pub(super) fn remove(&mut self, id: WaiterId) -> Option<Whom> {
        match self {
            Waiters::Task(known, task) if *known == id => {
                let task = *task;
                *self = Waiters::default();
                Some(Whom::Task(task))
            }
            Waiters::Others(Some(others)) => {
                let place = others.place_of(id).ok()?;
                Some(others.0.remove(place).wakes)
            }
            _ => None,
        }
    }

    /// Drops all of them, outside of all borrows. A task that is alone needs no drop.
    #[inline]
    pub(super) fn drop_each(self) {
        if let Waiters::Others(Some(others)) = self {
            others.drop_each();
        }
    }

    /// Wakes all, who wait no more.
    #[inline]
    pub(super) fn take_into(&mut self, wakes: &mut Wakes<'_>) {
        match self {
            Waiters::Task(_, task) => {
                wakes.wake(*task);
                *self = Waiters::default();
            }
            Waiters::Others(None) => {}
            Waiters::Others(Some(others)) => others.take_into(wakes),
        }
    }
}

impl Others {
    /// Each on its own, since the drop of each waker may panic.
    fn drop_each(self) {
        self.0.into_iter().for_each(|waiter| contain(|| drop(waiter)));
    }

    fn insert(&mut self, waiter: Waiter) -> Option<Whom> {
        match self.place_of(waiter.id) {
            Ok(place) => Some(mem::replace(&mut self.0[place].wakes, waiter.wakes)),
            Err(place) => {
                self.0.insert(place, waiter);
                None
            }
        }
    }

    #[cold]
    fn take_into(&mut self, wakes: &mut Wakes<'_>) {
        // Those who were many will be many again: the memory is kept.
        self.0.drain(..).for_each(|waiter| waiter.wakes.wake_by(wakes));
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

    fn foreign<const N: usize>() -> [(WaiterId, Waker); N] {
        ids().map(|id| (id, Waker::from(Arc::new(Nobody))))
    }

    fn ids<const N: usize>() -> [WaiterId; N] {
        let mut id = WaiterId::POLLER;
        [(); N].map(|()| {
            id = id.next();
            id
        })
    }

    fn task(bits: u64) -> TaskToken {
        TaskToken::from_bits(bits)
    }

    #[test]
    fn each_waiter_is_known_by_its_id_until_it_is_removed() {
        let mut waiters = Waiters::default();
        let known = foreign::<3>();
        // Out of order, as when a future that was polled before is polled again.
        for place in [1, 2, 0] {
            assert!(waiters.insert(known[place].0, Whom::Foreign(known[place].1.clone())).is_none());
        }
        assert!(known.iter().all(|(id, waker)| waiters.has_foreign(*id, waker)));
        assert!(!waiters.has_foreign(known[0].0, &known[1].1));
        for (id, waker) in &known {
            assert!(matches!(waiters.remove(*id), Some(Whom::Foreign(removed)) if removed.will_wake(waker)));
            assert!(waiters.remove(*id).is_none());
        }
        assert!(waiters.is_empty());
    }

    #[test]
    fn a_waiter_that_comes_with_another_waker_hands_back_the_former() {
        let [(first, old), (second, new)] = foreign();
        let mut waiters = Waiters::default();
        assert!(waiters.insert(first, Whom::Foreign(old.clone())).is_none());
        let former = waiters.insert(first, Whom::Foreign(new.clone()));
        assert!(matches!(former, Some(Whom::Foreign(former)) if former.will_wake(&old)));
        assert!(waiters.insert(second, Whom::Foreign(new.clone())).is_none());
        let former = waiters.insert(second, Whom::Foreign(old.clone()));
        assert!(matches!(former, Some(Whom::Foreign(former)) if former.will_wake(&new)));
        assert!(waiters.has_foreign(first, &new) && waiters.has_foreign(second, &old));
        assert!(matches!(waiters, Waiters::Others(Some(others)) if others.0.len() == 2));
    }

    #[test]
    fn one_task_after_another_takes_no_allocation() {
        let mut waiters = Waiters::default();
        for id in ids::<3>() {
            assert!(waiters.begin(id, task(0)) && !waiters.begin(id, task(0)));
            assert!(waiters.insert(id, Whom::Task(task(1))).is_none());
            assert!(matches!(waiters, Waiters::Task(..)) && !waiters.is_empty());
            assert!(matches!(waiters.remove(id), Some(Whom::Task(removed)) if removed == task(1)));
            assert!(waiters.is_empty());
        }
    }

    #[test]
    fn a_task_that_waits_twice_is_there_twice() {
        let mut waiters = Waiters::default();
        let [first, second, third] = ids();
        for id in [first, second] {
            assert!(waiters.insert(id, Whom::Task(task(7))).is_none());
        }
        assert!(waiters.remove(third).is_none());
        assert!(waiters.remove(first).is_some() && !waiters.is_empty());
        // Whom it wakes may change, of whatever kind it is.
        let waker = Waker::from(Arc::new(Nobody));
        assert!(matches!(waiters.insert(second, Whom::Foreign(waker)), Some(Whom::Task(_))));
        assert!(matches!(waiters.insert(second, Whom::Task(task(7))), Some(Whom::Foreign(_))));
        assert!(waiters.remove(second).is_some() && waiters.is_empty());
    }
}
