#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, PoisonError, Weak};
use std::task::{Context, Wake, Waker};

use super::contain::contain;
use super::slab::Key;
use super::sync::{AtomicBool, Mutex};

/// The members of a group that were woken, first in, first out, and whoever waits for the next. It knows them but by
/// name, so it keeps none alive.
///
/// It is shared with the wakers of the members, which may be on any thread, and outlive it.
#[derive(Default)]
pub(super) struct ReadyList(Mutex<State>);

#[derive(Default)]
struct State {
    ready: VecDeque<Arc<Member>>,
    waiter: Option<Waker>,
}

impl ReadyList {
    /// Names a member. As a waker, it puts itself on the list.
    pub(super) fn member(self: &Arc<Self>, key: Key) -> Arc<Member> {
        Arc::new(Member { key, listed: AtomicBool::new(false), list: Arc::downgrade(self) })
    }

    pub(super) fn pop(&self) -> Option<Arc<Member>> {
        self.with(|state| state.ready.pop_front())
    }

    /// Moves all that are on the list to the end of `turn`.
    pub(super) fn take_into(&self, turn: &mut VecDeque<Arc<Member>>) {
        self.with(|state| turn.append(&mut state.ready));
    }

    /// Has the caller woken when the next member is ready. False means that one is.
    pub(super) fn wait(&self, cx: &mut Context<'_>) -> bool {
        let waiter = cx.waker().clone();
        let (waits, former) = self.with(|state| match state.ready.is_empty() {
            true => (true, state.waiter.replace(waiter)),
            false => (false, Some(waiter)),
        });
        drop(former);
        waits
    }

    pub(super) fn take_waiter(&self) -> Option<Waker> {
        self.with(|state| state.waiter.take())
    }

    fn add(&self, member: Arc<Member>) {
        let waiter = self.with(|state| {
            state.ready.push_back(member);
            state.waiter.take()
        });
        if let Some(waiter) = waiter {
            // A panic in it must not keep others from being told.
            contain(|| waiter.wake());
        }
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        // No user code runs under the lock, so a poisoned one has nothing half-done in it.
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The name of a member, and its waker.
pub(super) struct Member {
    key: Key,
    /// Set when it is put on the list, so that a member which is woken twice stands there once.
    listed: AtomicBool,
    /// Weak, since the list holds members.
    list: Weak<ReadyList>,
}

impl Member {
    pub(super) fn key(&self) -> Key {
        self.key
    }

    /// To be called before the member is polled: a wake from now on puts it on the list again.
    pub(super) fn unlist(&self) {
        // Pairs with the wakes that found it listed, so that the poll sees what was done before them.
        self.listed.swap(false, Acquire);
    }

    fn is_first_wake(&self) -> bool {
        !self.listed.swap(true, Release)
    }
}

impl Wake for Member {
    fn wake(self: Arc<Self>) {
        if self.is_first_wake()
            && let Some(list) = self.list.upgrade()
        {
            list.add(self);
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.is_first_wake()
            && let Some(list) = self.list.upgrade()
        {
            list.add(Arc::clone(self));
        }
    }
}
