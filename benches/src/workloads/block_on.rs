use std::hint::black_box;

use crate::harness::Job;
use crate::{Meter, Runtime, Sample};

/// `block_on` of a future that is ready, on a runtime that has been built.
pub fn block_on<R: Runtime>(job: Job) -> Sample {
    let mut runtime = R::new();
    let meter = Meter::start();
    for number in 0..job.operations {
        assert_eq!(runtime.block_on(async move { black_box(number) }), number);
    }
    meter.stop(job.operations)
}
