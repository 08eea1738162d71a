//! The I/O traits of futures (feature `futures-io`) on streams, on references to them, and on halves.

#![forbid(unsafe_code)]

use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::futures_io::{AsyncRead, AsyncWrite};

use crate::net::stream::{Reader, Stream, StreamSocket, Writer};

/// Reads from the stream that the type lends.
macro_rules! read {
    (<$($generics:ident: $bound:path),*> for $type:ty) => {
        impl<$($generics: $bound),*> AsyncRead for $type {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
                lent(&*self).poll_read(cx, buffer)
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                lent(&*self).poll_read_vectored(cx, buffers)
            }
        }
    };
}

/// Writes to the stream that the type lends. Closing ends what the peer reads.
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

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(lent(&*self).shutdown_with(Shutdown::Write))
            }
        }
    };
}

read!(<S: StreamSocket> for Stream<S>);
read!(<S: StreamSocket> for &Stream<S>);
read!(<S: StreamSocket, H: Deref<Target = Stream<S>>> for Reader<H>);
write!(<S: StreamSocket> for Stream<S>);
write!(<S: StreamSocket> for &Stream<S>);
write!(<S: StreamSocket, H: Deref<Target = Stream<S>>> for Writer<H>);

fn lent<S: StreamSocket>(lender: &impl AsRef<Stream<S>>) -> &Stream<S> {
    lender.as_ref()
}
