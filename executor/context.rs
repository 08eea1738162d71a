//! Which runtime this thread is in at the moment.

use std::cell::Cell;
use std::ptr;

use super::core::Core;

thread_local! {
    // A plain pointer needs no destructor, so it can be read at any time in the life of a thread, its end included.
    static CURRENT: Cell<*const Core> = const { Cell::new(ptr::null()) };
}

/// Calls `f` with the runtime that this thread is in, if it is in one.
///
/// The pointer is sound as no runtime, and nothing that shares its tasks, leaves its thread. None of this compiles:
///
/// ```compile_fail,E0277
/// let runtime = epore::Runtime::new().unwrap();
/// std::thread::spawn(move || runtime.block_on(async {}));   // a runtime on another thread
/// ```
///
/// ```compile_fail,E0277
/// let runtime = epore::Runtime::new().unwrap();
/// std::thread::scope(|threads| {
///     threads.spawn(|| runtime.spawn(async {}));   // a runtime that two threads share
/// });
/// ```
///
/// ```compile_fail,E0277
/// # epore::block_on(async {
/// let task = epore::spawn(async {});
/// std::thread::spawn(move || drop(task));   // a handle, which owns a share of its task
/// # });
/// ```
///
/// ```compile_fail,E0277
/// # epore::block_on(async {
/// let mut set = epore::JoinSet::new();
/// set.spawn(async {});
/// std::thread::spawn(move || drop(set));   // a set of such handles
/// # });
/// ```
///
/// ```compile_fail
/// # epore::block_on(async {
/// let handle = epore::Handle::current();
/// let ours = std::rc::Rc::new(1);
/// handle.spawn(async move { *ours });   // a future that may have to travel and cannot
/// # });
/// ```
///
/// ```compile_fail,E0277
/// # epore::block_on(async {
/// let ours = std::rc::Rc::new(1);
/// epore::spawn_blocking(move || *ours);   // work for another thread with what cannot go there
/// # });
/// ```
///
/// ```compile_fail,E0277
/// # epore::block_on(async {
/// epore::Handle::current().spawn(async { std::rc::Rc::new(1) });   // a result that cannot come back
/// # });
/// ```
///
/// Nor does a task borrow what may end before it:
///
/// ```compile_fail,E0597
/// # epore::block_on(async {
/// let task;
/// {
///     let text = String::from("short-lived");
///     let borrowed = &text;
///     task = epore::spawn(async move { borrowed.len() });
/// }
/// task.await.unwrap();
/// # });
/// ```
///
/// ```compile_fail,E0597
/// # epore::block_on(async {
/// let text = String::from("on the stack");
/// let borrowed = &text;
/// let work = epore::spawn_blocking(move || borrowed.len());
/// work.await.unwrap();
/// # });
/// ```
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
