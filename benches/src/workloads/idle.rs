use std::cell::Cell;
use std::mem;
use std::rc::Rc;
use std::time::Duration;

use crate::harness::Job;
use crate::workloads::accept_all;
use crate::{Meter, Runtime, Sample, in_task, sys, wire};

/// The resident bytes of each of `scale` connections, with its task and a buffer of 64 bytes. Each has sent back one message
/// and waits for the next.
pub fn idle_connections<R: Runtime>(job: Job) -> Sample {
    let listener = job.listen();
    in_task(&mut R::new(), async move {
        let listener = R::listen(listener);
        let served = Rc::new(Cell::new(0));
        let (meter, before) = (Meter::start(), sys::resident_bytes());
        // A block, as an `async fn` would keep its arguments twice.
        let serve = |mut stream| {
            let served = served.clone();
            async move {
                let mut buffer = vec![0; wire::MESSAGE];
                while let length @ 1.. = R::read(&mut stream, &mut buffer).await.unwrap() {
                    R::write_all(&mut stream, &mut buffer, length).await.unwrap();
                    served.set(served.get() + 1);
                }
            }
        };
        let tasks = accept_all::<R, _, _>(&listener, job.scale, serve).await;
        // In some runtimes the drop of a handle cancels its task.
        mem::forget(tasks);
        while served.get() < job.scale {
            R::sleep(Duration::from_millis(1)).await;
        }
        meter.stop(job.scale).with_value((sys::resident_bytes() - before) as f64 / job.scale as f64)
    })
}
