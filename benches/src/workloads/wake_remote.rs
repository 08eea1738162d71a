use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;

use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task, sys};

/// What the task and the thread share: how often the thread has answered, and the waker of the task.
#[derive(Default)]
struct Shared {
    answers: AtomicU64,
    waiting: Mutex<Option<Waker>>,
}

/// A task asks a thread to wake it, and waits. An operation is such a round trip; the thread sleeps between.
pub fn wake_remote<R: Runtime>(job: Job) -> Sample {
    let shared = Arc::new(Shared::default());
    let thread = thread::spawn({
        let shared = shared.clone();
        move || answer(&shared, job.operations)
    });
    let asked = thread.thread().clone();
    let sample = in_task(&mut R::new(), async move {
        let meter = Meter::start();
        for round in 0..job.operations {
            let mut asks = true;
            poll_fn(|cx| {
                if shared.answers.load(SeqCst) > round {
                    return Poll::Ready(());
                }
                if std::mem::take(&mut asks) {
                    *shared.waiting.lock().unwrap() = Some(cx.waker().clone());
                    asked.unpark();
                }
                Poll::Pending
            })
            .await;
        }
        meter.stop(job.operations)
    });
    thread.join().unwrap();
    sample
}

fn answer(shared: &Shared, rounds: u64) {
    sys::pin(1);
    for _ in 0..rounds {
        let waker = loop {
            if let Some(waker) = shared.waiting.lock().unwrap().take() {
                break waker;
            }
            thread::park();
        };
        shared.answers.fetch_add(1, SeqCst);
        waker.wake();
    }
}
