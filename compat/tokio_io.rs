//! The I/O traits of tokio (feature `tokio-io`) on streams and halves.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::stream::{Reader, Stream, StreamSocket, Writer};

impl<S: StreamSocket> AsyncRead for Stream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        read(&self, cx, buffer)
    }
}

impl<S: StreamSocket, H: Deref<Target = Stream<S>>> AsyncRead for Reader<H> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        read((*self).as_ref(), cx, buffer)
    }
}

fn read<S: StreamSocket>(stream: &Stream<S>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    // SAFETY: `poll_read_uninit` only ever writes initialized bytes to the buffer.
    let count = ready!(stream.poll_read_uninit(cx, unsafe { buffer.unfilled_mut() }))?;
    // SAFETY: the first `count` bytes have just been initialized.
    unsafe { buffer.assume_init(count) };
    buffer.advance(count);
    Poll::Ready(Ok(()))
}

/// Writes to the stream that the type lends. Shutting down ends what the peer reads.
macro_rules! write {
    (<$($generics:ident: $bound:path),*> for $type:ty) => {
        impl<$($generics: $bound),*> AsyncWrite for $type {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
                lent(&*self).poll_write(cx, buffer)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                lent(&*self).poll_write_vectored(cx, buffers)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(lent(&*self).shutdown_with(Shutdown::Write))
            }
        }
    };
}

write!(<S: StreamSocket> for Stream<S>);
write!(<S: StreamSocket, H: Deref<Target = Stream<S>>> for Writer<H>);

fn lent<S: StreamSocket>(lender: &impl AsRef<Stream<S>>) -> &Stream<S> {
    lender.as_ref()
}
