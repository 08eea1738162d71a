use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task, wire};

/// `scale` connections to a server that sends back each message. An operation is a round trip.
pub fn client<R: Runtime>(job: Job) -> Sample {
    let address = job.address();
    in_task(&mut R::new(), async move {
        let rounds = (job.operations / job.scale).max(1);
        let mut streams = Vec::new();
        for _ in 0..job.scale {
            streams.push(R::connect(address).await.unwrap());
        }
        let client = |mut stream: R::Stream, number| async move {
            let mut buffer = vec![0; wire::ROOM];
            for round in 0..rounds {
                round_trip::<R>(&mut stream, &mut buffer, number, round).await;
            }
        };
        let meter = Meter::start();
        let tasks: Vec<_> =
            streams.into_iter().zip(0..).map(|(stream, number)| R::spawn(client(stream, number))).collect();
        for task in tasks {
            task.await;
        }
        meter.stop(rounds * job.scale)
    })
}

/// Sends a message and receives it back.
pub async fn round_trip<R: Runtime>(stream: &mut R::Stream, buffer: &mut Vec<u8>, connection: u64, number: u64) {
    wire::write_message(buffer, connection, number);
    R::write_all(stream, buffer, wire::MESSAGE).await.unwrap();
    let length = R::read(stream, buffer).await.unwrap();
    assert_eq!(wire::check_message(&buffer[..length], number), connection);
}
