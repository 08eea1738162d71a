#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Poll;

use super::copy::copy_to_end;
use crate::net::Stream;
use crate::net::stream::StreamSocket;

/// Copies both ways between two streams until both have ended, and says how many bytes went from `a` to `b`, and from `b`
/// to `a`. It is the heart of a proxy.
///
/// When one stream ends, the writing side of the other is shut down, and copying the other way goes on: an end passes
/// through like all that came before it.
///
/// ```
/// # use epore::net::{TcpListener, TcpStream};
/// # epore::block_on(async {
/// # let (front, back) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
/// # let client = TcpStream::connect(front.local_addr()?).await?;
/// # let mut outbound = TcpStream::connect(back.local_addr()?).await?;
/// # let (server, _) = back.accept().await?;
/// # client.write_all(b"ping").await?;
/// # client.shutdown().await?;
/// # server.write_all(b"pong!").await?;
/// # server.shutdown().await?;
/// let (mut inbound, _) = front.accept().await?;
/// let (sent, received) = epore::io::copy_bidirectional(&mut inbound, &mut outbound).await?;
/// assert_eq!((sent, received), (4, 5));
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// Each way has a buffer of 32 KiB, allocated once and given back when the way has ended. Neither waits for the other.
///
/// A peer that has ended its stream may have closed its socket, or may still read. A Unix socket tells, and when the peer is
/// gone the whole ends, since nobody is left to copy to. TCP does not tell, until something is written to it, or its
/// `SO_KEEPALIVE` finds out. Where the other peer may be silent for ever, have that set, or put a
/// [`timeout`](crate::time::timeout) around the whole.
///
/// # Errors
///
/// Those of [`read`](Stream::read) and [`write`](Stream::write). An error ends what is hopeless, and no more:
///
/// - A stream that cannot be read is broken both ways. The error is returned at once; all that was read from it has been
///   written. It is the same when a stream has ended and is broken off then.
/// - A stream that cannot be written to may still have something to say, as a server that refuses the rest of a request
///   by an answer. That is copied to its end, and the error is returned then.
///
/// After an error the streams are not shut down. Dropping them tells their peers.
///
/// # Panics
///
/// Outside of a runtime.
///
/// # Cancel safety
///
/// Dropped before it is ready, it may have read up to 32 KiB in each direction that are not written, or not all; they are
/// lost.
pub async fn copy_bidirectional<A, B>(a: impl AsRef<Stream<A>>, b: impl AsRef<Stream<B>>) -> io::Result<(u64, u64)>
where
    A: StreamSocket,
    B: StreamSocket,
{
    let (a, b) = (a.as_ref(), b.as_ref());
    let (sent, received) = (AtomicU64::new(0), AtomicU64::new(0));
    let (mut there, mut back) = (pin!(copy_one_way(a, b, &sent)), pin!(copy_one_way(b, a, &received)));
    let (mut a_gone, mut b_gone) = (pin!(a.gone()), pin!(b.gone()));
    let (mut to_b, mut to_a) = (None, None);
    poll_fn(|cx| {
        if to_b.is_none()
            && let Poll::Ready(result) = there.as_mut().poll(cx)
        {
            to_b = Some(result?);
        }
        if to_a.is_none()
            && let Poll::Ready(result) = back.as_mut().poll(cx)
        {
            to_a = Some(result?);
        }
        match (&to_b, &to_a) {
            (Some(_), Some(_)) => Poll::Ready(Ok(())),
            // Whoever has ended is not read any more, so that nothing else would tell.
            (Some(_), None) => a_gone.as_mut().poll(cx),
            (None, Some(_)) => b_gone.as_mut().poll(cx),
            (None, None) => Poll::Pending,
        }
    })
    .await?;
    to_b.unwrap_or(Ok(())).and(to_a.unwrap_or(Ok(()))).map(|()| (sent.load(Relaxed), received.load(Relaxed)))
}

/// Copies what there is, and then the end. The outer error is one of reading, the inner one of writing.
async fn copy_one_way<R, W>(reader: &Stream<R>, writer: &Stream<W>, copied: &AtomicU64) -> io::Result<io::Result<()>>
where
    R: StreamSocket,
    W: StreamSocket,
{
    let written = copy_to_end(reader, writer, copied).await?;
    Ok(written.and_then(|()| writer.shutdown_with(Shutdown::Write)))
}
