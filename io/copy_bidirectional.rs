#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::pin::pin;
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
/// A peer that has ended its stream may have closed its socket, or may still read: TCP does not tell, until something is
/// written to it, or its `SO_KEEPALIVE` finds out. Where the other peer may be silent for ever, have that set, or put a
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
    let (mut there, mut back) = (pin!(copy_one_way(a, b)), pin!(copy_one_way(b, a)));
    let (mut a_broken, mut b_broken) = (pin!(a.broken()), pin!(b.broken()));
    let (mut sent, mut received) = (None, None);
    poll_fn(|cx| {
        if sent.is_none()
            && let Poll::Ready(result) = there.as_mut().poll(cx)
        {
            sent = Some(result?);
        }
        if received.is_none()
            && let Poll::Ready(result) = back.as_mut().poll(cx)
        {
            received = Some(result?);
        }
        match (sent.take(), received.take()) {
            (Some(sent), Some(received)) => Poll::Ready(sent.and_then(|sent| Ok((sent, received?)))),
            // Whoever has ended is not read any more, so that nothing else would tell.
            (Some(count), None) => {
                sent = Some(count);
                a_broken.as_mut().poll(cx).map(Err)
            }
            (None, Some(count)) => {
                received = Some(count);
                b_broken.as_mut().poll(cx).map(Err)
            }
            (None, None) => Poll::Pending,
        }
    })
    .await
}

/// Copies what there is, and then the end. The outer error is one of reading, the inner one of writing.
async fn copy_one_way<R, W>(reader: &Stream<R>, writer: &Stream<W>) -> io::Result<io::Result<u64>>
where
    R: StreamSocket,
    W: StreamSocket,
{
    let copied = copy_to_end(reader, writer).await?;
    Ok(copied.and_then(|count| writer.shutdown_now(Shutdown::Write).map(|()| count)))
}
