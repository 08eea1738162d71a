#![forbid(unsafe_code)]

use std::mem;
use std::panic::Location;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use super::abort_handle::{Abort, AbortHandle};
use super::contain::contain;
use super::join_error::{Cancellation, JoinError};
use super::join_handle::Join;
use super::sync::Mutex;

/// A result that is made on one thread and awaited on another.
///
/// The wakers in it are taken out under the lock and woken or dropped after it.
pub(super) struct Promise<T> {
    pub(super) site: &'static Location<'static>,
    state: Mutex<State<T>>,
}

struct State<T> {
    stage: Stage<T>,
    aborted: bool,
    /// Whoever awaits the result.
    waiter: Option<Waker>,
    /// The task that makes the result, if a task does: it is woken so that it sees an abort.
    maker: Option<Waker>,
}

enum Stage<T> {
    /// Nobody has begun.
    Waiting,
    /// Somebody is at it.
    Begun,
    Settled(Result<T, JoinError>),
    Taken,
}

impl<T> Promise<T> {
    pub(super) fn new(site: &'static Location<'static>) -> Arc<Promise<T>> {
        let state = State { stage: Stage::Waiting, aborted: false, waiter: None, maker: None };
        Arc::new(Promise { site, state: Mutex::new(state) })
    }

    /// Begins the work. False means that it is not wanted any more.
    pub(super) fn begin(&self) -> bool {
        self.with(|state| {
            let wanted = matches!(state.stage, Stage::Waiting);
            if wanted {
                state.stage = Stage::Begun;
            }
            wanted
        })
    }

    /// Gives the result, unless there is one already.
    pub(super) fn settle(&self, result: Result<T, JoinError>) {
        let mut result = Some(result);
        let waiter = self.with(|state| {
            if !matches!(state.stage, Stage::Waiting | Stage::Begun) {
                return None;
            }
            state.stage = Stage::Settled(result.take()?);
            state.waiter.take()
        });
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    /// Whether the task that makes the result is to stop. If not, it will be woken when that changes.
    pub(super) fn poll_aborted(&self, cx: &mut Context<'_>) -> bool {
        let (aborted, known) =
            self.with(|state| (state.aborted, state.maker.as_ref().is_some_and(|maker| maker.will_wake(cx.waker()))));
        if aborted || known {
            return aborted;
        }
        let maker = cx.waker().clone();
        let (aborted, former) = self.with(|state| (state.aborted, state.maker.replace(maker)));
        drop(former);
        aborted
    }

    fn with<R>(&self, f: impl FnOnce(&mut State<T>) -> R) -> R {
        // No user code runs under the lock, so a poisoned one has nothing half-done in it.
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the handles ask, on whatever thread they are.
impl<T> Promise<T> {
    pub(super) fn poll_join(&self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        let waiter = cx.waker().clone();
        let (stage, former) = self.with(|state| match state.stage {
            Stage::Waiting | Stage::Begun => (None, state.waiter.replace(waiter)),
            Stage::Settled(_) | Stage::Taken => (Some(mem::replace(&mut state.stage, Stage::Taken)), Some(waiter)),
        });
        drop(former);
        match stage {
            None => Poll::Pending,
            Some(Stage::Settled(result)) => Poll::Ready(result),
            Some(_) => panic!("a handle was polled after it had given its result: await it once"),
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.with(|state| matches!(state.stage, Stage::Settled(_) | Stage::Taken))
    }

    pub(super) fn abort(&self) {
        // In one step, as who begins meanwhile would do work whose result nobody gets.
        let woken = self.with(|state| {
            state.aborted = true;
            let waiting = matches!(state.stage, Stage::Waiting);
            if waiting {
                state.stage = Stage::Settled(Err(JoinError::cancelled(self.site, Cancellation::Aborted)));
            }
            [if waiting { state.waiter.take() } else { None }, state.maker.take()]
        });
        woken.into_iter().flatten().for_each(Waker::wake);
    }

    pub(super) fn forget_waiter(&self) {
        let waiter = self.with(|state| state.waiter.take());
        contain(|| drop(waiter));
    }
}

impl<T: Send> Abort for Promise<T> {
    fn abort(&self) {
        Promise::abort(self);
    }

    fn is_finished(&self) -> bool {
        Promise::is_finished(self)
    }
}

impl<T: Send + 'static> Join<T> for Arc<Promise<T>> {
    fn poll_join(&self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        Promise::poll_join(self, cx)
    }

    fn is_finished(&self) -> bool {
        Promise::is_finished(self)
    }

    fn abort_handle(&self) -> AbortHandle {
        let work: Arc<dyn Abort> = Arc::<Promise<T>>::clone(self);
        AbortHandle::new(Arc::downgrade(&work))
    }

    fn set_waiter(&self, waiter: Waker) {
        let mut waiter = Some(waiter);
        let former = self.with(|state| match state.stage {
            Stage::Waiting | Stage::Begun => mem::replace(&mut state.waiter, waiter.take()),
            Stage::Settled(_) | Stage::Taken => None,
        });
        drop(former);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    fn forget_waiter(&self) {
        Promise::forget_waiter(self);
    }
}

/// The duty to settle a promise. Dropped without that, as it is with its runtime, it settles it as cancelled, so that nobody
/// waits in vain.
pub(super) struct Duty<T>(pub(super) Arc<Promise<T>>);

impl<T> Drop for Duty<T> {
    fn drop(&mut self) {
        let aborted = self.0.with(|state| state.aborted);
        let why = if aborted { Cancellation::Aborted } else { Cancellation::RuntimeDropped };
        self.0.settle(Err(JoinError::cancelled(self.0.site, why)));
    }
}
