//! hyper's runtime traits (feature `hyper`), so that its client and server run on Epore unchanged.
//!
//! A [`Stream`], TCP or Unix, is hyper's `Read` and `Write` itself; [`Executor`] and [`Timer`] go where hyper asks for one.
//!
//! ```
//! # epore::block_on(async {
//! use epore::net::{TcpListener, TcpStream};
//! use hyper::{Request, Response, body::Incoming, service::service_fn};
//!
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let addr = listener.local_addr()?;
//! epore::spawn(async move {
//!     let (stream, _) = listener.accept().await.unwrap();
//!     let hello = service_fn(async |_: Request<Incoming>| Ok::<_, hyper::Error>(Response::new("hello".to_owned())));
//!     let server = hyper::server::conn::http1::Builder::new().timer(epore::hyper::Timer).serve_connection(stream, hello);
//!     server.await.unwrap();
//! });
//!
//! let stream = TcpStream::connect(addr).await?;
//! let (mut client, connection) = hyper::client::conn::http1::handshake(stream).await?;
//! epore::spawn(connection);
//! let response = client.send_request(Request::new(String::new())).await?;
//! assert_eq!(response.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use ::hyper::rt;

use crate::net::stream::{Stream, StreamSocket};
use crate::time::{Sleep, now, sleep, sleep_until};

impl<S: StreamSocket> rt::Read for Stream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: `poll_read_uninit` only ever writes initialized bytes to the buffer.
        let count = ready!(self.poll_read_uninit(cx, unsafe { buffer.as_mut() }))?;
        // SAFETY: the first `count` bytes have just been initialized.
        unsafe { buffer.advance(count) };
        Poll::Ready(Ok(()))
    }
}

impl<S: StreamSocket> rt::Write for Stream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Stream::poll_write(&self, cx, buffer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Stream::poll_write_vectored(&self, cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_with(Shutdown::Write))
    }
}

/// Runs hyper's futures as tasks of the runtime that the thread is in. They need not be `Send`.
///
/// ```
/// # epore::block_on(async {
/// use hyper::rt::Executor;
/// use std::{cell::Cell, rc::Rc};
///
/// let count = Rc::new(Cell::new(0));
/// let shared = count.clone();
/// epore::hyper::Executor.execute(async move { shared.set(1) });
/// epore::yield_now().await;
/// assert_eq!(count.get(), 1);
/// # });
/// ```
///
/// # Panics
///
/// When hyper uses it outside of a runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct Executor;

impl<F> rt::Executor<F> for Executor
where
    F: Future + 'static,
    F::Output: 'static,
{
    #[track_caller]
    fn execute(&self, future: F) {
        drop(crate::spawn(future));
    }
}

/// Gives hyper the [`sleep`](crate::time::sleep) that its timeouts wait on.
///
/// ```
/// # epore::block_on(async {
/// use epore::net::UnixStream;
/// use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
/// use std::time::Duration;
///
/// let (stream, _silent) = UnixStream::pair()?;
/// let hello = service_fn(async |_: Request<Incoming>| Ok::<_, hyper::Error>(Response::new("hello".to_owned())));
/// let mut server = http1::Builder::new();
/// server.timer(epore::hyper::Timer).header_read_timeout(Duration::from_millis(1));
/// let error = server.serve_connection(stream, hello).await.unwrap_err();
/// assert!(error.is_timeout());
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

impl rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(sleep(duration))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(sleep_until(deadline))
    }

    fn now(&self) -> Instant {
        now()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep>() {
            Some(sleep) => sleep.get_mut().reset(deadline),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}

impl rt::Sleep for Sleep {}
