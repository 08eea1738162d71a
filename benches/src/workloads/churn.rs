use crate::harness::Job;
use crate::workloads::client::round_trip;
use crate::workloads::{accept_all, serve};
use crate::{Meter, Runtime, Sample, in_task, wire};

/// Accepts connections, of which `scale` come at once, and serves one message on each in a task of its own.
pub fn churn_server<R: Runtime>(job: Job) -> Sample {
    let listener = job.listen();
    in_task(&mut R::new(), async move {
        let listener = R::listen(listener);
        let meter = Meter::start();
        let mut messages = 0;
        for task in accept_all::<R, _, _>(&listener, job.operations, serve::<R>).await {
            messages += task.await;
        }
        assert_eq!(messages, job.operations);
        meter.stop(job.operations)
    })
}

/// `scale` tasks connect, send one message, receive it back and close, again and again.
pub fn churn_client<R: Runtime>(job: Job) -> Sample {
    let address = job.address();
    in_task(&mut R::new(), async move {
        let rounds = (job.operations / job.scale).max(1);
        let meter = Meter::start();
        let client = |number| async move {
            for _ in 0..rounds {
                let mut stream = R::connect(address).await.unwrap();
                round_trip::<R>(&mut stream, &mut vec![0; wire::ROOM], number, 0).await;
            }
        };
        let tasks: Vec<_> = (0..job.scale).map(|number| R::spawn(client(number))).collect();
        for task in tasks {
            task.await;
        }
        meter.stop(rounds * job.scale)
    })
}
