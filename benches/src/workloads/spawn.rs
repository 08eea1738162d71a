use std::hint::black_box;

use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task};

/// Spawns a task and joins it, one at a time, from within a task.
pub fn spawn_join<R: Runtime>(job: Job) -> Sample {
    in_task(&mut R::new(), async move {
        let meter = Meter::start();
        for number in 0..job.operations {
            assert_eq!(R::spawn(async move { black_box(number) }).await, number);
        }
        meter.stop(job.operations)
    })
}

/// Spawns `scale` tasks, then joins them all, again and again.
pub fn spawn_batch<R: Runtime>(job: Job) -> Sample {
    in_task(&mut R::new(), async move {
        let mut handles = Vec::with_capacity(job.scale as usize);
        let batches = (job.operations / job.scale).max(1);
        let meter = Meter::start();
        for _ in 0..batches {
            handles.extend((0..job.scale).map(|number| R::spawn(async move { black_box(number) })));
            for (number, handle) in handles.drain(..).enumerate() {
                assert_eq!(handle.await, number as u64);
            }
        }
        meter.stop(batches * job.scale)
    })
}
