//! A waker is a token: its data word names the task and points nowhere.

use std::mem::ManuallyDrop;
use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::token::TaskToken;
use super::{context, inboxes, trace};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, drop);

/// The waker of a task. It needs no drop, so that none is paid for.
#[inline]
pub(super) fn for_token(token: TaskToken) -> ManuallyDrop<Waker> {
    // SAFETY: the functions of the table take any data word whatever, as none of them follows it as a pointer. They
    // keep no state but the static inboxes, which are thread-safe, and so may be called from any thread, in any order.
    ManuallyDrop::new(unsafe { Waker::from_raw(raw(ptr::without_provenance(token.to_bits() as usize))) })
}

/// The token that a waker holds, if it is one of Epore's.
#[inline]
pub(super) fn token_of(waker: &Waker) -> Option<TaskToken> {
    ptr::eq(waker.vtable(), &VTABLE).then(|| TaskToken::from_bits(waker.data().addr() as u64))
}

/// Wakes the named task: directly on the thread of its runtime, else through the inbox.
pub(super) fn wake_token(token: TaskToken) {
    trace::wake(token);
    if context::with(|core| core.wake(token)) != Some(true) {
        wake_elsewhere(token);
    }
}

/// Passes a name on that is none of this thread's. If it was one, its task is gone.
#[cold]
pub(super) fn wake_elsewhere(token: TaskToken) {
    let runtime = token.stamp().runtime();
    if context::with(|core| core.id().index()) != Some(runtime) {
        inboxes::wake(token);
    }
}

#[inline]
fn raw(data: *const ()) -> RawWaker {
    RawWaker::new(data, &VTABLE)
}

unsafe fn clone(data: *const ()) -> RawWaker {
    raw(data)
}

unsafe fn wake(data: *const ()) {
    wake_token(TaskToken::from_bits(data.addr() as u64));
}

unsafe fn drop(_: *const ()) {}
