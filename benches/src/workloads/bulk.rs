use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task, wire};

/// Receives bulk data on one connection. An operation is a piece of 64 KiB.
pub fn bulk_receive<R: Runtime>(job: Job) -> Sample {
    let listener = job.listen();
    in_task(&mut R::new(), async move {
        let mut stream = R::accept(&R::listen(listener)).await.unwrap();
        let mut buffer = vec![0; wire::PIECE];
        let mut received = 0;
        let meter = Meter::start();
        loop {
            let length = R::read(&mut stream, &mut buffer).await.unwrap();
            if length == 0 {
                break;
            }
            wire::check_bulk(&buffer[..length], received);
            received += length as u64;
        }
        assert_eq!(received, job.operations * wire::PIECE as u64);
        meter.stop(job.operations)
    })
}

/// Sends bulk data on one connection. An operation is a piece of 64 KiB.
pub fn bulk_send<R: Runtime>(job: Job) -> Sample {
    let listener = job.listen();
    in_task(&mut R::new(), async move {
        let mut stream = R::accept(&R::listen(listener)).await.unwrap();
        let mut buffer = wire::piece();
        let meter = Meter::start();
        for _ in 0..job.operations {
            R::write_all(&mut stream, &mut buffer, wire::PIECE).await.unwrap();
        }
        meter.stop(job.operations)
    })
}
