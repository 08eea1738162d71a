use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task, sys};

/// A future of 8 bytes that is never ready.
struct Parked(#[expect(dead_code, reason = "it is there to take room")] u64);

impl Future for Parked {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

/// The resident bytes of each of `scale` tasks that wait.
pub fn parked_tasks<R: Runtime>(job: Job) -> Sample {
    in_task(&mut R::new(), async move {
        let (meter, before) = (Meter::start(), sys::resident_bytes());
        for number in 0..job.scale {
            // In some runtimes the drop of a handle cancels its task.
            mem::forget(R::spawn(Parked(number)));
            if number % 1000 == 0 {
                R::yield_now().await;
            }
        }
        R::yield_now().await;
        meter.stop(job.scale).with_value((sys::resident_bytes() - before) as f64 / job.scale as f64)
    })
}
