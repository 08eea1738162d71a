#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::pin::pin;

use epore::net::UdpSocket;
use epore::net::udp::{Outgoing, RecvBatch};
use futures::future::join;
use support::polls::{count_polls, drop_at, poll_once, run};
use support::tcp::std_pair;
use support::udp::{contents, fill, pair, refused, slow_pair};

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
