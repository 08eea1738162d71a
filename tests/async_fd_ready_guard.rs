//! The guards that waits for an `AsyncFd` end with.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, Read, Write};
use std::pin::pin;

use epore::reactor::{Interest, Ready};
use support::async_fd::{both, full_socket, socket, waits_for};
use support::polls::{poll_once, run, turns};

#[test]
fn a_guard_that_has_met_would_block_has_the_next_wait_be_a_real_one() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"hello")?;
        let mut guard = socket.readable().await?;
        assert!(guard.ready().is_readable());
        let count = guard.try_io(|socket| socket.get_ref().read(&mut [0; 16])).unwrap()?;
        assert_eq!(count, 5);
        let again = guard.try_io(|socket| socket.get_ref().read(&mut [0; 16]));
        assert_eq!(again.unwrap_err().to_string(), "the operation would have had to wait");
        assert!(guard.ready().is_empty());

        let guard = waits_for(socket.readable(), || peer.write_all(b"more")).await??;
        assert_eq!(guard.get_inner().read(&mut [0; 16])?, 4);
        Ok(())
    })
}

#[test]
fn what_a_guard_does_not_clear_stays_ready() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"0123456789")?;
        for _ in 0..5 {
            let mut guard = socket.readable().await?;
            assert_eq!(guard.try_io(|socket| socket.get_ref().read(&mut [0; 2])).unwrap()?, 2);
            guard.retain_ready();
        }
        // Drained, but nobody has said so.
        drop(socket.readable().await?);
        let mut guard = socket.readable().await?;
        guard.clear_ready();
        assert!(poll_once(pin!(socket.readable())).await.is_pending());
        Ok(())
    })
}

/// R1
#[test]
fn an_event_that_comes_while_a_guard_is_held_outlives_its_clear() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        let mut guard = socket.readable().await?;
        assert_eq!(socket.get_ref().read(&mut [0; 16])?, 1);
        peer.write_all(b"y")?;
        turns(2).await;
        guard.clear_ready();
        drop(socket.readable().await?);
        Ok(())
    })
}

/// R1: no number of events makes an old guard look new.
#[test]
fn many_events_that_come_while_a_guard_is_held_outlive_its_clear() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        let mut seen = 0;
        let guards = [socket.readable().await?, socket.readable().await?, socket.readable().await?];
        for (mut guard, events) in guards.into_iter().zip([1 << 8, 1 << 15, 1 << 16]) {
            while seen < events {
                assert_eq!(socket.get_ref().read(&mut [0; 16])?, 1);
                socket.readable().await?.clear_ready();
                peer.write_all(b"y")?;
                drop(socket.readable().await?);
                seen += 1;
            }
            guard.clear_ready();
            assert!(poll_once(pin!(socket.readable())).await.is_ready(), "after {events} events");
        }
        Ok(())
    })
}

/// R2
#[test]
fn an_event_in_the_other_direction_does_not_keep_a_guard_from_clearing() -> io::Result<()> {
    run(async {
        let (socket, mut peer, filled) = full_socket().await?;
        peer.write_all(b"x")?;
        let mut guard = socket.readable().await?;
        assert_eq!(socket.get_ref().read(&mut [0; 16])?, 1);
        peer.read_exact(&mut vec![0; filled])?;
        drop(socket.writable().await?);
        guard.clear_ready();
        assert!(poll_once(pin!(socket.readable())).await.is_pending());
        Ok(())
    })
}

#[test]
fn some_conditions_can_be_cleared_and_others_kept() -> io::Result<()> {
    run(async {
        let (socket, mut peer) = socket()?;
        peer.write_all(b"x")?;
        drop(socket.readable().await?);
        let mut guard = socket.ready(both()).await?;
        assert_eq!(guard.ready(), Ready::READABLE | Ready::WRITABLE);
        guard.clear_ready_matching(Ready::READABLE);
        assert_eq!(guard.ready(), Ready::WRITABLE);
        assert!(poll_once(pin!(socket.readable())).await.is_pending());
        assert_eq!(socket.ready(both()).await?.ready(), Ready::WRITABLE);
        Ok(())
    })
}

#[test]
fn the_end_is_part_of_the_readiness() -> io::Result<()> {
    run(async {
        let (socket, peer) = socket()?;
        peer.shutdown(std::net::Shutdown::Write)?;
        let ready = socket.readable().await?.ready();
        assert!(ready.is_read_closed() && !ready.is_write_closed());
        drop(peer);
        turns(2).await;
        let ready = socket.ready(both() | Interest::ERROR).await?.ready();
        assert!(ready.is_read_closed() && ready.is_write_closed() && ready.is_writable());
        Ok(())
    })
}
