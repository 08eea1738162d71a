#![forbid(unsafe_code)]

use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::support::polls::{poll_once, run};
use crate::support::tcp::{fill, pair, registered_pair};

/// More than one system call takes.
const BUFFERS: usize = 2000;

/// R3, R29: a receive of no bytes makes the system wait for some.
#[test]
fn an_empty_buffer_is_filled_at_once() -> io::Result<()> {
    run(async {
        let (stream, _peer) = pair()?;
        for registered in [false, true] {
            if registered {
                stream.writable().await?;
            }
            assert_eq!(stream.try_read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
            assert_eq!(stream.read(&mut []).await?, 0);
            assert_eq!(stream.peek(&mut []).await?, 0);
            assert_eq!(stream.read_vectored(&mut []).await?, 0);
            assert_eq!(stream.try_read(&mut [])?, 0);
            stream.read_exact(&mut []).await?;
            assert_eq!(stream.write(&[]).await?, 0);
            assert_eq!(stream.write_vectored(&[]).await?, 0);
        }
        Ok(())
    })
}

/// The poll form made a system call of it, and waited for data, or for room, of which it has no need.
#[test]
fn an_empty_buffer_is_polled_at_once() -> io::Result<()> {
    run(async {
        for (stream, _peer) in [pair()?, registered_pair().await?] {
            fill(&stream)?;
            assert_eq!(stream.try_read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
            let cx = &mut Context::from_waker(Waker::noop());
            let empty: &mut [MaybeUninit<u8>] = &mut [];
            for poll in [stream.poll_read(cx, &mut []), stream.poll_read_uninit(cx, empty), stream.poll_write(cx, &[])]
            {
                assert!(matches!(poll, Poll::Ready(Ok(0))), "{poll:?}");
            }
        }
        Ok(())
    })
}

/// All that one system call takes was less than had been asked for: the socket was taken for full, and never written again.
#[test]
fn a_write_of_very_many_buffers_leaves_the_socket_writable() -> io::Result<()> {
    run(async {
        let (stream, _peer) = registered_pair().await?;
        let buffers = [IoSlice::new(b"x"); BUFFERS];
        assert!(stream.write_vectored(&buffers).await? > 0);
        assert!(poll_once(pin!(stream.write(b"x"))).await.is_ready());
        assert!(stream.try_write_vectored(&buffers)? > 0);
        assert!(poll_once(pin!(stream.write(b"x"))).await.is_ready());
        Ok(())
    })
}

/// All that one system call takes was less than had been asked for: the socket was taken for empty, and never read again.
#[test]
fn a_read_into_very_many_buffers_leaves_the_socket_readable() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(&[b'x'; 2 * BUFFERS])?;
        stream.readable().await?;
        let mut bytes = [0; BUFFERS];
        let mut buffers: Vec<IoSliceMut> = bytes.chunks_mut(1).map(IoSliceMut::new).collect();
        assert!(stream.read_vectored(&mut buffers).await? > 0);
        assert!(poll_once(pin!(stream.read(&mut [0; 1]))).await.is_ready());
        assert!(stream.try_read_vectored(&mut buffers)? > 0);
        assert!(poll_once(pin!(stream.read(&mut [0; 1]))).await.is_ready());
        Ok(())
    })
}
