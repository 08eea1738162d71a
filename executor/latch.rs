#![forbid(unsafe_code)]

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use super::contain::contain;
use super::slab::{Key, Slab};
use super::sync::Mutex;

/// Something that becomes true once and stays so, for any number of waiters on any threads.
#[derive(Default)]
pub(super) struct Latch(Mutex<State>);

#[derive(Default)]
struct State {
    is_set: bool,
    /// Empty once it is set. So no key is given out after that, and those of waiters that were woken name nobody.
    waiters: Slab<Waker>,
}

impl Latch {
    pub(super) fn is_set(&self) -> bool {
        self.with(|state| state.is_set)
    }

    /// Makes it true, and wakes all who wait, in no particular order. A panic of one does not keep the others asleep.
    pub(super) fn set(&self) {
        let mut waiters = self.with(|state| {
            state.is_set = true;
            mem::take(&mut state.waiters)
        });
        while let Some(waiter) = waiters.pop() {
            contain(|| waiter.wake());
        }
    }

    pub(super) fn wait(self: &Arc<Self>) -> Wait {
        Wait { latch: Arc::clone(self), waiter: None }
    }

    fn poll(&self, waiter: &mut Option<Key>, cx: &mut Context<'_>) -> Poll<()> {
        let (is_set, is_known) = self.with(|state| {
            let known = waiter.and_then(|key| state.waiters.get(key));
            (state.is_set, known.is_some_and(|known| known.will_wake(cx.waker())))
        });
        if is_set {
            return Poll::Ready(());
        }
        if is_known {
            return Poll::Pending;
        }
        // Cloning and dropping wakers is foreign code, which runs outside of the lock.
        let waker = cx.waker().clone();
        let (polled, former) = self.with(|state| {
            if state.is_set {
                return (Poll::Ready(()), Some(waker));
            }
            let Some(place) = waiter.and_then(|key| state.waiters.get_mut(key)) else {
                *waiter = Some(state.waiters.insert(waker));
                return (Poll::Pending, None);
            };
            (Poll::Pending, Some(mem::replace(place, waker)))
        });
        drop(former);
        polled
    }

    /// Forgets a waiter that was dropped. Its task may be unwinding, so the panic of its waker must not come out.
    fn forget(&self, waiter: Key) {
        let waker = self.with(|state| state.waiters.remove(waiter));
        contain(|| drop(waker));
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        // No user code runs under the lock, so a poisoned one has nothing half-done in it.
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits until a latch is set. Dropped, it takes its waker with it.
pub(super) struct Wait {
    latch: Arc<Latch>,
    /// None until it has had to wait.
    waiter: Option<Key>,
}

impl Wait {
    /// Whether the latch is set.
    pub(super) fn is_over(&self) -> bool {
        self.latch.is_set()
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Wait { latch, waiter } = &mut *self;
        latch.poll(waiter, cx)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            self.latch.forget(waiter);
        }
    }
}
