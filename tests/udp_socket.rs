#![forbid(unsafe_code)]

mod support;

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use epore::Builder;
use epore::io::Interest;
use epore::net::UdpSocket;
use epore::time::timeout;
use futures::future::join;
use support::in_time;
use support::polls::{drop_at, poll_once, run, turns};
use support::udp::{fill, pair, refused, slow_pair};

async fn bound() -> io::Result<(UdpSocket, SocketAddr)> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let addr = socket.local_addr()?;
    Ok((socket, addr))
}

#[test]
fn datagrams_come_with_the_address_of_their_sender() -> io::Result<()> {
    run(async {
        for local in ["127.0.0.1:0", "[::1]:0"] {
            let (one, other) = (UdpSocket::bind(local).await?, UdpSocket::bind(local).await?);
            assert_eq!(one.send_to(b"hello", other.local_addr()?).await?, 5);
            let mut buffer = [0; 16];
            assert_eq!(other.recv_from(&mut buffer).await?, (5, one.local_addr()?));
            assert_eq!(&buffer[..5], b"hello");
        }
        Ok(())
    })
}

#[test]
fn a_receiver_that_waits_is_woken() -> io::Result<()> {
    run(async {
        let (socket, addr) = bound().await?;
        let receiver = epore::spawn(async move { socket.recv_from(&mut [0; 16]).await });
        turns(2).await;
        assert!(!receiver.is_finished());
        let (sender, from) = bound().await?;
        sender.send_to(b"hello", addr).await?;
        assert_eq!(receiver.await.unwrap()?, (5, from));
        Ok(())
    })
}

#[test]
fn an_empty_datagram_is_a_datagram() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        for data in [&b""[..], b"x", b""] {
            assert_eq!(one.send(data).await?, data.len());
        }
        assert_eq!(other.recv(&mut [0; 16]).await?, 0);
        assert_eq!(other.recv(&mut [0; 16]).await?, 1);
        assert_eq!(other.recv_from(&mut [0; 16]).await?, (0, one.local_addr()?));
        assert_eq!(other.try_recv(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}

/// Even an empty buffer takes a datagram, so it must wait for one.
#[test]
fn an_empty_buffer_waits_and_takes_a_datagram() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let mut buffer = [];
        let mut recv = pin!(other.recv(&mut buffer));
        assert!(poll_once(recv.as_mut()).await.is_pending());
        one.send(b"hello").await?;
        assert_eq!(recv.await?, 0);
        assert_eq!(other.try_recv(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}

#[test]
fn what_does_not_fit_is_lost_and_the_next_datagram_is_whole() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        one.send(b"a long one").await?;
        one.send(b"next").await?;
        let mut buffer = [0; 6];
        assert_eq!(other.recv(&mut buffer).await?, 6);
        assert_eq!(&buffer, b"a long");
        assert_eq!(other.recv(&mut buffer).await?, 4);
        assert_eq!(&buffer[..4], b"next");
        Ok(())
    })
}

/// A short datagram says nothing of how many are behind it, so none of them needs an event of its own.
#[test]
fn short_datagrams_do_not_hide_those_behind_them() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        one.writable().await?;
        other.writable().await?;
        for byte in 0..100 {
            one.send(&[byte]).await?;
        }
        for byte in 0..100 {
            let mut buffer = [0; 16];
            assert_eq!(other.recv(&mut buffer).await?, 1);
            assert_eq!(buffer[0], byte);
        }
        Ok(())
    })
}

#[test]
fn peeking_takes_nothing() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let from = one.local_addr()?;
        for error in [
            other.try_peek(&mut [0; 16]).unwrap_err(),
            other.try_peek_from(&mut [0; 16]).unwrap_err(),
            other.try_peek_sender().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
        }
        let mut buffer = [0; 16];
        let (peeked, sent) = join(other.peek(&mut buffer), one.send(b"hello")).await;
        assert_eq!((peeked?, sent?), (5, 5));
        assert_eq!(&buffer[..5], b"hello");
        assert_eq!(other.peek_from(&mut buffer[..1]).await?, (1, from));
        assert_eq!(other.peek_sender().await?, from);
        assert_eq!(other.try_peek(&mut buffer)?, 5);
        assert_eq!(other.try_peek_from(&mut buffer)?, (5, from));
        assert_eq!(other.try_peek_sender()?, from);
        assert_eq!(poll_fn(|cx| other.poll_peek(cx, &mut buffer)).await?, 5);
        assert_eq!(poll_fn(|cx| other.poll_peek_from(cx, &mut buffer)).await?, (5, from));
        assert_eq!(poll_fn(|cx| other.poll_peek_sender(cx)).await?, from);
        assert_eq!(other.recv_from(&mut buffer).await?, (5, from));
        assert_eq!(other.try_peek(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}

#[test]
fn the_poll_forms_wait_and_are_woken() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let (from, to) = (one.local_addr()?, other.local_addr()?);
        let mut buffer = [0; 16];
        let (received, sent) =
            join(poll_fn(|cx| other.poll_recv(cx, &mut buffer)), poll_fn(|cx| one.poll_send(cx, b"one"))).await;
        assert_eq!((received?, sent?), (3, 3));
        let (received, sent) =
            join(poll_fn(|cx| other.poll_recv_from(cx, &mut buffer)), poll_fn(|cx| one.poll_send_to(cx, b"four", to)))
                .await;
        assert_eq!((received?, sent?), ((4, from), 4));
        let (ready, sent) = join(poll_fn(|cx| other.poll_recv_ready(cx)), one.send(b"hello")).await;
        assert_eq!(ready.and(sent)?, 5);
        assert_eq!(other.try_recv(&mut buffer)?, 5);
        poll_fn(|cx| one.poll_send_ready(cx)).await?;
        assert_eq!(one.try_send(b"x")?, 1);
        assert_eq!(one.try_send_to(b"x", to)?, 1);
        Ok(())
    })
}

#[test]
fn readiness_to_receive_is_asked_of_the_reactor_and_not_guessed() -> io::Result<()> {
    run(async {
        let (socket, _) = bound().await?;
        let mut ready = pin!(poll_fn(|cx| socket.poll_recv_ready(cx)));
        assert!(poll_once(ready.as_mut()).await.is_pending());
        let mut readable = pin!(socket.readable());
        assert!(poll_once(readable.as_mut()).await.is_pending());
        Ok(())
    })
}

#[test]
fn each_datagram_goes_to_one_of_two_receivers() -> io::Result<()> {
    const DATAGRAMS: u16 = 200;
    run(async {
        let (sender, receiver) = pair().await?;
        let receiver = Rc::new(receiver);
        let tasks = [(); 2].map(|()| {
            let receiver = Rc::clone(&receiver);
            epore::spawn(async move {
                let mut received = Vec::new();
                let mut buffer = [0; 2];
                while receiver.recv(&mut buffer).await? > 0 {
                    received.push(u16::from_ne_bytes(buffer));
                }
                io::Result::Ok(received)
            })
        });
        for number in 0..DATAGRAMS {
            sender.send(&number.to_ne_bytes()).await?;
            epore::yield_now().await;
        }
        // One end for each, whoever takes which.
        sender.send(b"").await?;
        sender.send(b"").await?;
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.unwrap()?);
        }
        assert_eq!(all.len(), usize::from(DATAGRAMS));
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), (0..DATAGRAMS).collect());
        Ok(())
    })
}

/// R24
#[test]
fn dropping_receives_loses_no_datagram() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let mut drops = 0;
        for byte in 0..100_u8 {
            let mut buffer = [0; 16];
            let recv = drop_at(1 + usize::from(byte % 2), other.recv(&mut buffer));
            let (received, sent) = join(recv, async {
                epore::yield_now().await;
                one.send(&[byte]).await
            })
            .await;
            sent?;
            if received.transpose()?.is_none() {
                drops += 1;
                assert_eq!(other.recv(&mut buffer).await?, 1);
            }
            assert_eq!(buffer[0], byte);
        }
        assert!(drops > 0);
        Ok(())
    })
}

/// R24
#[test]
fn a_send_that_is_dropped_has_sent_nothing() -> io::Result<()> {
    run(async {
        let (socket, peer) = slow_pair()?;
        let filled = fill(&socket, b"filler")?;
        assert!(drop_at(1, socket.send(b"dropped")).await.is_none());
        let mut buffer = [0; 16];
        for _ in 0..filled {
            assert_eq!(peer.recv(&mut buffer)?, 6);
        }
        assert_eq!(socket.send(b"sent").await?, 4);
        assert_eq!(peer.recv(&mut buffer)?, 4);
        Ok(())
    })
}

#[test]
fn a_send_waits_for_room() -> io::Result<()> {
    run(async {
        let (socket, peer) = slow_pair()?;
        fill(&socket, b"filler")?;
        let mut send = pin!(socket.send(b"hello"));
        assert!(poll_once(send.as_mut()).await.is_pending());
        let room = async { peer.recv(&mut [0; 16]) };
        let (sent, received) = join(send, room).await;
        assert_eq!((sent?, received?), (5, 6));
        Ok(())
    })
}

/// R22
#[test]
fn a_receiver_that_waits_learns_that_its_peer_is_not_there() -> io::Result<()> {
    run(async {
        let (socket, _port) = refused().await?;
        let mut buffer = [0; 16];
        let mut recv = pin!(socket.recv(&mut buffer));
        assert!(poll_once(recv.as_mut()).await.is_pending());
        socket.send(b"hello").await?;
        assert_eq!(recv.await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        Ok(())
    })
}

/// R22
#[test]
fn a_deferred_error_comes_out_of_the_next_call_whichever_it_is_and_once() -> io::Result<()> {
    run(async {
        let (socket, _port) = refused().await?;
        let peer = socket.peer_addr()?;
        let mut buffer = [0; 16];
        for call in 0..7 {
            socket.send(b"hello").await?;
            // The error is there by then, and nothing of this takes it.
            socket.readable().await?;
            socket.writable().await?;
            poll_fn(|cx| socket.poll_recv_ready(cx)).await?;
            let error = match call {
                0 => socket.recv(&mut buffer).await.unwrap_err(),
                1 => socket.recv_from(&mut buffer).await.unwrap_err(),
                2 => socket.peek(&mut buffer).await.unwrap_err(),
                3 => socket.send(b"again").await.unwrap_err(),
                4 => socket.send_to(b"again", peer).await.unwrap_err(),
                5 => socket.try_recv(&mut buffer).unwrap_err(),
                _ => socket.take_error()?.expect("the error is there"),
            };
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "call {call}");
            assert!(socket.take_error()?.is_none(), "call {call}");
            assert_eq!(socket.try_recv(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        }
        Ok(())
    })
}

/// R22
#[test]
fn a_connected_socket_goes_on_after_a_deferred_error() -> io::Result<()> {
    run(async {
        let (socket, _port) = refused().await?;
        socket.send(b"hello").await?;
        assert_eq!(socket.recv(&mut [0; 16]).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let (other, addr) = bound().await?;
        socket.connect(addr).await?;
        socket.send(b"hello").await?;
        let (count, from) = other.recv_from(&mut [0; 16]).await?;
        assert_eq!((count, from), (5, socket.local_addr()?));
        other.send_to(b"answer", from).await?;
        assert_eq!(socket.recv(&mut [0; 16]).await?, 6);
        Ok(())
    })
}

/// R28
#[test]
fn a_blocking_socket_of_the_standard_library_does_not_block_the_runtime() -> io::Result<()> {
    in_time("a socket that blocked before", || {
        run(async {
            let blocking = std::net::UdpSocket::bind("127.0.0.1:0")?;
            let addr = blocking.local_addr()?;
            let socket = UdpSocket::from_std(blocking)?;
            let receiver = epore::spawn(async move { socket.recv(&mut [0; 16]).await });
            epore::time::sleep(Duration::from_millis(1)).await;
            assert!(!receiver.is_finished());
            bound().await?.0.send_to(b"hello", addr).await?;
            assert_eq!(receiver.await.unwrap()?, 5);
            Ok(())
        })
    })
}

#[test]
fn a_socket_goes_to_the_standard_library_and_another_runtime_with_what_it_has_received() -> io::Result<()> {
    let (socket, addr) = run(async {
        let (socket, addr) = bound().await?;
        socket.send_to(b"hello", addr).await?;
        socket.readable().await?;
        io::Result::Ok((socket, addr))
    })?;
    let error = run(socket.readable()).unwrap_err();
    assert!(error.to_string().contains("belongs to another runtime"), "{error}");
    let socket = UdpSocket::from_std(socket.into_std()?)?;
    run(async {
        socket.readable().await?;
        assert_eq!(socket.recv_from(&mut [0; 16]).await?, (5, addr));
        Ok(())
    })
}

#[test]
fn sockets_are_send_and_sync() {
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    run(async {
        let (socket, _) = bound().await.unwrap();
        is_send_and_sync(&socket);
        is_send_and_sync(&socket.recv_from(&mut [0; 16]));
        fn is_send<T: Send>(_: &T) {}
        is_send(&socket.send_to(b"", "127.0.0.1:9"));
        is_send(&socket.send_to(b"", SocketAddr::from(([127, 0, 0, 1], 9))));
    });
}

#[test]
fn what_cannot_be_bound_is_named() -> io::Result<()> {
    run(async {
        let (_taken, addr) = bound().await?;
        let error = UdpSocket::bind(addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with(&format!("cannot bind to {addr}: ")), "{error}");

        let none: [SocketAddr; 0] = [];
        let error = UdpSocket::bind(none).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::InvalidInput, "no address to bind to was given")
        );

        let addrs: [SocketAddr; 2] = [([192, 0, 2, 1], 0).into(), ([127, 0, 0, 1], 0).into()];
        assert_eq!(UdpSocket::bind(addrs).await?.local_addr()?.ip(), addrs[1].ip());
        Ok(())
    })
}

#[test]
fn connecting_takes_the_first_address_that_can_be_reached_and_names_what_cannot() -> io::Result<()> {
    run(async {
        let (socket, addr) = bound().await?;
        assert_eq!(socket.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
        let v6: SocketAddr = "[::1]:9".parse().unwrap();
        let error = socket.connect(v6).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot connect to [::1]:9: "), "{error}");
        socket.connect([v6, addr]).await?;
        assert_eq!(socket.peer_addr()?, addr);
        Ok(())
    })
}

#[test]
fn a_connected_socket_receives_from_its_peer_alone() -> io::Result<()> {
    run(async {
        let (one, other) = pair().await?;
        let (stranger, _) = bound().await?;
        stranger.send_to(b"stranger", other.local_addr()?).await?;
        one.send(b"peer").await?;
        assert_eq!(other.recv(&mut [0; 16]).await?, 4);
        assert_eq!(other.try_recv(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}

#[test]
fn a_name_is_looked_up_and_the_address_of_the_sockets_family_taken() -> io::Result<()> {
    let builder = Builder::new().resolver(|_, port| async move {
        Ok(vec![("::1".parse::<IpAddr>().unwrap(), port).into(), ([127, 0, 0, 1], port).into()])
    });
    builder.build()?.block_on(async {
        for local in ["127.0.0.1:0", "[::1]:0"] {
            let (one, other) = (UdpSocket::bind(local).await?, UdpSocket::bind(local).await?);
            let name = ("peer.test", other.local_addr()?.port());
            assert_eq!(one.send_to(b"hello", name).await?, 5);
            let received = timeout(support::PATIENCE, other.recv_from(&mut [0; 16])).await??;
            assert_eq!(received, (5, one.local_addr()?));
        }
        Ok(())
    })
}

#[test]
fn a_target_of_no_address_or_another_family_is_an_error() -> io::Result<()> {
    run(async {
        let (socket, _) = bound().await?;
        let none: [SocketAddr; 0] = [];
        let error = socket.send_to(b"hello", none).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::InvalidInput, "no address to send to was given")
        );
        let others: [SocketAddr; 2] = ["[::1]:9".parse().unwrap(), "[::2]:9".parse().unwrap()];
        let error = socket.send_to(b"hello", others).await.unwrap_err();
        assert_eq!(support::source_errno(&error), Some(libc::EAFNOSUPPORT));
        Ok(())
    })
}

#[test]
fn errors_of_sending_are_those_of_the_system() -> io::Result<()> {
    run(async {
        let (socket, addr) = bound().await?;
        let error = socket.send(b"hello").await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EDESTADDRREQ));
        let error = socket.send_to(&[0; 65_508], addr).await.unwrap_err();
        assert_eq!(support::source_errno(&error), Some(libc::EMSGSIZE));
        assert_eq!(socket.send_to(&[0; 65_507], addr).await?, 65_507);
        assert_eq!(socket.recv(&mut vec![0; 65_535]).await?, 65_507);
        Ok(())
    })
}

#[test]
fn operations_of_ones_own_wait_and_are_tried_by_interest() -> io::Result<()> {
    run(async {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let twin = std::net::UdpSocket::from(socket.as_fd().try_clone_to_owned()?);
        assert!(socket.ready(Interest::READABLE | Interest::WRITABLE).await?.is_writable());
        let receive = || twin.recv(&mut [0; 16]);
        assert_eq!(socket.try_io(Interest::READABLE, receive).unwrap_err().kind(), ErrorKind::WouldBlock);
        let sender = epore::spawn({
            let addr = socket.local_addr()?;
            async move { UdpSocket::bind("127.0.0.1:0").await?.send_to(b"hello", addr).await }
        });
        assert_eq!(socket.async_io(Interest::READABLE, receive).await?, 5);
        assert_eq!(sender.await.unwrap()?, 5);
        Ok(())
    })
}
