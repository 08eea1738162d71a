use std::time::{Duration, Instant};

use crate::harness::Job;
use crate::{Runtime, Sample, in_task};

/// By how many nanoseconds a sleep of `scale` microseconds ends late: the median. It must not end early.
pub fn lateness<R: Runtime>(job: Job) -> Sample {
    let late = in_task(&mut R::new(), async move {
        let duration = Duration::from_micros(job.scale);
        let mut late = Vec::with_capacity(job.operations as usize);
        for _ in 0..job.operations {
            let start = Instant::now();
            R::sleep(duration).await;
            late.push(start.elapsed().checked_sub(duration).expect("the sleep ended early"));
        }
        late
    });
    median(late)
}

pub fn median(mut late: Vec<Duration>) -> Sample {
    late.sort();
    Sample::of(late[late.len() / 2].as_nanos() as f64)
}
