//! A future written by hand: a thread fulfils it, and wakes the task that awaits it.
//!
//! cargo run --example wake_from_thread

#![forbid(unsafe_code)]

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The sum of all numbers up to a limit, worked out by a thread.
struct Sum(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    sum: Option<u64>,
    waker: Option<Waker>,
}

impl Sum {
    fn up_to(limit: u64) -> Sum {
        let state = Arc::new(Mutex::new(State::default()));
        let theirs = Arc::clone(&state);
        std::thread::spawn(move || {
            let sum = (1..=limit).sum();
            let mut state = theirs.lock().unwrap();
            state.sum = Some(sum);
            let waker = state.waker.take();
            // A waker may run any code, so it is not called under the lock.
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        Sum(state)
    }
}

impl Future for Sum {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        let mut state = self.0.lock().unwrap();
        if let Some(sum) = state.sum {
            return Poll::Ready(sum);
        }
        // Only the waker of the latest poll counts. The lock makes sure that no wake-up falls in between.
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

fn main() {
    epore::block_on(async {
        let (few, many) = (Sum::up_to(100), Sum::up_to(1_000_000));
        println!("up to a hundred: {}", few.await);
        println!("up to a million: {}", many.await);
    });
}
