//! `UnixDatagram`.

mod support;

use std::cell::Cell;
use std::fs::{self};
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use epore::io::Interest;
use epore::net::UnixDatagram;
use epore::time::timeout;
use support::in_time;
use support::polls::{count_polls, poll_once, run, turns};
use support::unix::{Scratch, abstract_path, until_would_block};

#[test]
fn messages_arrive_whole_and_in_order_with_their_sender() -> io::Result<()> {
    run(async {
        let scratch = Scratch::new()?;
        for path in [scratch.to_str().unwrap(), &abstract_path()] {
            let receiver = UnixDatagram::bind(path)?;
            let sender = UnixDatagram::bind(abstract_path())?;
            assert_eq!(sender.send_to(b"hello", path).await?, 5);
            assert_eq!(sender.send_to(b"", path).await?, 0);
            assert_eq!(sender.try_send_to(b"third", path)?, 5);
            assert_eq!(sender.try_send_to_addr(b"fourth", &receiver.local_addr()?)?, 6);
            let addr = receiver.local_addr()?;
            assert_eq!(poll_fn(|cx| sender.poll_send_to_addr(cx, b"last", &addr)).await?, 4);
            let mut buffer = [0; 16];
            for message in [&b"hello"[..], b"", b"third", b"fourth", b"last"] {
                let (count, from) = receiver.recv_from(&mut buffer).await?;
                assert_eq!((&buffer[..count], &from), (message, &sender.local_addr()?));
            }
            receiver.send_to_addr(b"answer", &sender.local_addr()?).await?;
            assert_eq!(sender.recv(&mut buffer).await?, 6);
        }
        Ok(())
    })
}

#[test]
fn a_sender_without_a_name_is_received_from() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let (receiver, sender) = (UnixDatagram::bind(&path)?, UnixDatagram::unbound()?);
        assert!(sender.local_addr()?.is_unnamed());
        sender.send_to(b"hello", &path).await?;
        assert!(receiver.peek_from(&mut [0; 16]).await?.1.is_unnamed());
        assert!(receiver.recv_from(&mut [0; 16]).await?.1.is_unnamed());
        Ok(())
    })
}

#[test]
fn a_receive_waits_for_a_message() -> io::Result<()> {
    run(async {
        let (socket, peer) = UnixDatagram::pair()?;
        assert!(socket.local_addr()?.is_unnamed() && socket.peer_addr()?.is_unnamed());
        let receiving = epore::spawn(async move {
            let mut buffer = [0; 16];
            let count = socket.recv(&mut buffer).await?;
            io::Result::Ok(buffer[..count].to_vec())
        });
        turns(2).await;
        assert!(!receiving.is_finished());
        peer.send(b"late").await?;
        assert_eq!(receiving.await.unwrap()?, b"late");
        Ok(())
    })
}

/// A message that is shorter than the buffer does not mean that there are no more.
#[test]
fn many_messages_that_came_as_one_event_are_all_received() -> io::Result<()> {
    run(async {
        let (socket, peer) = UnixDatagram::pair()?;
        assert!(poll_once(pin!(socket.recv(&mut [0; 16]))).await.is_pending());
        for _ in 0..50 {
            peer.send(b"x").await?;
        }
        for _ in 0..50 {
            assert_eq!(socket.recv(&mut [0; 16]).await?, 1);
        }
        assert!(poll_once(pin!(socket.recv(&mut [0; 16]))).await.is_pending());
        Ok(())
    })
}

#[test]
fn peeking_takes_nothing_and_what_does_not_fit_is_lost() -> io::Result<()> {
    run(async {
        let (socket, peer) = UnixDatagram::pair()?;
        peer.send(b"hello").await?;
        peer.send(b"next").await?;
        for _ in 0..2 {
            assert_eq!(socket.peek(&mut [0; 16]).await?, 5);
            assert_eq!(socket.peek_from(&mut [0; 16]).await?.0, 5);
        }
        assert_eq!(socket.recv(&mut [0; 2]).await?, 2);
        assert_eq!(socket.recv(&mut [0; 16]).await?, 4);
        Ok(())
    })
}

#[test]
fn peeking_by_polls_and_tries_takes_nothing_and_waits_for_a_message() -> io::Result<()> {
    run(async {
        let (one, other) = UnixDatagram::pair()?;
        let mut buffer = [0; 2];
        assert_eq!(other.try_peek(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(other.try_peek_from(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        {
            let mut peek = pin!(poll_fn(|cx| other.poll_peek(cx, &mut buffer)));
            assert!(poll_once(peek.as_mut()).await.is_pending());
            one.send(b"hello").await?;
            assert_eq!(peek.await?, 2);
        }
        assert_eq!(&buffer, b"he");
        assert_eq!(other.try_peek(&mut buffer)?, 2);
        let (count, from) = other.try_peek_from(&mut buffer)?;
        assert!(count == 2 && from.is_unnamed());
        let (count, from) = poll_fn(|cx| other.poll_peek_from(cx, &mut buffer)).await?;
        assert!(count == 2 && from.is_unnamed());
        assert_eq!(other.try_recv(&mut [0; 16])?, 5);
        let mut peek_from = pin!(poll_fn(|cx| other.poll_peek_from(cx, &mut buffer)));
        assert!(poll_once(peek_from.as_mut()).await.is_pending());
        one.send(b"again").await?;
        assert_eq!(peek_from.await?.0, 2);
        Ok(())
    })
}

#[test]
fn a_connected_socket_that_connects_to_another_loses_what_it_has_not_received() -> io::Result<()> {
    run(async {
        let sender = UnixDatagram::unbound()?;
        let [path, first, second] = [abstract_path(), abstract_path(), abstract_path()];
        let receiver = UnixDatagram::bind(&path)?;
        let _peers = [UnixDatagram::bind(&first)?, UnixDatagram::bind(&second)?];
        sender.send_to(b"early", &path).await?;
        receiver.connect(&first)?;
        assert_eq!(receiver.try_peek(&mut [0; 16])?, 5);
        receiver.connect(&second)?;
        assert_eq!(receiver.try_recv(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}

#[test]
fn a_connected_socket_sends_to_its_peer_and_receives_from_it_alone() -> io::Result<()> {
    run(async {
        let (path, peer_path) = (abstract_path(), abstract_path());
        let (socket, peer) = (UnixDatagram::bind(&path)?, UnixDatagram::bind(&peer_path)?);
        assert_eq!(socket.send(b"x").await.unwrap_err().kind(), ErrorKind::NotConnected);
        assert_eq!(socket.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
        socket.connect(&peer_path)?;
        assert_eq!(socket.peer_addr()?, peer.local_addr()?);
        socket.send(b"hello").await?;
        assert_eq!(peer.recv(&mut [0; 16]).await?, 5);
        let error = UnixDatagram::unbound()?.send_to(b"x", &path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        Ok(())
    })
}

#[test]
fn errors_name_the_path() -> io::Result<()> {
    let scratch = Scratch::new()?;
    drop(UnixDatagram::bind(&scratch)?);
    let error = UnixDatagram::bind(&scratch).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    let message = error.to_string();
    let expected = format!(
        "cannot bind to {} (a stale socket, if no process has it open: then remove it first): ",
        scratch.display()
    );
    assert!(message.starts_with(&expected), "{message}");

    let error = UnixDatagram::unbound()?.connect(&scratch).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(error.to_string().starts_with(&format!("cannot connect to {}: ", scratch.display())), "{error}");
    fs::remove_file(&scratch)?;
    let socket = UnixDatagram::unbound()?;
    assert_eq!(run(socket.send_to(b"x", &scratch)).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[test]
fn giving_up_a_receive_loses_no_message() -> io::Result<()> {
    run(async {
        let (socket, peer) = UnixDatagram::pair()?;
        for number in 0..100 {
            {
                let mut buffer = [0; 16];
                let mut receive = pin!(socket.recv(&mut buffer));
                assert!(poll_once(receive.as_mut()).await.is_pending());
                peer.send(&[number]).await?;
                turns(1).await;
            }
            let mut buffer = [0; 16];
            assert_eq!((socket.recv(&mut buffer).await?, buffer[0]), (1, number));
        }
        Ok(())
    })
}

#[test]
fn what_would_block_is_tried_and_waited_for() -> io::Result<()> {
    run(async {
        let (socket, peer) = UnixDatagram::pair()?;
        let mut buffer = [0; 16];
        assert_eq!(socket.try_recv(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(socket.try_recv_from(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(poll_fn(|cx| Poll::Ready(socket.poll_recv_ready(cx))).await.is_pending());
        peer.try_send(b"now")?;
        socket.readable().await?;
        assert_eq!(socket.try_recv(&mut buffer)?, 3);
        peer.try_send(b"again")?;
        poll_fn(|cx| socket.poll_recv_ready(cx)).await?;
        assert_eq!(socket.try_recv_from(&mut buffer)?.0, 5);

        let queued = until_would_block(|| peer.try_send(&[0; 10_000]))?;
        assert!(poll_fn(|cx| Poll::Ready(peer.poll_send_ready(cx))).await.is_pending());
        for _ in 0..queued {
            poll_fn(|cx| socket.poll_recv(cx, &mut [0; 10_000])).await?;
        }
        poll_fn(|cx| peer.poll_send_ready(cx)).await?;
        peer.writable().await?;
        poll_fn(|cx| peer.poll_send(cx, b"last")).await?;
        assert_eq!(poll_fn(|cx| socket.poll_recv_from(cx, &mut buffer)).await?.0, 4);
        Ok(())
    })
}

/// R5: the hang-up of a socket that is shut down makes no receiver spin.
#[test]
fn receiving_after_a_shutdown_waits() -> io::Result<()> {
    run(async {
        let (socket, _peer) = UnixDatagram::pair()?;
        assert!(poll_once(pin!(socket.readable())).await.is_pending());
        socket.shutdown(Shutdown::Both)?;
        let mut buffer = [0; 16];
        let (receiving, polls) = count_polls(socket.recv(&mut buffer));
        assert!(timeout(Duration::from_millis(20), receiving).await.is_err());
        assert!(polls.get() < 5, "{} polls", polls.get());
        Ok(())
    })
}

/// R28
#[test]
fn a_blocking_socket_of_the_standard_library_does_not_block_the_runtime() -> io::Result<()> {
    in_time("a socket that blocked before", || {
        run(async {
            let (blocking, peer) = net::UnixDatagram::pair()?;
            let socket = UnixDatagram::from_std(blocking)?;
            let receiving = epore::spawn(async move {
                let received = socket.recv(&mut [0; 16]).await;
                received.map(|count| (count, socket))
            });
            turns(2).await;
            assert!(!receiving.is_finished());
            peer.send(b"hello")?;
            let (count, socket) = receiving.await.unwrap()?;
            assert_eq!(count, 5);
            peer.send(b"more")?;
            socket.readable().await?;
            assert_eq!(socket.into_std()?.recv(&mut [0; 16])?, 4);
            Ok(())
        })
    })
}

#[test]
fn a_socket_moves_to_another_runtime() -> io::Result<()> {
    let (socket, peer) = UnixDatagram::pair()?;
    run(socket.writable())?;
    assert!(run(socket.readable()).unwrap_err().to_string().contains("belongs to another runtime"));
    let moved = UnixDatagram::from_std(socket.into_std()?)?;
    peer.try_send(b"hello")?;
    assert_eq!(run(moved.recv(&mut [0; 16]))?, 5);
    Ok(())
}

/// A loop of sends and receives that never wait leaves room for others.
#[test]
fn who_never_has_to_wait_yields() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let receiver = UnixDatagram::bind(&path)?;
        let done = Rc::new(Cell::new(false));
        let noticed = Rc::clone(&done);
        let _other = epore::spawn(async move { noticed.set(true) });
        let sender = UnixDatagram::unbound()?;
        for _ in 0..200 {
            sender.send_to(b"x", &path).await?;
            receiver.try_recv(&mut [0; 1])?;
        }
        assert!(done.get());
        Ok(())
    })
}

#[test]
fn sockets_are_closed_on_exec_and_send_and_sync() -> io::Result<()> {
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    fn is_send<T: Send>(_: &T) {}
    let (one, other) = UnixDatagram::pair()?;
    for socket in [&one, &other, &UnixDatagram::unbound()?, &UnixDatagram::bind(abstract_path())?] {
        // SAFETY: the call takes no pointer.
        assert_eq!(unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_GETFD) }, libc::FD_CLOEXEC);
        assert!(socket.take_error()?.is_none());
    }
    is_send_and_sync(&one);
    is_send(&one.recv(&mut [0; 1]));
    is_send(&one.recv_from(&mut [0; 1]));
    is_send(&one.send(b"x"));
    is_send(&one.send_to(b"x", "x"));
    is_send(&one.readable());
    Ok(())
}

#[test]
fn operations_of_ones_own_wait_and_are_tried_by_interest() -> io::Result<()> {
    run(async {
        let (socket, peer) = UnixDatagram::pair()?;
        let twin = std::os::unix::net::UnixDatagram::from(socket.as_fd().try_clone_to_owned()?);
        assert!(socket.ready(Interest::READABLE | Interest::WRITABLE).await?.is_writable());
        let receive = || twin.recv(&mut [0; 16]);
        assert_eq!(socket.try_io(Interest::READABLE, receive).unwrap_err().kind(), ErrorKind::WouldBlock);
        let sender = epore::spawn(async move { peer.send(b"hello").await });
        assert_eq!(socket.async_io(Interest::READABLE, receive).await?, 5);
        assert_eq!(sender.await.unwrap()?, 5);
        Ok(())
    })
}
