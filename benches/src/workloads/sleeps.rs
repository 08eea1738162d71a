use std::time::Duration;

use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task};

/// `scale` tasks sleep at once, each for another time between 0.2 and 0.7 seconds. Measured is the processor time.
pub fn sleeps<R: Runtime>(job: Job) -> Sample {
    in_task(&mut R::new(), async move {
        let meter = Meter::start();
        let tasks: Vec<_> = (0..job.scale).map(|number| R::spawn(R::sleep(spread(number)))).collect();
        for task in tasks {
            task.await;
        }
        meter.stop(job.scale).by_cpu()
    })
}

/// Times that are spread evenly and come in no order.
pub fn spread(number: u64) -> Duration {
    Duration::from_micros(200_000 + number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 500_000)
}
