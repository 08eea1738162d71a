//! `RecvBatch`: room for datagrams that are received together.

#![forbid(unsafe_code)]

mod support;

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::pin::pin;

use epore::net::UdpSocket;
use epore::net::udp::{Outgoing, RecvBatch};
use futures::future::join;
use support::panics::panic_of;
use support::polls::{drop_at, poll_once, run};
use support::udp::{contents, pair, refused};

#[test]
fn batches_of_impossible_sizes_are_refused_with_a_word() {
    for (slots, size, expected) in [
        (0, 1500, "a batch of 0 slots: give it 1 to 64, as one system call fills no more"),
        (65, 1500, "a batch of 65 slots: give it 1 to 64, as one system call fills no more"),
        (1, 0, "a batch with slots of 0 bytes: give them 1 to 65535, as no datagram is longer"),
        (1, 65_536, "a batch with slots of 65536 bytes: give them 1 to 65535, as no datagram is longer"),
    ] {
        assert_eq!(panic_of(|| drop(RecvBatch::new(slots, size))).0, expected);
    }
}

#[test]
fn a_batch_that_waits_is_woken_and_takes_what_is_there() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let mut batch = RecvBatch::new(8, 16);
        let mut recv = pin!(other.recv_batch(&mut batch));
        assert!(poll_once(recv.as_mut()).await.is_pending());
        one.send_batch(&[Outgoing::new(b"one"), Outgoing::new(b"two")]).await?;
        assert_eq!(recv.await?, 2);
        Ok(())
    })
}

#[test]
fn more_datagrams_than_slots_come_in_several_batches() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        other.writable().await?;
        let bytes: Vec<u8> = (0..10).collect();
        let datagrams: Vec<_> = bytes.chunks(1).map(Outgoing::new).collect();
        assert_eq!(one.send_batch(&datagrams).await?, 10);
        let mut batch = RecvBatch::new(4, 16);
        let mut received = Vec::new();
        for expected in [4, 4, 2] {
            assert_eq!(other.recv_batch(&mut batch).await?, expected);
            received.extend(batch.iter().flat_map(|each| each.data().to_vec()));
        }
        assert_eq!(received, bytes);
        assert_eq!(other.try_recv_batch(&mut batch).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(batch.is_empty());
        Ok(())
    })
}

#[test]
fn a_batch_that_was_not_full_does_not_hide_what_comes_next() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let mut batch = RecvBatch::new(4, 16);
        for round in 1..100 {
            let count = round % 4 + 1;
            one.send_batch(&[Outgoing::new(b"x"); 4][..count]).await?;
            assert_eq!(other.recv_batch(&mut batch).await?, count);
        }
        Ok(())
    })
}

/// R24
#[test]
fn dropping_a_batch_that_waits_loses_no_datagram() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let mut batch = RecvBatch::new(4, 16);
        for byte in 0..100_u8 {
            let recv = drop_at(1 + usize::from(byte % 2), other.recv_batch(&mut batch));
            let (received, sent) = join(recv, async {
                epore::yield_now().await;
                one.send_batch(&[Outgoing::new(&[byte]), Outgoing::new(b"")]).await
            })
            .await;
            assert_eq!(sent?, 2);
            let mut count = received.transpose()?.unwrap_or(0);
            assert_eq!(count, batch.len(), "what was in a batch is gone when it is used again");
            let mut received: Vec<u8> = batch.iter().flat_map(|each| each.data().to_vec()).collect();
            while count < 2 {
                count += other.recv_batch(&mut batch).await?;
                received.extend(batch.iter().flat_map(|each| each.data().to_vec()));
            }
            assert_eq!(received, [byte]);
        }
        Ok(())
    })
}

/// R22
#[test]
fn a_deferred_error_comes_out_of_the_next_batch_received() -> io::Result<()> {
    run(async {
        let (socket, _port) = refused().await?;
        let mut batch = RecvBatch::new(4, 16);
        for _ in 0..3 {
            socket.send(b"hello").await?;
            let error = socket.recv_batch(&mut batch).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            assert_eq!(socket.try_recv_batch(&mut batch).unwrap_err().kind(), ErrorKind::WouldBlock);
        }
        Ok(())
    })
}

/// R22
#[test]
fn what_was_received_comes_before_the_error_that_stopped_the_batch() -> io::Result<()> {
    run(async {
        let (socket, other) = pair().await?;
        other.send_batch(&[Outgoing::new(b"one"), Outgoing::new(b"two")]).await?;
        let mut batch = RecvBatch::new(4, 16);
        assert_eq!(socket.recv_batch(&mut batch).await?, 2);
        drop(other);
        let mut recv = pin!(socket.recv_batch(&mut batch));
        assert!(poll_once(recv.as_mut()).await.is_pending(), "a batch that was not full must still hear of errors");
        socket.send(b"nobody is there").await?;
        assert_eq!(recv.await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        Ok(())
    })
}

#[test]
fn a_socket_that_is_no_udp_socket_is_an_error() -> io::Result<()> {
    run(async {
        let (socket, peer) = UnixDatagram::pair()?;
        let socket = UdpSocket::from_std(OwnedFd::from(socket).into())?;
        peer.send(b"hello")?;
        let error = socket.recv_batch(&mut RecvBatch::new(1, 16)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        Ok(())
    })
}

#[test]
fn a_batch_is_received_by_polls_and_empty_until_then() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let mut batch = RecvBatch::new(2, 16);
        assert_eq!((batch.len(), batch.is_empty()), (0, true));
        {
            let mut recv = pin!(poll_fn(|cx| other.poll_recv_batch(cx, &mut batch)));
            assert!(poll_once(recv.as_mut()).await.is_pending());
            one.send_batch(&[Outgoing::new(b"one"), Outgoing::new(b"two")]).await?;
            assert_eq!(recv.await?, 2);
        }
        let from = one.local_addr()?;
        assert_eq!(contents(&batch), [(from, &b"one"[..], None, false), (from, b"two", None, false)]);
        // What was in it is gone, whether there is more or not.
        assert!(poll_once(pin!(poll_fn(|cx| other.poll_recv_batch(cx, &mut batch)))).await.is_pending());
        assert!(batch.is_empty());
        Ok(())
    })
}
