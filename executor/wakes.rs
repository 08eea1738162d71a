#![forbid(unsafe_code)]

use std::cell::{RefCell, RefMut};
use std::mem::ManuallyDrop;
use std::task::Waker;

use super::tasks::Tasks;
use super::token::TaskToken;
use super::{trace, waker};

/// Takes the wakers of those who have something to wake for.
///
/// A task of this runtime is queued at once, which runs no foreign code. All other wakers are kept until nothing is
/// borrowed any more.
pub(super) struct Wakes<'a> {
    pub(super) tasks: RefMut<'a, Tasks>,
    pub(super) foreign: &'a RefCell<Vec<Waker>>,
}

impl Wakes<'_> {
    #[inline]
    pub(super) fn push(&mut self, waker: Waker) {
        if trace::is_wanted() {
            return self.keep(waker);
        }
        match waker::token_of(&waker) {
            Some(token) if self.tasks.wake(token) => self.tasks.fetch(token),
            _ => self.keep(waker),
        }
    }

    /// Wakes a task of this runtime by its name.
    #[inline]
    pub(super) fn wake(&mut self, task: TaskToken) {
        if trace::is_wanted() {
            return self.keep(ManuallyDrop::into_inner(waker::for_token(task)));
        }
        // If it is gone, there is nobody to wake.
        let _gone = self.tasks.wake(task);
    }

    #[cold]
    fn keep(&mut self, waker: Waker) {
        self.foreign.borrow_mut().push(waker);
    }
}
