//! The guards that waits for an `AsyncFd` end with which is held alone.

#![forbid(unsafe_code)]

mod support;

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write, pipe};
use std::os::fd::{AsFd, AsRawFd};
use std::pin::pin;

use epore::net::AsyncFd;
use epore::reactor::{Interest, Ready};
use support::async_fd::{both, full_socket, socket, waits_for};
use support::polls::{poll_once, run, turns};

#[test]
fn operations_may_need_what_was_taken_over_for_themselves_alone() -> io::Result<()> {
    run(async {
        let (reader, writer) = pipe()?;
        let (mut reader, mut writer) = (AsyncFd::new(reader)?, AsyncFd::new(writer)?);
        let count = writer.writable_mut().await?.try_io(|writer| writer.get_mut().write(b"hello")).unwrap()?;
        assert_eq!(count, 5);
        let mut guard = reader.readable_mut().await?;
        assert_eq!(guard.get_inner_mut().read(&mut [0; 1])?, 1);
        assert_eq!(guard.try_io(|reader| reader.get_mut().read(&mut [0; 1])).unwrap()?, 1);
        guard.retain_ready();
        assert_eq!(reader.async_io_mut(Interest::READABLE, |reader| reader.read(&mut [0; 16])).await?, 3);
        poll_fn(|cx| reader.poll_read_ready_mut(cx).map_ok(|mut guard| guard.clear_ready())).await?;
        let nothing = reader.try_io_mut(Interest::READABLE, |reader| reader.read(&mut [0; 1]));
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(poll_once(pin!(reader.readable_mut())).await.is_pending());
        writer.async_io_mut(Interest::WRITABLE, |writer| writer.write_all(b"x")).await?;
        let guard = reader.ready_mut(Interest::READABLE).await?;
        assert!(guard.ready().is_readable() && guard.get_ref().get_ref().as_fd().as_raw_fd() >= 0);
        Ok(())
    })
}

#[test]
fn a_guard_that_has_met_would_block_has_the_next_wait_be_a_real_one() -> io::Result<()> {
    run(async {
        let (mut socket, mut peer) = socket()?;
        peer.write_all(b"hello")?;
        let mut guard = socket.readable_mut().await?;
        assert_eq!(guard.try_io(|socket| socket.get_mut().read(&mut [0; 16])).unwrap()?, 5);
        assert!(guard.ready().is_readable());
        assert!(guard.try_io(|socket| socket.get_mut().read(&mut [0; 16])).is_err());
        assert!(guard.ready().is_empty());
        let mut guard = waits_for(socket.readable_mut(), || peer.write_all(b"more")).await??;
        assert_eq!(guard.get_mut().get_mut().read(&mut [0; 16])?, 4);
        Ok(())
    })
}

#[test]
fn some_conditions_can_be_cleared_and_others_kept() -> io::Result<()> {
    run(async {
        let (mut socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        drop(socket.readable_mut().await?);
        let mut guard = socket.ready_mut(both()).await?;
        guard.clear_ready_matching(Ready::READABLE);
        assert_eq!(guard.ready(), Ready::WRITABLE);
        assert!(poll_once(pin!(socket.readable_mut())).await.is_pending());
        assert_eq!(socket.ready_mut(both()).await?.ready(), Ready::WRITABLE);
        Ok(())
    })
}

/// R1
#[test]
fn an_event_that_comes_while_a_guard_is_held_outlives_its_clear() -> io::Result<()> {
    run(async {
        let (mut socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        let mut guard = socket.readable_mut().await?;
        assert_eq!(guard.get_inner_mut().read(&mut [0; 16])?, 1);
        peer.write_all(b"y")?;
        turns(2).await;
        guard.clear_ready();
        assert!(poll_once(pin!(socket.readable_mut())).await.is_ready());
        Ok(())
    })
}

#[test]
fn the_poll_form_waits_for_room() -> io::Result<()> {
    run(async {
        let (mut socket, mut peer, filled) = full_socket().await?;
        let writable = poll_fn(|cx| socket.poll_write_ready_mut(cx).map_ok(|guard| guard.ready().is_writable()));
        assert!(waits_for(writable, || peer.read_exact(&mut vec![0; filled])).await??);
        assert_eq!(socket.writable_mut().await?.get_inner().peer_addr()?.as_pathname(), None);
        Ok(())
    })
}
