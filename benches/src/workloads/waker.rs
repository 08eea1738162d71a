use std::future::poll_fn;
use std::hint::black_box;
use std::task::{Poll, Waker};

use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task};

/// Clones the waker of a task and drops the clone.
pub fn waker_clone<R: Runtime>(job: Job) -> Sample {
    with_waker::<R>(job, |waker| drop(black_box(waker.clone())))
}

/// Wakes a task that runs: the first wake queues it, the others find it queued.
pub fn wake_by_ref<R: Runtime>(job: Job) -> Sample {
    with_waker::<R>(job, Waker::wake_by_ref)
}

fn with_waker<R: Runtime>(job: Job, operation: impl Fn(&Waker) + 'static) -> Sample {
    in_task(&mut R::new(), async move {
        let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        let meter = Meter::start();
        for _ in 0..job.operations {
            operation(black_box(&waker));
        }
        meter.stop(job.operations)
    })
}
