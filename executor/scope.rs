#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::fmt;
use std::panic::{Location, resume_unwind};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::contain::contain;
use super::join_error::Cancellation;
use super::nursery::Nursery;
use super::ready_list::Member;
use super::scoped_join_handle::ScopedJoinHandle;
use super::task;

/// How many tasks a poll of a scope polls before it yields, so that a scope of many tasks cannot keep the others waiting.
/// The run loop counts a poll of a scope as one: 32 of the shortest, some 35 ns each, make it one of a microsecond, as
/// long as a system call. To come back costs as much as one of them.
const POLLS_PER_SCOPE_POLL: usize = 32;

/// Runs tasks that may borrow what outlives the scope, and waits for all of them.
///
/// `body` is given a [`Scope`] to spawn tasks with. The future that is returned runs its future and all the tasks; it is
/// ready, with the output of the body, when all have finished. Nothing runs before it is polled, and all run within
/// its polls: beside each other, on one thread, and so never at the same instant.
///
/// ```
/// # use std::cell::Cell;
/// # epore::block_on(async {
/// let count = Cell::new(0);
/// let mut words = vec!["two".to_owned()];
///
/// epore::scope(async |scope| {
///     scope.spawn(async { count.set(count.get() + 1) });
///     scope.spawn(async { words.push("words".to_owned()) });
///     count.set(count.get() + 1);
/// })
/// .await;
///
/// assert_eq!(count.get(), 2);
/// assert_eq!(words, ["two", "words"]);
/// # });
/// ```
///
/// The scope's future owns the tasks. Dropping it drops them where they stand, and leaking it leaks them, never to be
/// polled again. That is why they may borrow: what they do is bound to a value of the lifetime `'env`, and checked by
/// the compiler like any other use of it. It needs no runtime, and can be polled by any executor.
///
/// A task that is woken costs the same however many others there are: it alone is polled. Each task takes one
/// allocation more than others. It shares with the others the bound of I/O operations that the surrounding task has in a poll.
///
/// # Panics
///
/// A panic of the body, or of its closure, passes through at once, and the tasks are dropped. A panic of a task becomes
/// the [`JoinError`](crate::JoinError) of its handle, and the others go on; if the handle was dropped without giving
/// it, the future panics with the payload of the first of such panics, when all have finished.
///
/// The future panics when it is polled again after it was ready.
///
/// # Cancel safety
///
/// Dropping the future drops the body and all tasks, also those that were never polled. None is left out when the drop
/// of another panics.
///
/// # What the compiler refuses
///
/// What is borrowed must live longer than the scope's future:
///
/// ```compile_fail,E0597
/// # epore::block_on(async {
/// let scope = {
///     let short = String::from("gone before the scope");
///     let short = &short; // error[E0597]: `short` does not live long enough
///     epore::scope(async move |scope| {
///         scope.spawn(async move { short.len() });
///     })
/// };
/// scope.await;
/// # });
/// ```
///
/// So must it outlive the body's own variables, which go when the body ends and not when the tasks do:
///
/// ```compile_fail,E0597
/// # epore::block_on(
/// epore::scope(async |scope| {
///     let own = String::from("gone when the body ends");
///     let own = &own; // error[E0597]: `own` does not live long enough
///     scope.spawn(async move { own.len() });
/// })
/// # );
/// ```
///
/// And while the scope lives, nobody else may change or move what its tasks borrow:
///
/// ```compile_fail,E0502
/// # epore::block_on(async {
/// let mut words = vec![String::from("first")];
/// let scope = epore::scope(async |scope| {
///     scope.spawn(async { words[0].len() });
/// });
/// words.clear(); // error[E0502]: cannot borrow `words` as mutable
/// scope.await;
/// # });
/// ```
///
/// ```compile_fail,E0499
/// # epore::block_on(async {
/// let mut count = 0;
/// epore::scope(async |scope| {
///     scope.spawn(async { count += 1 });
///     scope.spawn(async { count += 1 }); // error[E0499]: cannot borrow `count` as mutable more than once
/// })
/// .await;
/// # });
/// ```
#[track_caller]
pub fn scope<'env, F, B>(body: F) -> ScopeFuture<'env, B::Output>
where
    F: FnOnce(Scope<'env>) -> B,
    B: Future + 'env,
{
    let nursery = Rc::new(Nursery::default());
    let scope = Scope { nursery: Rc::downgrade(&nursery) };
    let body = body(scope.clone());
    ScopeFuture { body: scope.spawn(body), output: None, nursery: Some(nursery), turn: VecDeque::new() }
}

/// Spawns tasks into a [`scope`](scope()). Given to the scope's body.
///
/// A task that spawns others takes a clone with it, since the original belongs to the body:
///
/// ```
/// # epore::block_on(async {
/// let word = &"hello".to_owned();
/// let length = epore::scope(async |scope| {
///     let inner = scope.clone();
///     let outer = scope.spawn(async move {
///         inner.spawn(async { word.len() }).await.unwrap()
///     });
///     outer.await.unwrap()
/// });
/// assert_eq!(length.await, 5);
/// # });
/// ```
///
/// It keeps neither the scope nor a task alive. Kept after the scope has ended, it refuses to spawn.
#[derive(Clone)]
pub struct Scope<'env> {
    nursery: Weak<Nursery<'env>>,
}

impl<'env> Scope<'env> {
    /// Spawns a task that the scope waits for. It is polled first when the scope comes to it, never within this call.
    ///
    /// When the scope has ended, or is being dropped, the future is dropped at once, and the handle gives an error for
    /// which [`is_cancelled`](crate::JoinError::is_cancelled) holds.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let (mut left, mut right) = (0, 0);
    /// epore::scope(async |scope| {
    ///     scope.spawn(async { left += 1 });
    ///     scope.spawn(async { right += 2 });
    /// })
    /// .await;
    /// assert_eq!((left, right), (1, 2));
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Never: it needs no runtime.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> ScopedJoinHandle<'env, F::Output>
    where
        F: Future + 'env,
    {
        let (task, handle) = task::new(future, Location::caller());
        let member = self.nursery.upgrade().map(|nursery| nursery.insert(task.clone()));
        match &member {
            Some(member) => Wake::wake_by_ref(member),
            None => task.cancel(Cancellation::ScopeEnded),
        }
        ScopedJoinHandle::new(handle, member, self.nursery.clone())
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("ended", &(self.nursery.strong_count() == 0)).finish()
    }
}

/// The future of a [`scope`](scope()). It owns the scope's tasks.
///
/// ```
/// # epore::block_on(async {
/// let mut count = 0;
/// let scope: epore::ScopeFuture<'_, &str> = epore::scope(async |scope| {
///     scope.spawn(async { count += 1 });
///     "done"
/// });
/// assert_eq!(scope.await, "done");
/// assert_eq!(count, 1);
///
/// drop(epore::scope(async |scope| {
///     scope.spawn(async { count += 1 });
/// }));
/// assert_eq!(count, 1);   // nothing runs before the future is polled
/// # });
/// ```
///
/// # Panics
///
/// With what the body, or a task that nobody has joined, panicked with; and when it is polled again after it was ready.
///
/// # Cancel safety
///
/// Dropping it drops the body and all tasks.
#[must_use = "futures do nothing unless they are awaited"]
pub struct ScopeFuture<'env, T> {
    /// None once all have finished.
    nursery: Option<Rc<Nursery<'env>>>,
    /// Those whose turn it is.
    turn: VecDeque<Arc<Member>>,
    body: ScopedJoinHandle<'env, T>,
    /// That of the body, when it has finished before its tasks.
    output: Option<T>,
}

// No future lies in it, as the tasks are on the heap.
impl<T> Unpin for ScopeFuture<'_, T> {}

impl<T> ScopeFuture<'_, T> {
    /// Polls each task that is ready once. One that is woken meanwhile waits for the next turn.
    fn run_turn(&mut self) {
        let Some(nursery) = &self.nursery else {
            panic!("the future of a scope was polled after it was ready: await it once");
        };
        nursery.ready().take_into(&mut self.turn);
        for _ in 0..POLLS_PER_SCOPE_POLL {
            let Some(member) = self.turn.pop_front() else { break };
            nursery.run(member);
        }
    }

    /// Looks whether the body has finished.
    fn collect_output(&mut self) {
        if self.output.is_some() || !self.body.is_finished() {
            return;
        }
        match Pin::new(&mut self.body).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(output)) => self.output = Some(output),
            Poll::Ready(Err(error)) => {
                self.nursery = None;
                resume_unwind(error.into_panic());
            }
            Poll::Pending => unreachable!("a task that has finished has a result"),
        }
    }

    /// Gives the output if all have finished.
    fn take_output(&mut self) -> Option<T> {
        let nursery = self.nursery.take_if(|nursery| nursery.is_empty())?;
        let output = self.output.take();
        if let Some(payload) = nursery.take_panic() {
            contain(|| drop(output));
            resume_unwind(payload);
        }
        output
    }

    /// Has the surrounding task come back when a task is ready, which may be at once.
    fn wait(&self, cx: &mut Context<'_>) {
        let waits = self.nursery.as_ref().is_some_and(|nursery| self.turn.is_empty() && nursery.ready().wait(cx));
        if !waits {
            cx.waker().wake_by_ref();
        }
    }
}

impl<T> Future for ScopeFuture<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.run_turn();
        self.collect_output();
        match self.take_output() {
            Some(output) => Poll::Ready(output),
            None => {
                self.wait(cx);
                Poll::Pending
            }
        }
    }
}

impl<T> fmt::Debug for ScopeFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeFuture").field("ended", &self.nursery.is_none()).finish()
    }
}
