use std::cell::Cell;
use std::rc::Rc;

use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task};

/// `scale` tasks yield in turn. At least this much of fairness is checked: none may finish before all have begun.
pub fn yield_now<R: Runtime>(job: Job) -> Sample {
    in_task(&mut R::new(), async move {
        let rounds = (job.operations / job.scale).max(1);
        let begun = Rc::new(Cell::new(0));
        let meter = Meter::start();
        let tasks: Vec<_> = (0..job.scale).map(|_| R::spawn(yielding::<R>(job.scale, rounds, begun.clone()))).collect();
        for task in tasks {
            task.await;
        }
        meter.stop(rounds * job.scale)
    })
}

async fn yielding<R: Runtime>(tasks: u64, rounds: u64, begun: Rc<Cell<u64>>) {
    begun.set(begun.get() + 1);
    for _ in 0..rounds {
        R::yield_now().await;
    }
    assert_eq!(begun.get(), tasks, "the tasks do not take turns");
}
