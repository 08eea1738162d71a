use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task, wire};

/// A runtime on which hyper can be put.
pub trait WithHyper: Runtime {
    fn io(stream: Self::Stream) -> impl Read + Write + Unpin + 'static;
}

/// hyper's server answers requests on all connections that come, until all are closed again. An operation is a request; there
/// are as many as the client likes if the job says none.
pub fn hyper<R: WithHyper>(job: Job) -> Sample {
    let listener = job.listen();
    in_task(&mut R::new(), async move {
        let server = Rc::new(Server::default());
        let accepting = R::spawn(accept::<R>(R::listen(listener), server.clone()));
        server.wait().await;
        let meter = server.meter.take().expect("there were requests");
        let requests = server.requests.get();
        assert!(job.operations == 0 || requests == job.operations, "a request was lost");
        let sample = meter.stop(requests - 1);
        drop(accepting);
        sample
    })
}

/// What the connections share.
#[derive(Default)]
struct Server {
    open: Cell<u64>,
    requests: Cell<u64>,
    /// Since the first request.
    meter: RefCell<Option<Meter>>,
    waiting: RefCell<Option<Waker>>,
}

impl Server {
    fn has_ended(&self) -> bool {
        self.open.get() == 0 && self.requests.get() > 0
    }

    /// Waits until all connections are closed.
    async fn wait(&self) {
        poll_fn(|cx| {
            if self.has_ended() {
                return Poll::Ready(());
            }
            *self.waiting.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

async fn accept<R: WithHyper>(listener: R::Listener, server: Rc<Server>) {
    loop {
        let stream = R::accept(&listener).await.unwrap();
        server.open.set(server.open.get() + 1);
        // In some runtimes the drop of a handle cancels its task.
        std::mem::forget(R::spawn(serve(R::io(stream), server.clone())));
    }
}

async fn serve(io: impl Read + Write + Unpin + 'static, server: Rc<Server>) {
    let answer = service_fn(|_: Request<Incoming>| {
        if server.requests.replace(server.requests.get() + 1) == 0 {
            *server.meter.borrow_mut() = Some(Meter::start());
        }
        async { Ok::<_, Infallible>(Response::new(wire::HELLO.to_owned())) }
    });
    // A client that breaks off resets the connection, which is an end too.
    let _ = http1::Builder::new().serve_connection(io, answer).await;
    server.open.set(server.open.get() - 1);
    if server.has_ended() {
        let waker = server.waiting.take();
        waker.expect("it waits for the end").wake();
    }
}
