//! `ready`, `try_io` and `async_io` of streams, TCP and Unix alike.

#![forbid(unsafe_code)]

mod support;

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net;
use std::pin::pin;
use std::rc::Rc;

use epore::net::stream::StreamSocket;
use epore::net::{Stream, UnixStream};
use epore::reactor::{Interest, Ready};
use futures::future::{join, select};
use support::polls::{poll_once, run, turns};
use support::tcp::pair;

/// The same test of both kinds of stream. The second name is that of a duplicate, for operations of one's own.
macro_rules! of_both_kinds {
    ($test:ident, $body:expr) => {
        mod $test {
            use super::*;

            #[test]
            fn tcp() -> io::Result<()> {
                run(async {
                    let (stream, peer) = pair()?;
                    let duplicate = std::net::TcpStream::from(stream.as_fd().try_clone_to_owned()?);
                    ($body)(stream, duplicate, peer).await
                })
            }

            #[test]
            fn unix() -> io::Result<()> {
                run(async {
                    let (socket, peer) = net::UnixStream::pair()?;
                    let duplicate = socket.try_clone()?;
                    ($body)(UnixStream::from_std(socket)?, duplicate, peer).await
                })
            }
        }
    };
}

fn both() -> Interest {
    Interest::READABLE | Interest::WRITABLE
}

async fn fill<S: StreamSocket>(stream: &Stream<S>) -> io::Result<usize> {
    let mut total = 0;
    loop {
        match stream.try_write(&[b'.'; 64 * 1024]) {
            Ok(count) => total += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}

of_both_kinds!(ready_says_what_for, ready_says);

async fn ready_says<S: StreamSocket>(stream: Stream<S>, _duplicate: impl Read, mut peer: impl Write) -> io::Result<()> {
    assert_eq!(stream.ready(both()).await?, Ready::WRITABLE);
    peer.write_all(b"x")?;
    assert_eq!(stream.ready(Interest::READABLE).await?, Ready::READABLE);
    assert_eq!(stream.ready(both()).await?, Ready::READABLE | Ready::WRITABLE);
    assert_eq!(stream.read(&mut [0; 16]).await?, 1);
    assert_eq!(stream.ready(both()).await?, Ready::WRITABLE);
    drop(peer);
    assert!(stream.ready(Interest::READABLE).await?.is_read_closed());
    let (reader, _writer) = stream.split();
    assert!(reader.ready(Interest::READABLE).await?.is_read_closed());
    Ok(())
}

of_both_kinds!(ready_for_either_direction_ends_with_one, either);

async fn either<S: StreamSocket>(
    stream: Stream<S>,
    _duplicate: impl Read,
    mut peer: impl Write + Read,
) -> io::Result<()> {
    fill(&stream).await?;
    let mut waiting = pin!(stream.ready(both()));
    for _ in 0..5 {
        assert!(poll_once(waiting.as_mut()).await.is_pending());
        turns(1).await;
    }
    peer.write_all(b"x")?;
    assert_eq!(waiting.await?, Ready::READABLE);

    assert_eq!(stream.read(&mut [0; 16]).await?, 1);
    let waiting = pin!(stream.ready(both()));
    let reading = pin!(async {
        loop {
            turns(1).await;
            peer.read_exact(&mut [0; 4096]).unwrap();
        }
    });
    match select(waiting, reading).await {
        futures::future::Either::Left((ready, _)) => assert_eq!(ready?, Ready::WRITABLE),
        futures::future::Either::Right(((), _)) => unreachable!("it reads for ever"),
    }
    Ok(())
}

of_both_kinds!(an_operation_of_ones_own_is_tried_when_worth_it, own_operation);

async fn own_operation<S: StreamSocket>(
    stream: Stream<S>,
    mut duplicate: impl Read,
    mut peer: impl Write,
) -> io::Result<()> {
    let nothing = stream.try_io(Interest::READABLE, || duplicate.read(&mut [0; 16]));
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
    let tries = Cell::new(0);
    let reading = stream.async_io(Interest::READABLE, || {
        tries.set(tries.get() + 1);
        duplicate.read(&mut [0; 2])
    });
    let sending = async {
        turns(3).await;
        assert_eq!(tries.get(), 0, "it is not tried before it is ready");
        peer.write_all(b"0123456789")
    };
    let (count, sent) = join(reading, sending).await;
    sent?;
    assert_eq!((count?, tries.get()), (2, 1));
    // It was partial, which nobody could see: the rest is there.
    assert_eq!(stream.async_io(Interest::READABLE, || duplicate.read(&mut [0; 16])).await?, 8);
    assert_eq!(stream.ready(Interest::READABLE).await?, Ready::READABLE);
    let nothing = stream.try_io(Interest::READABLE, || duplicate.read(&mut [0; 16]));
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(poll_once(pin!(stream.ready(Interest::READABLE))).await.is_pending());
    assert!(stream.ready(Interest::WRITABLE).await?.is_writable(), "the other direction is as it was");
    Ok(())
}

of_both_kinds!(an_interrupted_operation_is_tried_again, interrupted);

async fn interrupted<S: StreamSocket>(stream: Stream<S>, _: impl Read, _peer: impl Write) -> io::Result<()> {
    let mut tries = 0;
    let result = stream.async_io(Interest::WRITABLE, || {
        tries += 1;
        if tries < 3 { Err(ErrorKind::Interrupted.into()) } else { Ok(tries) }
    });
    assert_eq!(result.await?, 3);
    Ok(())
}

of_both_kinds!(the_poll_forms_wait, poll_forms);

async fn poll_forms<S: StreamSocket>(stream: Stream<S>, _: impl Read, mut peer: impl Write) -> io::Result<()> {
    poll_fn(|cx| stream.poll_write_ready(cx)).await?;
    let mut waiting = pin!(poll_fn(|cx| stream.poll_read_ready(cx)));
    for _ in 0..5 {
        assert!(poll_once(waiting.as_mut()).await.is_pending());
        turns(1).await;
    }
    peer.write_all(b"x")?;
    waiting.await
}

of_both_kinds!(the_vectored_poll_forms_wait_and_use_one_buffer_after_another, vectored_poll_forms);

async fn vectored_poll_forms<S: StreamSocket>(
    stream: Stream<S>,
    _: impl Read,
    mut peer: impl Read + Write,
) -> io::Result<()> {
    let (mut one, mut other) = ([0; 2], [0; 4]);
    {
        let mut buffers = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut other)];
        let mut read = pin!(poll_fn(|cx| stream.poll_read_vectored(cx, &mut buffers)));
        assert!(poll_once(read.as_mut()).await.is_pending());
        peer.write_all(b"hello")?;
        assert_eq!(read.await?, 5);
    }
    assert_eq!((&one, &other[..3]), (b"he", &b"llo"[..]));

    let slices = [IoSlice::new(b"two "), IoSlice::new(b"slices")];
    assert_eq!(poll_fn(|cx| stream.poll_write_vectored(cx, &slices)).await?, 10);
    let mut text = [0; 10];
    peer.read_exact(&mut text)?;
    assert_eq!(&text, b"two slices");

    let filled = fill(&stream).await?;
    let mut write = pin!(poll_fn(|cx| stream.poll_write_vectored(cx, &slices)));
    assert!(poll_once(write.as_mut()).await.is_pending());
    peer.read_exact(&mut vec![0; filled])?;
    assert_eq!(write.await?, 10);
    Ok(())
}

/// R10: a task that only ever tries what is ready yields.
#[test]
fn operations_of_ones_own_let_other_tasks_run() -> io::Result<()> {
    run(async {
        let (stream, _peer) = pair()?;
        // From here on the reactor need not be asked.
        stream.writable().await?;
        let ran = Rc::new(Cell::new(false));
        let other = Rc::clone(&ran);
        let _other = epore::spawn(async move { other.set(true) });
        for _ in 0..1_000_000 {
            stream.async_io(Interest::WRITABLE, || Ok(())).await?;
            if ran.get() {
                return Ok(());
            }
        }
        panic!("a million operations, and no other task has run");
    })
}

#[test]
fn those_who_wait_for_one_direction_and_for_both_all_wake() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        fill(&stream).await?;
        let stream = Rc::new(stream);
        let tasks: Vec<_> = (0..30)
            .map(|place| {
                let stream = Rc::clone(&stream);
                let interest = if place % 2 == 0 { Interest::READABLE } else { both() };
                epore::spawn(async move { stream.ready(interest).await })
            })
            .collect();
        turns(3).await;
        assert!(tasks.iter().all(|task| !task.is_finished()));
        peer.write_all(b"x")?;
        for task in tasks {
            assert!(task.await.unwrap()?.is_readable());
        }
        peer.shutdown(Shutdown::Both)?;
        Ok(())
    })
}
