//! Which runtime this thread is in at the moment.

use std::cell::Cell;
use std::ptr;

use super::core::Core;

thread_local! {
    // A plain pointer needs no destructor, so it can be read at any time in the life of a thread, its end included.
    static CURRENT: Cell<*const Core> = const { Cell::new(ptr::null()) };
}

/// Calls `f` with the runtime that this thread is in, if it is in one.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&Core) -> R) -> Option<R> {
    // SAFETY: the pointer is null or was set by an `enter` that is still on the stack, as its guard, which always
    // runs, puts the former one back. That `enter` borrows the `Core` until it returns, which is after `f` has.
    unsafe { CURRENT.get().as_ref() }.map(f)
}

/// Calls `f` with `core` as the runtime that this thread is in.
pub(super) fn enter<R>(core: &Core, f: impl FnOnce() -> R) -> R {
    let _leave = Leave(CURRENT.replace(core));
    f()
}

/// Whether this thread is in a runtime.
pub(super) fn is_entered() -> bool {
    !CURRENT.get().is_null()
}

struct Leave(*const Core);

impl Drop for Leave {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}
