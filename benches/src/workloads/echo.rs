use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task, wire};

/// Sends back what comes on `scale` connections. An operation is a message of 64 bytes.
pub fn echo<R: Runtime>(job: Job) -> Sample {
    let listener = job.listen();
    in_task(&mut R::new(), async move {
        let listener = R::listen(listener);
        let tasks = accept_all::<R, _, _>(&listener, job.scale, serve::<R>).await;
        let meter = Meter::start();
        let mut messages = 0;
        for task in tasks {
            messages += task.await;
        }
        assert_eq!(messages, job.operations);
        meter.stop(job.operations)
    })
}

/// Accepts `count` connections and spawns a task for each.
pub async fn accept_all<R, S, F>(
    listener: &R::Listener,
    count: u64,
    mut serve: S,
) -> Vec<impl Future<Output = F::Output> + use<R, S, F>>
where
    R: Runtime,
    S: FnMut(R::Stream) -> F,
    F: Future<Output: 'static> + 'static,
{
    let mut tasks = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let stream = R::accept(listener).await.unwrap();
        tasks.push(R::spawn(serve(stream)));
    }
    tasks
}

/// Sends back all messages of one connection, until its end. Returns how many there were.
pub async fn serve<R: Runtime>(mut stream: R::Stream) -> u64 {
    let mut buffer = vec![0; wire::ROOM];
    let mut messages = 0;
    loop {
        let length = R::read(&mut stream, &mut buffer).await.unwrap();
        if length == 0 {
            return messages;
        }
        wire::check_message(&buffer[..length], messages);
        R::write_all(&mut stream, &mut buffer, length).await.unwrap();
        messages += 1;
    }
}
