//! `AsyncFd` over descriptors that are closed, duplicated, numbered again or taken twice.

mod support;

use std::io::{self, ErrorKind, PipeWriter, Write, pipe};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use epore::net::{AsyncFd, TcpStream};
use epore::reactor::Interest;
use support::child::in_own_process;
use support::panics::panics_in;
use support::polls::{count_polls, poll_once, run, turns};
use support::tcp;

/// Polls a wait that has nothing to end it, so that the descriptor is registered.
async fn register(fd: &AsyncFd<impl AsFd>) {
    assert!(poll_once(pin!(fd.readable())).await.is_pending());
}

/// R7 (a): two are ready in one batch, and who handles the first closes the second and takes its number.
#[test]
fn a_number_that_is_used_again_gets_no_event_of_its_former_owner() {
    in_own_process("a_number_that_is_used_again_gets_no_event_of_its_former_owner", || {
        run(async {
            let ((first, mut first_writer), (second, mut second_writer)) = (pipe()?, pipe()?);
            let (first, second) = (AsyncFd::new(first)?, AsyncFd::new(second)?);
            let number = second.as_raw_fd();
            register(&first).await;
            register(&second).await;
            let second = Rc::new(std::cell::RefCell::new(Some(second)));
            let taken = Rc::clone(&second);
            let handler = epore::spawn(async move {
                drop(first.readable().await?);
                drop(taken.take());
                let (third, third_writer) = pipe()?;
                assert_eq!(third.as_raw_fd(), number);
                io::Result::Ok((AsyncFd::new(third)?, third_writer))
            });
            turns(2).await;
            first_writer.write_all(b"x")?;
            second_writer.write_all(b"for the former owner")?;
            let (third, mut third_writer) = handler.await.unwrap()?;
            let mut readable = pin!(third.readable());
            for _ in 0..10 {
                assert!(poll_once(readable.as_mut()).await.is_pending());
                turns(1).await;
            }
            third_writer.write_all(b"x")?;
            drop(readable.await?);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// R7 (b): the original is closed while a duplicate lives, and its peer writes.
#[test]
fn a_duplicate_that_outlives_an_async_fd_wakes_nobody() -> io::Result<()> {
    run(async {
        let (reader, mut writer) = pipe()?;
        let duplicate = reader.try_clone()?;
        let reader = AsyncFd::new(reader)?;
        register(&reader).await;
        drop(reader);

        // The next one takes the slot of the one that was dropped.
        let (next, mut next_writer) = pipe()?;
        let next = AsyncFd::new(next)?;
        let (waiting, polls) = count_polls(async move { next.readable().await.map(drop) });
        let waiting = epore::spawn(waiting);
        for _ in 0..100 {
            writer.write_all(b"for nobody")?;
            turns(1).await;
        }
        assert_eq!(polls.get(), 1, "nothing has come for the next one");
        next_writer.write_all(b"x")?;
        waiting.await.unwrap()?;
        assert_eq!(polls.get(), 2);
        drop(duplicate);
        Ok(())
    })
}

/// R7 (b): the kernel still had the registration of the closed one, under the number that a duplicate then got.
#[test]
fn a_duplicate_that_gets_the_number_of_a_closed_stream_can_be_waited_for() {
    in_own_process("a_duplicate_that_gets_the_number_of_a_closed_stream_can_be_waited_for", || {
        run(async {
            let (stream, mut peer) = tcp::registered_pair().await?;
            let number = stream.as_raw_fd();
            let duplicate = stream.as_fd().try_clone_to_owned()?;
            drop(stream);
            let again = duplicate.try_clone()?;
            assert_eq!(again.as_raw_fd(), number);
            let again = TcpStream::from_std(again.into())?;
            let mut buffer = [0; 16];
            {
                let mut reading = pin!(again.read(&mut buffer));
                assert!(matches!(poll_once(reading.as_mut()).await, Poll::Pending));
                turns(2).await;
                peer.write_all(b"hello")?;
                assert_eq!(reading.await?, 5);
            }
            let twice = AsyncFd::new(&again)?;
            assert_eq!(twice.readable().await.unwrap_err().kind(), ErrorKind::AlreadyExists);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// Borrows a number for as long as one likes.
fn borrow(number: i32) -> BorrowedFd<'static> {
    // SAFETY: whoever calls this closes the descriptor early on purpose, in a process of its own: a number that names
    // nothing, or something else, is what is tested.
    unsafe { BorrowedFd::borrow_raw(number) }
}

fn close(number: i32) {
    // SAFETY: the number was taken out of its owner, and is closed once.
    drop(unsafe { OwnedFd::from_raw_fd(number) });
}

/// One end of a pipe that has begun to wait, whose number is to be closed behind its back.
async fn lent_reader() -> io::Result<(AsyncFd<BorrowedFd<'static>>, PipeWriter)> {
    let (reader, writer) = pipe()?;
    let lent = AsyncFd::new(borrow(reader.into_raw_fd()))?;
    register(&lent).await;
    Ok((lent, writer))
}

/// A socket that takes a number waits, something happens to its former owner, and what comes for the socket is told.
async fn a_socket_waits_under(number: i32, meanwhile: impl FnOnce()) -> io::Result<()> {
    let (socket, mut peer) = UnixStream::pair()?;
    assert_eq!(socket.as_raw_fd(), number);
    let stream = epore::net::UnixStream::from_std(socket)?;
    let mut buffer = [0; 16];
    let mut reading = pin!(stream.read(&mut buffer));
    assert!(poll_once(reading.as_mut()).await.is_pending());
    meanwhile();
    turns(2).await;
    peer.write_all(b"hello")?;
    assert_eq!(reading.await?, 5);
    Ok(())
}

/// R7 (c): the user closes a descriptor behind the back of its `AsyncFd`.
#[test]
fn a_descriptor_that_is_closed_behind_our_back_harms_nobody() {
    in_own_process("a_descriptor_that_is_closed_behind_our_back_harms_nobody", || {
        run(async {
            let (old, _writer) = lent_reader().await?;
            let number = old.as_raw_fd();
            close(number);

            let (reader, mut writer) = pipe()?;
            assert_eq!(reader.as_raw_fd(), number);
            let new = AsyncFd::new(reader)?;
            register(&new).await;
            drop(old);
            turns(2).await;
            writer.write_all(b"x")?;
            drop(new.readable().await?);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// R7 (c)
#[test]
fn a_socket_that_takes_the_number_of_one_closed_behind_our_back_goes_on() {
    in_own_process("a_socket_that_takes_the_number_of_one_closed_behind_our_back_goes_on", || {
        run(async {
            let (old, _writer) = lent_reader().await?;
            let number = old.as_raw_fd();
            close(number);

            a_socket_waits_under(number, || assert_eq!(old.into_inner().as_raw_fd(), number)).await
        })
        .unwrap();
    });
}

/// R7 (c): an operation on the old one has said `WouldBlock` in spite of its end, which is asked for anew.
#[test]
fn an_end_that_is_asked_for_anew_takes_no_number_from_a_socket() {
    in_own_process("an_end_that_is_asked_for_anew_takes_no_number_from_a_socket", || {
        run(async {
            let (old, writer) = lent_reader().await?;
            let number = old.as_raw_fd();
            drop(writer);
            let mut guard = old.readable().await?;
            close(number);

            let mut denied = || guard.try_io(|_| io::Result::<()>::Err(ErrorKind::WouldBlock.into()));
            a_socket_waits_under(number, || assert!(denied().is_err())).await
        })
        .unwrap();
    });
}

/// R7 (c): the number stays free.
#[test]
fn a_descriptor_that_is_closed_for_good_behind_our_back_is_no_error() {
    in_own_process("a_descriptor_that_is_closed_for_good_behind_our_back_is_no_error", || {
        run(async {
            let (old, _writer) = lent_reader().await?;
            let number = old.as_raw_fd();
            close(number);
            assert!(panics_in(|| drop(old)).is_empty());
            turns(2).await;
            assert_eq!(pipe()?.0.as_raw_fd(), number, "it is still the lowest that is free");
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// R7 (d)
#[test]
fn the_same_descriptor_twice_is_a_clear_error_and_the_first_goes_on() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = UnixStream::pair()?;
        let socket = Rc::new(socket);
        let first = AsyncFd::new(Rc::clone(&socket))?;
        register(&first).await;
        let second = AsyncFd::new(Rc::clone(&socket))?;
        for error in [second.readable().await.unwrap_err(), second.ready(Interest::WRITABLE).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::AlreadyExists);
            let said = error.to_string();
            assert!(said.contains(&format!("descriptor {}", socket.as_raw_fd())) && said.contains("share"), "{said}");
        }
        drop(second);
        let (waiting, polls) = count_polls(async move { first.readable().await.map(drop) });
        let waiting = epore::spawn(waiting);
        turns(100).await;
        assert_eq!(polls.get(), 1);
        peer.write_all(b"x")?;
        waiting.await.unwrap()?;
        assert_eq!(polls.get(), 2);

        // The first is gone, and its place is free.
        drop(AsyncFd::new(socket)?.readable().await?);
        Ok(())
    })
}
