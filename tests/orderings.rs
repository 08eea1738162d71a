//! R15: whatever the order of what happens to a task, its future and its output are dropped once.

#![forbid(unsafe_code)]

mod support;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use epore::{JoinHandle, block_on, spawn, yield_now};
use support::OnDrop;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Complete,
    Abort,
    DropHandle,
    PollHandle,
    Wake,
    CloneWaker,
    DropWaker,
}

const STEPS: [Step; 7] =
    [Step::Complete, Step::Abort, Step::DropHandle, Step::PollHandle, Step::Wake, Step::CloneWaker, Step::DropWaker];

/// What the test sees of one task.
struct Subject {
    shared: Rc<Shared>,
    handle: Option<JoinHandle<OnDrop<Count>>>,
    /// Clones of the task's waker.
    wakers: Vec<Waker>,
    /// Counts its own references: the task holds one for as long as somebody is to be woken.
    waiter: Arc<Waiter>,
    taken: u32,
    cancelled: u32,
}

type Count = Box<dyn FnMut()>;

#[derive(Default)]
struct Shared {
    complete: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    futures_dropped: Cell<u32>,
    outputs_made: Cell<u32>,
    outputs_dropped: Cell<u32>,
}

struct Waiter;

impl Wake for Waiter {
    fn wake(self: Arc<Self>) {}
}

/// A future that leaves its waker with the test and is ready when the test says so.
struct Probe(Rc<Shared>);

impl Future for Probe {
    type Output = OnDrop<Count>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<OnDrop<Count>> {
        self.0.waker.replace(Some(cx.waker().clone()));
        if !self.0.complete.get() {
            return Poll::Pending;
        }
        let shared = self.0.clone();
        shared.outputs_made.set(shared.outputs_made.get() + 1);
        Poll::Ready(OnDrop(Box::new(move || shared.outputs_dropped.set(shared.outputs_dropped.get() + 1))))
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.0.futures_dropped.set(self.0.futures_dropped.get() + 1);
    }
}

impl Subject {
    fn new() -> Subject {
        let shared = Rc::new(Shared::default());
        let handle = Some(spawn(Probe(shared.clone())));
        Subject { shared, handle, wakers: Vec::new(), waiter: Arc::new(Waiter), taken: 0, cancelled: 0 }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Complete => {
                self.shared.complete.set(true);
                self.shared.waker.borrow().iter().for_each(Waker::wake_by_ref);
            }
            Step::Abort => self.handle.iter().for_each(JoinHandle::abort),
            Step::DropHandle => drop(self.handle.take()),
            Step::PollHandle => self.poll_handle(),
            Step::Wake => self.wakers.iter().chain(self.shared.waker.borrow().as_ref()).for_each(Waker::wake_by_ref),
            Step::CloneWaker => self.wakers.extend(self.shared.waker.borrow().clone()),
            Step::DropWaker => {
                drop(self.wakers.pop());
                drop(self.shared.waker.take());
            }
        }
    }

    fn poll_handle(&mut self) {
        let waker = Waker::from(self.waiter.clone());
        let polled = self.handle.as_mut().map(|handle| Pin::new(handle).poll(&mut Context::from_waker(&waker)));
        if let Some(Poll::Ready(result)) = polled {
            // A handle that has given its result is done with.
            self.handle = None;
            match result {
                Ok(_output) => self.taken += 1,
                Err(error) => self.cancelled += u32::from(error.is_cancelled()),
            }
        }
    }

    /// Lets the task end if it has not, and checks that nothing is left of it.
    async fn finish(mut self, order: &str) {
        yield_now().await;
        self.poll_handle();
        self.shared.complete.set(true);
        if let Some(handle) = &self.handle {
            handle.abort();
            yield_now().await;
            self.poll_handle();
        } else {
            self.step(Step::Wake);
            yield_now().await;
        }
        assert!(self.handle.is_none(), "{order}: the task has ended, and its handle does not say so");
        assert!(self.taken + self.cancelled <= 1, "{order}");
        let (shared, made) = (&self.shared, self.shared.outputs_made.get());
        assert_eq!(shared.outputs_dropped.get(), made, "{order}: outputs dropped");
        assert!(made <= 1 && made >= self.taken, "{order}");
        // A task that is detached, and whose last waker was dropped, waits for ever; it dies with the runtime.
        let unreachable = shared.waker.borrow().is_none() && self.wakers.is_empty();
        if !unreachable {
            assert_eq!(shared.futures_dropped.get(), 1, "{order}: futures dropped");
            assert_eq!(Arc::strong_count(&self.waiter), 1, "{order}: the task is still there");
        }
    }
}

/// Calls `f` with each permutation of the steps, by Heap's algorithm.
fn permutations(steps: &mut [Step], len: usize, f: &mut impl FnMut(&[Step])) {
    if len <= 1 {
        return f(steps);
    }
    for i in 0..len {
        permutations(steps, len - 1, f);
        steps.swap(if len.is_multiple_of(2) { i } else { 0 }, len - 1);
    }
}

#[test]
fn each_order_of_events_drops_the_future_and_the_output_once() {
    let mut orders = Vec::new();
    permutations(&mut STEPS.clone(), STEPS.len(), &mut |order| orders.push(order.to_vec()));
    assert_eq!(orders.len(), 5040);
    let all: Rc<RefCell<Vec<Rc<Shared>>>> = Rc::default();
    block_on(async {
        for order in &orders {
            // The executor gets a turn never, always, or after every other step.
            for turns in [0b000_0000, 0b111_1111, 0b010_1010, 0b101_0101_u32] {
                for started in [false, true] {
                    let mut subject = Subject::new();
                    all.borrow_mut().push(subject.shared.clone());
                    if started {
                        yield_now().await;
                    }
                    for (i, &step) in order.iter().enumerate() {
                        subject.step(step);
                        if turns >> i & 1 == 1 {
                            yield_now().await;
                        }
                    }
                    subject.finish(&format!("{order:?}, turns {turns:07b}, started {started}")).await;
                }
            }
        }
    });
    let all = all.take();
    assert_eq!(all.len(), 5040 * 8);
    for shared in all {
        assert_eq!(shared.futures_dropped.get(), 1, "dropped once, at the end of the runtime at the latest");
        assert_eq!(shared.outputs_dropped.get(), shared.outputs_made.get());
        shared.waker.take();
        assert_eq!(Rc::strong_count(&shared), 1);
    }
}
