#![forbid(unsafe_code)]

use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::abort_handle::AbortHandle;
use super::latch::Latch;
use super::slab::{Key, Slab};
use super::sync::Mutex;

/// The tasks of a group. It knows them by what aborts them alone, so it keeps none alive.
#[derive(Default)]
pub(super) struct Members {
    state: Mutex<State>,
    /// Set when all have left and none can join any more.
    pub(super) finished: Arc<Latch>,
}

#[derive(Default)]
struct State {
    /// None for a task that is just being spawned.
    tasks: Slab<Option<AbortHandle>>,
    closed: bool,
}

impl Members {
    /// Lets one more join, unless the group is closed.
    pub(super) fn join(self: &Arc<Self>) -> Option<Membership> {
        let key = self.with(|state| (!state.closed).then(|| state.tasks.insert(None)))?;
        Some(Membership { key, members: Arc::clone(self) })
    }

    /// Notes what aborts a member that has joined.
    pub(super) fn introduce(&self, member: Key, handle: &AbortHandle) {
        let closed = self.with(|state| {
            if let Some(place) = state.tasks.get_mut(member) {
                *place = Some(handle.clone());
            }
            state.closed
        });
        // Another thread has closed the group meanwhile, and may have aborted those that it found.
        if closed {
            handle.abort();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.with(|state| state.tasks.len())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.with(|state| state.closed)
    }

    pub(super) fn close(&self) {
        let finished = self.with(|state| {
            state.closed = true;
            state.tasks.len() == 0
        });
        if finished {
            self.finished.set();
        }
    }

    /// Aborts all, and says how many they were.
    pub(super) fn abort_all(&self) -> usize {
        let tasks: Vec<AbortHandle> = self.with(|state| state.tasks.iter().flatten().cloned().collect());
        tasks.iter().for_each(AbortHandle::abort);
        tasks.len()
    }

    fn leave(&self, member: Key) {
        let (task, finished) = self.with(|state| {
            let task = state.tasks.remove(member);
            (task, state.closed && state.tasks.len() == 0)
        });
        drop(task);
        if finished {
            self.finished.set();
        }
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        // No user code runs under the lock, so a poisoned one has nothing half-done in it.
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A place among the members, given back when it is dropped.
pub(super) struct Membership {
    key: Key,
    members: Arc<Members>,
}

impl Membership {
    pub(super) fn key(&self) -> Key {
        self.key
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.members.leave(self.key);
    }
}

pin_project! {
    /// The future of a member. The order of the fields matters: the place is given back when the future is gone.
    pub(super) struct Member<F> {
        #[pin]
        future: F,
        membership: Membership,
    }
}

impl<F> Member<F> {
    pub(super) fn new(future: F, membership: Membership) -> Member<F> {
        Member { future, membership }
    }
}

impl<F: Future> Future for Member<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}
