//! A spawned future, its output and whoever waits for it, in one allocation.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::abort_handle::{Abort, AbortHandle, AbortMark};
use super::contain::contain;
use super::join_error::JoinError;
use super::join_handle::Join;

/// The task as the executor sees it.
pub(super) trait Run {
    /// Polls the future once, or drops it if the task was aborted. Ready means that the task has finished.
    ///
    /// A panic of the future, in its poll or its drop, passes through; [`fail`](Run::fail) is to be called then.
    fn run(self: Rc<Self>, cx: &mut Context<'_>) -> Poll<()>;

    /// Finishes the task with a panic for its result.
    fn fail(&self, payload: Box<dyn Any + Send>);

    /// Drops the future where it stands, and finishes the task as cancelled.
    fn cancel(&self);

    /// Tells those who wait for the result, or ask for it from other threads.
    fn notify(&self);
}

/// A spawned future. The executor holds it as `Rc<dyn Run>` until it has finished, the handle as `Rc<dyn Join<T>>`.
pub(super) struct Task<F: Future> {
    site: &'static Location<'static>,
    /// Marked by whoever aborts, seen by the executor when it runs the task next: only there is the future dropped. Few
    /// tasks are ever aborted, so it is made for the first who asks.
    abort: OnceCell<Arc<AbortMark>>,
    /// Who waits for the result. In a `Cell`, never a `RefCell`, since dropping or waking it runs foreign code.
    waiter: Cell<Option<Waker>>,
    /// Borrowed for as long as the future is polled or dropped, the one borrow that is held while user code runs. So
    /// all that may be called meanwhile, by the future about itself, borrows with `try_borrow`.
    stage: RefCell<Stage<F>>,
}

/// The life of a task: it runs, has finished, and its result was taken.
enum Stage<F: Future> {
    Running(F),
    Finished(Result<F::Output, JoinError>),
    Taken,
}

impl<F: Future> Task<F> {
    pub(super) fn new(future: F, site: &'static Location<'static>) -> Task<F> {
        let stage = RefCell::new(Stage::Running(future));
        Task { site, abort: OnceCell::new(), waiter: Cell::new(None), stage }
    }
}

impl<F: Future> Run for Task<F> {
    fn run(self: Rc<Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut stage = self.stage.borrow_mut();
        let Stage::Running(future) = &mut *stage else {
            return Poll::Ready(());
        };
        let result = if self.abort.get().is_some_and(|mark| mark.is_aborted()) {
            Err(JoinError::cancelled(self.site))
        } else {
            // SAFETY: the future never moves. It was moved into the task before the first poll; the task is only ever
            // in an `Rc`, whose content stays put; and a running stage is overwritten, which drops the future in
            // place, but never moved out of: `poll_join` takes the stage only once it has finished.
            let future = unsafe { Pin::new_unchecked(future) };
            match future.poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(output) => Ok(output),
            }
        };
        *stage = Stage::Finished(result);
        Poll::Ready(())
    }

    fn fail(&self, payload: Box<dyn Any + Send>) {
        *self.stage.borrow_mut() = Stage::Finished(Err(JoinError::panic(self.site, payload)));
    }

    fn cancel(&self) {
        let mut stage = self.stage.borrow_mut();
        if let Stage::Running(_) = *stage {
            *stage = Stage::Finished(Err(JoinError::cancelled(self.site)));
        }
    }

    fn notify(&self) {
        if let Some(mark) = self.abort.get() {
            mark.finish();
        }
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }
}

impl<F: Future> Join<F::Output> for Task<F> {
    fn poll_join(&self, cx: &mut Context<'_>) -> Poll<Result<F::Output, JoinError>> {
        // A stage that is borrowed belongs to a task that asks for its own result, which is not there yet.
        if let Ok(mut stage) = self.stage.try_borrow_mut()
            && !matches!(*stage, Stage::Running(_))
        {
            let Stage::Finished(result) = mem::replace(&mut *stage, Stage::Taken) else {
                panic!("a JoinHandle was polled after it had given its result: await it once");
            };
            return Poll::Ready(result);
        }
        let waiter = self.waiter.take().filter(|waiter| waiter.will_wake(cx.waker()));
        self.waiter.set(Some(waiter.unwrap_or_else(|| cx.waker().clone())));
        Poll::Pending
    }

    fn is_finished(&self) -> bool {
        self.stage.try_borrow().is_ok_and(|stage| !matches!(*stage, Stage::Running(_)))
    }

    fn abort_handle(&self, task: Option<Waker>) -> AbortHandle {
        let mark = self.abort.get_or_init(|| AbortMark::new(task, self.is_finished()));
        let mark: Arc<dyn Abort> = Arc::<AbortMark>::clone(mark);
        AbortHandle::new(Arc::downgrade(&mark))
    }

    fn set_waiter(&self, waiter: Waker) {
        if self.is_finished() {
            waiter.wake();
        } else {
            let former = self.waiter.replace(Some(waiter));
            drop(former);
        }
    }

    fn forget_waiter(&self) {
        let waiter = self.waiter.take();
        contain(|| drop(waiter));
    }
}
