use std::future::{pending, poll_fn};
use std::mem;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task};

/// The timeouts that are armed and cancelled between two yields: fewer than the operations that any runtime allows a task
/// before it makes it yield.
const BETWEEN_YIELDS: u64 = 16;

/// Arms a timeout by its first poll and cancels it by dropping it, while `scale` other timers are live.
pub fn timeout<R: Runtime>(job: Job) -> Sample {
    in_task(&mut R::new(), async move {
        for number in 0..job.scale {
            // In some runtimes the drop of a handle cancels its task.
            mem::forget(R::spawn(R::sleep(Duration::from_millis(3_600_000 + number))));
        }
        R::yield_now().await;
        let meter = Meter::start();
        for round in 0..job.operations {
            poll_fn(|cx| {
                let timeout = pin!(R::timeout(Duration::from_secs(60), pending()));
                assert!(timeout.poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            if round % BETWEEN_YIELDS == 0 {
                R::yield_now().await;
            }
        }
        meter.stop(job.operations)
    })
}
