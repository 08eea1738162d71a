#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::pin::pin;

use epore::net::UdpSocket;
use epore::net::udp::{Outgoing, RecvBatch};
use futures::future::join;
use support::panics::panic_of;
use support::polls::{count_polls, drop_at, poll_once, run};
use support::tcp::std_pair;
use support::udp::{fill, pair, refused, slow_pair};

/// What is in a batch: sender, content, segment size, and whether it was truncated.
fn contents(batch: &RecvBatch) -> Vec<(SocketAddr, &[u8], Option<usize>, bool)> {
    batch.iter().map(|each| (each.from(), each.data(), each.segment_size(), each.is_truncated())).collect()
}

#[test]
fn a_batch_goes_to_several_receivers_and_comes_from_several_senders() -> io::Result<()> {
    run(async {
        for local in ["127.0.0.1:0", "[::1]:0"] {
            let sockets = [UdpSocket::bind(local).await?, UdpSocket::bind(local).await?, UdpSocket::bind(local).await?];
            let [a, b, c] = [sockets[0].local_addr()?, sockets[1].local_addr()?, sockets[2].local_addr()?];
            let datagrams = [Outgoing::new(b"to b").to(b), Outgoing::new(b"").to(c), Outgoing::new(b"to c").to(c)];
            assert_eq!(sockets[0].send_batch(&datagrams).await?, 3);
            assert_eq!(sockets[1].send_batch(&[Outgoing::new(b"b to c").to(c)]).await?, 1);

            let mut batch = RecvBatch::new(8, 1500);
            assert_eq!(sockets[1].recv_batch(&mut batch).await?, 1);
            assert_eq!(contents(&batch), [(a, &b"to b"[..], None, false)]);
            assert_eq!(sockets[2].recv_batch(&mut batch).await?, 3);
            let expected = [(a, &b""[..], None, false), (a, b"to c", None, false), (b, b"b to c", None, false)];
            assert_eq!(contents(&batch), expected);
            assert_eq!((batch.len(), batch.iter().len(), batch.is_empty()), (3, 3, false));
        }
        Ok(())
    })
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

#[test]
fn one_call_sends_64_and_says_so() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let datagrams = [Outgoing::new(b"x"); 100];
        assert_eq!(one.send_batch(&datagrams).await?, 64);
        assert_eq!(one.try_send_batch(&datagrams[64..])?, 36);
        let mut batch = RecvBatch::new(RecvBatch::MAX_SLOTS, 16);
        assert_eq!(other.recv_batch(&mut batch).await?, 64);
        assert_eq!(other.try_recv_batch(&mut batch)?, 36);
        Ok(())
    })
}

#[test]
fn what_is_longer_than_its_slot_is_truncated_and_says_so() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let from = one.local_addr()?;
        one.send_batch(&[b"fits", &b"too long"[..], b"next"].map(Outgoing::new)).await?;
        let mut batch = RecvBatch::new(3, 4);
        other.recv_batch(&mut batch).await?;
        assert_eq!(
            contents(&batch),
            [(from, &b"fits"[..], None, false), (from, b"too ", None, true), (from, b"next", None, false)]
        );
        Ok(())
    })
}

#[test]
fn sending_nothing_never_waits() -> io::Result<()> {
    run(async {
        let (socket, _peer) = slow_pair()?;
        fill(&socket, b"filler")?;
        assert_eq!(socket.try_send(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(socket.send_batch(&[]).await?, 0);
        assert_eq!(std::future::poll_fn(|cx| socket.poll_send_batch(cx, &[])).await?, 0);
        assert_eq!(socket.try_send_batch(&[])?, 0);
        Ok(())
    })
}

#[test]
fn a_batch_sends_what_there_is_room_for_and_waits_when_there_is_none() -> io::Result<()> {
    run(async {
        let (socket, peer) = slow_pair()?;
        let filled = fill(&socket, b"x")?;
        assert!(filled > 1);
        peer.recv(&mut [0; 16])?;
        assert_eq!(socket.send_batch(&[Outgoing::new(b"y"); 3]).await?, 1);
        let datagrams = [Outgoing::new(b"z"); 3];
        let mut send = pin!(socket.send_batch(&datagrams));
        assert!(poll_once(send.as_mut()).await.is_pending());
        let (sent, received) = join(send, async { peer.recv(&mut [0; 16]) }).await;
        assert_eq!(received?, 1);
        assert_eq!(sent?, 1);
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

/// R24
#[test]
fn a_batch_that_is_dropped_has_sent_nothing() -> io::Result<()> {
    run(async {
        let (socket, peer) = slow_pair()?;
        let filled = fill(&socket, b"filler")?;
        assert!(drop_at(1, socket.send_batch(&[Outgoing::new(b"dropped")])).await.is_none());
        let mut buffer = [0; 16];
        for _ in 0..filled {
            assert_eq!(peer.recv(&mut buffer)?, 6);
        }
        assert_eq!(socket.send_batch(&[Outgoing::new(b"sent")]).await?, 1);
        assert_eq!(peer.recv(&mut buffer)?, 4);
        Ok(())
    })
}

#[test]
fn an_error_in_the_middle_ends_the_batch_before_it_and_comes_with_the_next() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        one.writable().await?;
        let too_long = vec![0; 65_508];
        let datagrams = [&b"one"[..], b"two", &too_long, b"three"].map(Outgoing::new);
        assert_eq!(one.send_batch(&datagrams).await?, 2);
        let error = one.send_batch(&datagrams[2..]).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
        assert_eq!(one.send_batch(&datagrams[3..]).await?, 1);
        let mut batch = RecvBatch::new(8, 16);
        assert_eq!(other.recv_batch(&mut batch).await?, 3);
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
fn a_deferred_error_comes_out_of_the_next_batch_sent_and_nothing_was_sent() -> io::Result<()> {
    run(async {
        let (socket, _port) = refused().await?;
        socket.send(b"hello").await?;
        socket.readable().await?;
        let receiver = UdpSocket::bind("127.0.0.1:0").await?;
        let datagrams = [Outgoing::new(b"to another").to(receiver.local_addr()?)];
        let error = socket.send_batch(&datagrams).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(receiver.try_recv(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(socket.send_batch(&datagrams).await?, 1);
        assert_eq!(receiver.recv(&mut [0; 16]).await?, 10);
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
fn segments_are_datagrams_of_their_own() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let from = one.local_addr()?;
        let datagrams = [Outgoing::new(b"onetwothree").segment_size(3), Outgoing::new(b"whole").segment_size(5)];
        assert_eq!(one.send_batch(&datagrams).await?, 2);
        let mut batch = RecvBatch::new(8, 16);
        assert_eq!(other.recv_batch(&mut batch).await?, 5);
        let expected = [&b"one"[..], b"two", b"thr", b"ee", b"whole"].map(|data| (from, data, None, false));
        assert_eq!(contents(&batch), expected);
        assert!(batch.iter().all(|each| each.segments().eq([each.data()])));
        Ok(())
    })
}

#[test]
fn datagrams_that_were_put_together_come_apart() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let from = one.local_addr()?;
        other.set_gro(true)?;
        let datagrams = [Outgoing::new(b"onetwothree").segment_size(3), Outgoing::new(b""), Outgoing::new(b"alone")];
        assert_eq!(one.send_batch(&datagrams).await?, 3);
        let mut batch = RecvBatch::new(8, 65_535);
        assert_eq!(other.recv_batch(&mut batch).await?, 3);
        let expected =
            [(from, &b"onetwothree"[..], Some(3), false), (from, b"", None, false), (from, b"alone", None, false)];
        assert_eq!(contents(&batch), expected);
        let segments: Vec<&[u8]> = batch.iter().flat_map(|each| each.segments()).collect();
        assert_eq!(segments, [&b"one"[..], b"two", b"thr", b"ee", b"", b"alone"]);
        Ok(())
    })
}

#[test]
fn datagrams_put_together_that_do_not_fit_are_truncated() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        other.set_gro(true)?;
        one.send_batch(&[Outgoing::new(b"onetwothree").segment_size(3)]).await?;
        let mut batch = RecvBatch::new(2, 8);
        assert_eq!(other.recv_batch(&mut batch).await?, 1);
        assert_eq!(contents(&batch), [(one.local_addr()?, &b"onetwoth"[..], Some(3), true)]);
        let segments: Vec<&[u8]> = batch.iter().flat_map(|each| each.segments()).collect();
        assert_eq!(segments, [&b"one"[..], b"two", b"th"]);
        Ok(())
    })
}

#[test]
fn the_limits_of_segments_are_those_of_the_kernel_and_errors_name_them() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let bytes = vec![7; 70_000];
        assert_eq!(one.send_batch(&[Outgoing::new(&bytes[..64_000]).segment_size(1000)]).await?, 1);
        for _ in 0..64 {
            assert_eq!(other.recv(&mut [0; 1500]).await?, 1000);
        }
        let error = one.send_batch(&[Outgoing::new(&bytes[..12_900]).segment_size(100)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(text.starts_with("cannot send 12900 bytes as 129 segments of 100: Invalid argument"), "{text}");
        let error = one.send_batch(&[Outgoing::new(&bytes).segment_size(1400)]).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
        assert_eq!(other.try_recv(&mut [0; 1500]).unwrap_err().kind(), ErrorKind::WouldBlock, "all segments or none");
        Ok(())
    })
}

#[test]
fn a_kernel_that_cannot_put_datagrams_together_says_so() -> io::Result<()> {
    // TCP has no such option, as UDP once had none.
    let (tcp, _peer) = std_pair()?;
    let error = UdpSocket::from_std(OwnedFd::from(tcp).into())?.set_gro(true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("(UDP_GRO)"), "{error}");
    Ok(())
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
fn batches_of_impossible_sizes_are_refused_with_a_word() {
    for (slots, size, expected) in [
        (0, 1500, "a batch of 0 slots: give it 1 to 64, as one system call fills no more"),
        (65, 1500, "a batch of 65 slots: give it 1 to 64, as one system call fills no more"),
        (1, 0, "a batch with slots of 0 bytes: give them 1 to 65535, as no datagram is longer"),
        (1, 65_536, "a batch with slots of 65536 bytes: give them 1 to 65535, as no datagram is longer"),
    ] {
        assert_eq!(panic_of(|| drop(RecvBatch::new(slots, size))).0, expected);
    }
    let zero = || {
        let _ = Outgoing::new(b"x").segment_size(0);
    };
    assert_eq!(panic_of(zero).0, "segments of zero bytes would be without end: give a size of at least one byte");
}

#[test]
fn batches_are_send_and_sync() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<RecvBatch>();
    is_send_and_sync::<Outgoing<'_>>();
    run(async {
        fn is_send<T: Send>(_: &T) {}
        let (socket, _) = pair().await.unwrap();
        is_send(&socket.recv_batch(&mut RecvBatch::new(1, 16)));
        is_send(&socket.send_batch(&[]));
    });
}

#[test]
fn a_batch_is_one_operation_of_the_budget_so_a_task_that_has_many_yields() -> io::Result<()> {
    const BATCHES: usize = 1280;
    run(async {
        let (one, other) = pair().await?;
        let mut batch = RecvBatch::new(8, 16);
        let (exchange, polls) = count_polls(async {
            for _ in 0..BATCHES {
                assert_eq!(one.send_batch(&[Outgoing::new(b"x"); 8]).await?, 8);
                assert_eq!(other.recv_batch(&mut batch).await?, 8);
            }
            io::Result::Ok(())
        });
        exchange.await?;
        // 128 in each poll, and one more in each of the two directions.
        assert_eq!(polls.get(), (2 * BATCHES).div_ceil(130));
        Ok(())
    })
}
