//! Looking at futures poll by poll.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use super::{OnDrop, PATIENCE};

/// Runs a future in a runtime of its own, and fails loudly if it takes too long.
pub fn run<F: Future>(future: F) -> F::Output {
    run_within(PATIENCE, future)
}

/// The same for one that has much to do.
pub fn run_within<F: Future>(patience: Duration, future: F) -> F::Output {
    let _storm = storm::begin();
    let limited = epore::time::timeout(patience, future);
    epore::block_on(limited).unwrap_or_else(|_| panic!("the test has hung for {patience:?}"))
}

/// The future, and how often it has been polled.
pub fn count_polls<F: Future>(future: F) -> (impl Future<Output = F::Output>, Rc<Cell<usize>>) {
    let polls = Rc::new(Cell::new(0));
    let counter = Rc::clone(&polls);
    let counted = async move {
        let mut future = pin!(future);
        poll_fn(|cx| {
            counter.set(counter.get() + 1);
            future.as_mut().poll(cx)
        })
        .await
    };
    (counted, polls)
}

/// Polls a future once.
pub async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// Drops a future at its `nth` await that has to wait, counted from 1. `None` if it was dropped.
pub async fn drop_at<F: Future>(nth: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut waits = 0;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => {
            waits += 1;
            if waits == nth { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}

/// Lets the other tasks run, and the reactor be looked at, `turns` times.
pub async fn turns(turns: usize) {
    for _ in 0..turns {
        epore::time::sleep(Duration::ZERO).await;
    }
}

/// A future that is ready after so many polls.
pub async fn after_yields<T>(yields: usize, output: T) -> T {
    for _ in 0..yields {
        epore::yield_now().await;
    }
    output
}

/// A future that never ends, and counts when it is dropped.
pub fn counted(dropped: &Rc<Cell<usize>>) -> impl Future<Output = ()> + use<> {
    let dropped = Rc::clone(dropped);
    let guard = OnDrop(move || dropped.set(dropped.get() + 1));
    async move {
        let _guard = guard;
        pending().await
    }
}
