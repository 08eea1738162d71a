//! What a subscriber of the crate `tracing` is told. Without the feature `no_trace.rs` stands here, which tells nothing.
//!
//! A subscriber is foreign code: it is called where nothing is borrowed, its panics are contained, and what it does with
//! the runtime while it is called is not told in turn, or one that wakes for each wake would never return.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::{Span, span, trace, trace_span};

use super::contain::contain;
use super::core::Core;
use super::token::TaskToken;
use super::waker;

/// The spans of the tasks that have been polled, by the names that their wakers hold. Other threads wake too.
static SPANS: Mutex<BTreeMap<TaskToken, span::Id>> = Mutex::new(BTreeMap::new());

/// How many tasks have been given a span, which numbers them.
static NUMBERED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Gives a task its span, which is entered for each poll, and closed when the future is dropped.
pub(super) fn task<F: Future>(future: F, kind: &'static str, site: &'static Location<'static>) -> Traced<F> {
    Traced { future, span: TaskSpan::new(kind, size_of::<F>(), site) }
}

/// Gives blocking work its span, which is entered on the thread that does it.
pub(super) fn work<T, F>(f: F, site: &'static Location<'static>) -> impl FnOnce() -> T + Send
where
    F: FnOnce() -> T + Send,
{
    let span = TaskSpan::new("blocking", size_of::<F>(), site);
    move || {
        let _entered = span.enter();
        f()
    }
}

/// Tells of a wake, on the thread that wakes.
pub(super) fn wake(task: TaskToken) {
    if is_wanted()
        && let Some(id) = span_of(task)
    {
        tell(|| trace!(target: "runtime::waker", op = "waker.wake_by_ref", task.id = id));
    }
}

/// Tells that the runtime is about to sleep. False means that the subscriber has given it something to do.
pub(super) fn park(core: &Core) -> bool {
    if !is_wanted() {
        return true;
    }
    let timeout = core.time_to_sleep();
    tell(|| trace!(target: "epore::park", op = "runtime.park", ?timeout));
    core.tasks.borrow().is_idle()
}

/// Tells that the runtime has slept, and what the reactor has brought.
pub(super) fn unpark(core: &Core) {
    if is_wanted() {
        let events = core.events.borrow().len();
        tell(|| trace!(target: "epore::park", op = "runtime.unpark", events));
    }
}

/// Whether a subscriber may want to know of wakes, so that each must go through its waker. It calls none to ask.
#[inline]
pub(super) fn is_wanted() -> bool {
    LevelFilter::TRACE <= STATIC_MAX_LEVEL && LevelFilter::TRACE <= LevelFilter::current() && !TELLING.get()
}

fn tell(f: impl FnOnce()) {
    let nested = TELLING.replace(true);
    contain(f);
    TELLING.set(nested);
}

fn span_of(task: TaskToken) -> Option<u64> {
    spans().get(&task).map(span::Id::into_u64)
}

fn spans() -> MutexGuard<'static, BTreeMap<TaskToken, span::Id>> {
    // No user code runs under the lock, so a poisoned one has nothing half-done in it.
    SPANS.lock().unwrap_or_else(PoisonError::into_inner)
}

pin_project! {
    /// A future with its span, which is dropped after it.
    pub(super) struct Traced<F> {
        #[pin]
        future: F,
        span: TaskSpan,
    }
}

impl<F: Future> Future for Traced<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.span.learn_name(cx.waker());
        let _entered = this.span.enter();
        this.future.poll(cx)
    }
}

/// The span of a task. It is none if nobody wanted it when the task was spawned.
struct TaskSpan {
    span: Span,
    /// Under which it stands in `SPANS`.
    name: Option<TaskToken>,
}

impl TaskSpan {
    fn new(kind: &'static str, size: usize, site: &'static Location<'static>) -> TaskSpan {
        let mut span = Span::none();
        if is_wanted() {
            tell(|| span = open(kind, size, site));
        }
        TaskSpan { span, name: None }
    }

    /// Takes the task's name from the waker of its first poll.
    fn learn_name(&mut self, waker: &Waker) {
        if self.name.is_none()
            && let Some(id) = self.span.id()
            && let Some(name) = waker::token_of(waker)
        {
            self.name = Some(name);
            spans().insert(name, id);
        }
    }

    fn enter(&self) -> Entered<'_> {
        self.span.with_subscriber(|(id, subscriber)| tell(|| subscriber.enter(id)));
        Entered { span: &self.span }
    }
}

impl Drop for TaskSpan {
    fn drop(&mut self) {
        if let Some(name) = self.name {
            spans().remove(&name);
        }
        if !self.span.is_none() {
            let span = mem::replace(&mut self.span, Span::none());
            tell(|| drop(span));
        }
    }
}

/// A span that is exited when this is dropped, which may be by a panic.
struct Entered<'a> {
    span: &'a Span,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.span.with_subscriber(|(id, subscriber)| tell(|| subscriber.exit(id)));
    }
}

/// The span of a task in the shape that `tokio-console` knows: its name and fields are those that it looks for.
fn open(kind: &'static str, size: usize, site: &'static Location<'static>) -> Span {
    let number = NUMBERED.fetch_add(1, Relaxed) + 1;
    trace_span!(
        target: "epore::task",
        parent: None,
        "runtime.spawn",
        kind,
        task.id = number,
        size.bytes = size,
        loc.file = site.file(),
        loc.line = site.line(),
        loc.col = site.column(),
    )
}
