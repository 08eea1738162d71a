//! Descriptors that are closed, duplicated or numbered again while the reactor knows them.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::pin::pin;
use std::task::Poll;

use epore::net::TcpStream;
use futures::future::{Either, select};
use support::child::in_own_process;
use support::polls::{count_polls, poll_once, run, turns};
use support::tcp::{pair, registered_pair};

/// R7
#[test]
fn a_number_that_is_used_again_gets_no_event_of_its_former_owner() {
    in_own_process("a_number_that_is_used_again_gets_no_event_of_its_former_owner", || {
        run(async {
            let (first, mut first_peer) = registered_pair().await?;
            let (second, mut second_peer) = registered_pair().await?;
            let number = second.as_raw_fd();
            let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
            let mut third_peer = std::net::TcpStream::connect(listener.local_addr()?)?;
            // Both are sent before the reactor is looked at, so both are ready in one batch.
            second_peer.write_all(b"for the former owner")?;
            first_peer.write_all(b"x")?;
            match select(pin!(first.readable()), pin!(second.readable())).await {
                Either::Left(_) => {}
                Either::Right(_) => panic!("the first of two that are ready is polled first"),
            }
            drop(second);

            let third = TcpStream::from_std(listener.accept()?.0)?;
            assert_eq!(third.as_raw_fd(), number);
            {
                let mut readable = pin!(third.readable());
                for _ in 0..10 {
                    assert!(poll_once(readable.as_mut()).await.is_pending());
                    turns(1).await;
                }
            }
            third_peer.write_all(b"hello")?;
            let mut buffer = [0; 64];
            assert_eq!(third.read(&mut buffer).await?, 5);
            assert_eq!(&buffer[..5], b"hello");
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// R7
#[test]
fn a_duplicate_that_outlives_its_stream_wakes_nobody() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let duplicate = stream.as_fd().try_clone_to_owned()?;
        drop(stream);

        // The next stream takes the slot of the one that was dropped.
        let (next, mut next_peer) = pair()?;
        let (reader, polls) = count_polls(async move { next.read(&mut [0; 64]).await });
        let reader = epore::spawn(reader);
        for _ in 0..100 {
            peer.write_all(b"for nobody")?;
            turns(1).await;
        }
        assert_eq!(polls.get(), 1, "nothing has come for the next stream");
        next_peer.write_all(b"hello")?;
        assert_eq!(reader.await.unwrap()?, 5);
        assert_eq!(polls.get(), 2);
        drop(duplicate);
        Ok(())
    })
}

/// R7
#[test]
fn a_duplicate_can_be_a_stream_of_its_own() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let duplicate = TcpStream::from_std(stream.as_fd().try_clone_to_owned()?.into())?;
        peer.write_all(b"ab")?;
        assert_eq!(stream.read(&mut [0; 1]).await?, 1);
        assert_eq!(duplicate.read(&mut [0; 1]).await?, 1);
        drop(stream);
        let mut buffer = [0; 64];
        {
            let mut read = pin!(duplicate.read(&mut buffer));
            assert!(matches!(poll_once(read.as_mut()).await, Poll::Pending));
            peer.write_all(b"cd")?;
            assert_eq!(read.await?, 2);
        }
        assert_eq!(&buffer[..2], b"cd");
        assert_eq!(duplicate.try_read(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}
