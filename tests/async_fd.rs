//! `AsyncFd`: waits and operations.

#[path = "support/fds.rs"]
mod fds;
#[path = "support/foreign.rs"]
mod foreign;
mod support;

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write, pipe};
use std::pin::pin;
use std::rc::Rc;
use std::task::Context;

use epore::net::AsyncFd;
use epore::reactor::{Interest, Ready};
use fds::is_nonblocking;
use foreign::On;
use futures::future::{join, join_all};
use support::async_fd::{both, full_socket, socket, waits_for, would_block};
use support::polls::{run, turns};

#[test]
fn errors_of_the_operation_come_out_and_clear_nothing() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        let mut guard = socket.readable().await?;
        let failed = guard.try_io(|_| io::Result::<()>::Err(ErrorKind::InvalidData.into())).unwrap();
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::InvalidData);
        let failed = socket.async_io(Interest::READABLE, |_| io::Result::<()>::Err(ErrorKind::InvalidData.into()));
        assert_eq!(failed.await.unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(socket.async_io(Interest::READABLE, |mut socket| socket.read(&mut [0; 16])).await?, 1);
        Ok(())
    })
}

#[test]
fn waiting_for_both_directions_ends_with_either() -> io::Result<()> {
    run(async {
        let (socket, mut peer, filled) = full_socket().await?;
        let guard = waits_for(socket.ready(both()), || peer.write_all(b"x")).await??;
        assert_eq!(guard.ready(), Ready::READABLE);

        assert_eq!(socket.async_io(Interest::READABLE, |mut socket| socket.read(&mut [0; 1])).await?, 1);
        let nothing = socket.try_io(both(), |mut socket| socket.read(&mut [0; 1]));
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
        let guard = waits_for(socket.ready(both()), || peer.read_exact(&mut vec![0; filled])).await??;
        assert_eq!(guard.ready(), Ready::WRITABLE);
        Ok(())
    })
}

#[test]
fn an_error_can_be_waited_for() -> io::Result<()> {
    run(async {
        let (reader, writer) = pipe()?;
        let writer = AsyncFd::with_interest(writer, Interest::ERROR)?;
        let closing = || {
            drop(reader);
            Ok(())
        };
        assert_eq!(waits_for(writer.ready(Interest::ERROR), closing).await??.ready(), Ready::ERROR);
        Ok(())
    })
}

#[test]
fn all_who_wait_wake() -> io::Result<()> {
    run(async {
        let (socket, mut peer, _) = full_socket().await?;
        let interests = [Interest::READABLE, both(), Interest::READABLE | Interest::PRIORITY];
        let waiting = join_all((0..99).map(|place| socket.ready(interests[place % 3])));
        let guards = waits_for(waiting, || peer.write_all(b"x")).await?;
        guards.into_iter().try_for_each(|guard| guard.map(drop))
    })
}

#[test]
fn a_wait_that_is_dropped_takes_its_wakers_off_both_lists() -> io::Result<()> {
    run(async {
        let (socket, mut peer, _) = full_socket().await?;
        for ends in [false, true] {
            let dropped = Rc::new(Cell::new(0));
            let counter = Rc::clone(&dropped);
            let waker = foreign::waker(On::Drop, Rc::new(move || counter.set(counter.get() + 1)));
            {
                let mut waiting = pin!(socket.ready(both()));
                let mut cx = Context::from_waker(&waker);
                assert!(waiting.as_mut().poll(&mut cx).is_pending());
                assert!(waiting.as_mut().poll(&mut cx).is_pending());
                if ends {
                    peer.write_all(b"x")?;
                    turns(2).await;
                    assert_eq!(dropped.get(), 1, "the one that was woken");
                    assert!(waiting.as_mut().poll(&mut cx).is_ready());
                } else {
                    assert_eq!(dropped.get(), 0);
                }
            }
            assert_eq!(dropped.get(), 2);
        }
        Ok(())
    })
}

/// R10
#[test]
fn a_descriptor_that_is_always_ready_lets_other_tasks_run() -> io::Result<()> {
    run(async {
        let (socket, _peer) = socket()?;
        // From here on the reactor need not be asked.
        drop(socket.writable().await?);
        let ran = Rc::new(Cell::new(false));
        let other = Rc::clone(&ran);
        let _other = epore::spawn(async move { other.set(true) });
        for _ in 0..1_000_000 {
            drop(socket.ready(both()).await?);
            if ran.get() {
                return Ok(());
            }
        }
        panic!("a million waits, and no other task has run");
    })
}

/// R26
#[test]
fn an_operation_that_would_block_although_ready_is_tried_with_the_next_event() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        let tries = Cell::new(0);
        let reading = socket.async_io(Interest::READABLE, |mut socket| {
            tries.set(tries.get() + 1);
            if tries.get() < 3 { would_block() } else { socket.read(&mut [0; 16]) }
        });
        let sending = async {
            for tried in 1..3 {
                while tries.get() < tried {
                    turns(1).await;
                }
                turns(3).await;
                assert_eq!(tries.get(), tried);
                peer.write_all(b"x")?;
            }
            io::Result::Ok(())
        };
        let (count, sent) = join(reading, sending).await;
        sent?;
        assert_eq!(count?, 3);
        Ok(())
    })
}

#[test]
fn what_would_block_before_the_first_wait_is_waited_for() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        let nothing = socket.try_io(Interest::READABLE, |mut socket| socket.read(&mut [0; 16]));
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
        peer.write_all(b"x")?;
        assert_eq!(socket.try_io(Interest::READABLE, |mut socket| socket.read(&mut [0; 16]))?, 1);
        Ok(())
    })
}

#[test]
fn the_poll_forms_wait_too() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        assert!(poll_fn(|cx| socket.poll_write_ready(cx)).await?.ready().is_writable());
        let guard = waits_for(poll_fn(|cx| socket.poll_read_ready(cx)), || peer.write_all(b"x")).await??;
        assert!(guard.ready().is_readable());
        Ok(())
    })
}

#[test]
fn what_was_left_out_of_the_interest_is_refused() -> io::Result<()> {
    run(async {
        let (reader, mut writer) = pipe()?;
        // The trigger is of no account: one that repeats events would make the loop spin.
        let reader = AsyncFd::with_interest(reader, Interest::READABLE.level().one_shot())?;
        for interest in [Interest::WRITABLE, both(), Interest::PRIORITY] {
            let error = reader.ready(interest).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains("with_interest"), "{error}");
        }
        let waiting = reader.ready(Interest::READABLE | Interest::ERROR);
        waits_for(waiting, || writer.write_all(b"x")).await??.clear_ready();
        // Unread, it would be reported for ever; and one event does not end the interest.
        drop(waits_for(reader.readable(), || writer.write_all(b"y")).await??);
        Ok(())
    })
}

/// R28
#[test]
fn the_flags_are_changed_by_new_and_kept_where_that_is_asked_for() -> io::Result<()> {
    let (reader, writer) = pipe()?;
    let reader = AsyncFd::keeping_flags(reader, Interest::READABLE);
    assert!(!is_nonblocking(&reader));
    let reader = AsyncFd::new(reader.into_inner())?;
    assert!(is_nonblocking(&reader) && is_nonblocking(&reader.into_inner()));
    assert!(is_nonblocking(&AsyncFd::with_interest(writer, Interest::WRITABLE)?));
    Ok(())
}
