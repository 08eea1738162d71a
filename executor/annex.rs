#![forbid(unsafe_code)]

use std::mem;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Arc, OnceLock, PoisonError};
use std::task::Waker;

use super::abort_handle::Abort;
use super::contain::contain;
use super::sync::{AtomicBool, Mutex};

/// What only few tasks need, beside them: the mark by which a task is aborted, and a waiter whose waker is no token. It is
/// made for the first who asks.
///
/// It is shared with those who may abort the task. The task owns it, so the mark can reach no other.
pub(super) struct Annex {
    /// Brings the runtime to look at the mark; it may be stale. Nobody, if the task was cancelled before it had a name.
    task: OnceLock<Waker>,
    aborted: AtomicBool,
    finished: AtomicBool,
    /// Only the task's own thread comes here, but what is shared must be locked.
    waiter: Mutex<Option<Waker>>,
}

impl Annex {
    pub(super) fn new(waiter: Option<Waker>, finished: bool) -> Arc<Annex> {
        Arc::new(Annex {
            task: OnceLock::new(),
            aborted: AtomicBool::new(false),
            finished: AtomicBool::new(finished),
            waiter: Mutex::new(waiter),
        })
    }

    /// Says whom an abort wakes, unless it is known already.
    pub(super) fn set_task(&self, task: Option<Waker>) {
        if let Some(task) = task {
            // One that is known already is the same.
            let _known = self.task.set(task);
        }
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.aborted.load(Relaxed)
    }

    /// Has the waker woken when the task has finished, which may be at once, and no other.
    pub(super) fn wait(&self, waker: &Waker) {
        if !self.with_waiter(|waiter| waiter.as_ref().is_some_and(|waiter| waiter.will_wake(waker))) {
            let waker = waker.clone();
            // The clone is foreign code, in which the task may have run to its end.
            if self.is_finished() {
                return waker.wake();
            }
            let former = self.with_waiter(|waiter| waiter.replace(waker));
            drop(former);
        }
    }

    #[cold]
    pub(super) fn forget_waiter(&self) {
        let waiter = self.with_waiter(mem::take);
        contain(|| drop(waiter));
    }

    /// Says that the task has finished, to all who may abort it and to the waiter.
    #[cold]
    pub(super) fn finish(&self) {
        self.finished.store(true, Release);
        if let Some(waiter) = self.with_waiter(mem::take) {
            contain(|| waiter.wake());
        }
    }

    fn with_waiter<R>(&self, f: impl FnOnce(&mut Option<Waker>) -> R) -> R {
        // No user code runs under the lock, so a poisoned one has nothing half-done in it.
        f(&mut self.waiter.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Abort for Annex {
    fn abort(&self) {
        if self.is_finished() {
            return;
        }
        // The wake orders the mark before the poll that it causes: it goes through the lock of an inbox, through the
        // flag of a `Member`, or is on the runtime's own thread.
        self.aborted.store(true, Relaxed);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }

    fn is_finished(&self) -> bool {
        self.finished.load(Acquire)
    }
}
