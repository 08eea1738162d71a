#![forbid(unsafe_code)]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::contain::contain;
use super::join_error::Cancellation;
use super::ready_list::{Member, ReadyList};
use super::slab::{Key, Slab};
use super::task::TaskRef;

/// Where the tasks of a scope live. The scope's future owns it, and all others hold it weakly: with that future goes the
/// nursery, and with the nursery go the tasks. So none outlives what it borrows, and none keeps itself alive.
///
/// The lifetime is invariant, since tasks go in and results come out. What follows would free what is in use, and must
/// not compile.
///
/// A scope that is dropped after what its tasks borrow, whose drop would see it:
///
/// ```compile_fail,E0597
/// let mut scope = None;
/// let word = String::from("dropped first");
/// scope = Some(epore::scope(async |scope| drop(scope.spawn(async { word.len() }))));
/// ```
///
/// Data that is moved away while a scope is half done:
///
/// ```compile_fail,E0505
/// let word = String::from("moved");
/// let scope = epore::scope(async |scope| drop(scope.spawn(async { word.len() })));
/// drop(word);
/// epore::block_on(scope);
/// ```
///
/// A task that borrows from the task that spawns it, which may be over first:
///
/// ```compile_fail,E0597
/// let scope = epore::scope(async |scope| {
///     let inner = scope.clone();
///     scope.spawn(async move {
///         let own = String::from("gone with the outer task");
///         let borrowed = &own;
///         inner.spawn(async move { borrowed.len() });
///     });
/// });
/// ```
///
/// A scope that is passed off as one of a shorter lifetime, to be given tasks that it outlives:
///
/// ```compile_fail
/// fn shorten<'short, 'long: 'short>(scope: epore::Scope<'long>) -> epore::Scope<'short> {
///     scope
/// }
/// ```
///
/// Or as one of a longer lifetime, to be kept beyond its end:
///
/// ```compile_fail
/// fn lengthen<'short, 'long: 'short>(scope: epore::Scope<'short>) -> epore::Scope<'long> {
///     scope
/// }
/// ```
///
/// A result that is kept for longer than what it borrows:
///
/// ```compile_fail,E0597
/// let result = {
///     let word = String::from("gone before the result");
///     epore::block_on(epore::scope(async |scope| scope.spawn(async { &word })))
/// };
/// epore::block_on(result).unwrap();
/// ```
///
/// A scope, or a handle, on another thread, where its tasks would be dropped or spawned:
///
/// ```compile_fail,E0277
/// let scope = epore::scope(async |_| {});
/// std::thread::spawn(move || drop(scope));
/// ```
///
/// ```compile_fail,E0277
/// epore::scope(async |scope| {
///     std::thread::spawn(move || drop(scope));
/// });
/// ```
///
/// A task of the runtime, which anything may outlive, that is given a scope's borrows:
///
/// ```compile_fail,E0597
/// epore::block_on(async {
///     let word = String::from("gone before the task");
///     epore::spawn(epore::scope(async |scope| drop(scope.spawn(async { word.len() }))));
/// });
/// ```
#[derive(Default)]
pub(super) struct Nursery<'env> {
    /// Those that have not finished.
    tasks: RefCell<Slab<Nursling<'env>>>,
    ready: Arc<ReadyList>,
    /// The first panic that is nobody's but the scope's.
    panic: Cell<Option<Payload>>,
}

struct Nursling<'env> {
    task: TaskRef<'env>,
    /// Who waits for the result, mostly another task of the scope. It is kept here, since its waker is no token.
    waiter: Option<Waker>,
}

/// How many share a task that is being run when its handle is gone: the list of tasks, and whoever runs it.
const SHARES_OF_NURSERY: u32 = 2;

pub(super) type Payload = Box<dyn Any + Send>;

impl<'env> Nursery<'env> {
    /// Adds a task. It is to be woken for its first poll, with the nursery let go.
    pub(super) fn insert(&self, task: TaskRef<'env>) -> Arc<Member> {
        let key = self.tasks.borrow_mut().insert(Nursling { task, waiter: None });
        self.ready.member(key)
    }

    /// Has the waker woken when a task has finished, and no other. False means that it has finished.
    pub(super) fn wait(&self, key: Key, waker: &Waker) -> bool {
        let known = match self.tasks.borrow().get(key) {
            Some(nursling) => nursling.waiter.as_ref().is_some_and(|waiter| waiter.will_wake(waker)),
            None => return false,
        };
        // Cloning and dropping wakers is foreign code, which runs outside of the borrow.
        known || self.set_waiter(key, Some(waker.clone()))
    }

    /// Lets go of whoever waits for a task.
    pub(super) fn forget_waiter(&self, key: Key) {
        self.set_waiter(key, None);
    }

    fn set_waiter(&self, key: Key, waiter: Option<Waker>) -> bool {
        let mut tasks = self.tasks.borrow_mut();
        let place = tasks.get_mut(key).map(|nursling| &mut nursling.waiter);
        let is_there = place.is_some();
        let former = place.map(|place| mem::replace(place, waiter));
        drop(tasks);
        contain(|| drop(former));
        is_there
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.borrow().len() == 0
    }

    pub(super) fn ready(&self) -> &ReadyList {
        &self.ready
    }

    /// Polls a task once, if it is still there.
    pub(super) fn run(&self, member: Arc<Member>) {
        let key = member.key();
        let task = self.tasks.borrow().get(key).map(|nursling| nursling.task.clone());
        let Some(task) = task else { return };
        member.unlist();
        let waker = Waker::from(member);
        match catch_unwind(AssertUnwindSafe(|| task.run(&mut Context::from_waker(&waker)))) {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(())) => self.retire(key, task),
            Err(payload) => self.retire_panicked(key, task, payload),
        }
    }

    fn retire(&self, key: Key, task: TaskRef<'env>) {
        let held = self.tasks.borrow_mut().remove(key);
        if let Some(Nursling { task, waiter }) = held {
            notify(&task, waiter);
        }
        contain(|| drop(task));
    }

    #[cold]
    fn retire_panicked(&self, key: Key, task: TaskRef<'env>, payload: Payload) {
        // The future goes first: it may hold the handle of its own task.
        contain(|| task.cancel(Cancellation::ScopeEnded));
        if task.shares() == SHARES_OF_NURSERY {
            self.note_panic(payload);
        } else {
            contain(|| task.fail(payload));
        }
        self.retire(key, task);
    }

    /// Takes a panic that nobody will ask for.
    pub(super) fn note_panic(&self, payload: Payload) {
        let first = self.panic.take();
        let (first, other) = match first {
            None => (payload, None),
            Some(first) => (first, Some(payload)),
        };
        self.panic.set(Some(first));
        contain(|| drop(other));
    }

    pub(super) fn take_panic(&self) -> Option<Payload> {
        self.panic.take()
    }
}

impl Drop for Nursery<'_> {
    fn drop(&mut self) {
        let mut tasks = mem::take(self.tasks.get_mut());
        while let Some(Nursling { task, waiter }) = tasks.pop() {
            contain(|| task.cancel(Cancellation::ScopeEnded));
            notify(&task, waiter);
            contain(|| drop(task));
        }
        let (waiter, panic) = (self.ready.take_waiter(), self.panic.take());
        contain(|| drop(waiter));
        contain(|| drop(panic));
    }
}

fn notify(task: &TaskRef<'_>, waiter: Option<Waker>) {
    task.notify();
    if let Some(waiter) = waiter {
        contain(|| waiter.wake());
    }
}
