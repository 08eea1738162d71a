mod support;

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use epore::io::Interest;
use epore::net::UnixDatagram;
use epore::time::timeout;
use support::child::in_own_process;
use support::polls::{count_polls, drop_at, poll_once, run, turns};
use support::unix::{Scratch, abstract_path, std_addr};

/// Sends until there is no more room at the receiver, and says how many messages that were.
fn fill(sender: &UnixDatagram, path: &str) -> io::Result<usize> {
    until_full(|| sender.try_send_to(b"other", path))
}

fn until_full(mut send: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    let mut count = 0;
    loop {
        match send() {
            Ok(_) => count += 1,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(count),
            Err(error) => return Err(error),
        }
    }
}

#[test]
fn messages_arrive_whole_and_in_order_with_their_sender() -> io::Result<()> {
    run(async {
        let scratch = Scratch::new()?;
        for path in [scratch.to_str().unwrap(), &abstract_path()] {
            let receiver = UnixDatagram::bind(path)?;
            let sender = UnixDatagram::bind(abstract_path())?;
            assert_eq!(sender.send_to(b"hello", path).await?, 5);
            assert_eq!(sender.send_to(b"", path).await?, 0);
            assert_eq!(sender.try_send_to(b"last", path)?, 4);
            let mut buffer = [0; 16];
            for message in [&b"hello"[..], b"", b"last"] {
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
fn a_message_that_is_too_long_is_an_error() -> io::Result<()> {
    run(async {
        let (socket, _peer) = UnixDatagram::pair()?;
        let message = vec![0; 16 << 20];
        assert_eq!(socket.send(&message).await.unwrap_err().raw_os_error(), Some(libc::EMSGSIZE));
        Ok(())
    })
}

#[test]
fn a_send_waits_until_the_peer_has_room() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let receiver = UnixDatagram::bind(&path)?;
        let sender = UnixDatagram::unbound()?;
        sender.connect(&path)?;
        let queued = fill(&UnixDatagram::unbound()?, &path)?;
        let sending = epore::spawn(async move { sender.send(b"mine").await });
        turns(3).await;
        assert!(!sending.is_finished());
        for _ in 0..queued {
            assert_eq!(receiver.recv(&mut [0; 16]).await?, 5);
        }
        assert_eq!(receiver.recv(&mut [0; 16]).await?, 4);
        assert_eq!(sending.await.unwrap()?, 4);
        Ok(())
    })
}

/// The system reports no event to a sender that is not connected, when the queue was full of the messages of others.
#[test]
fn a_send_to_an_address_waits_until_the_receiver_has_room() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let receiver = UnixDatagram::bind(&path)?;
        let sender = Rc::new(UnixDatagram::unbound()?);
        let queued = fill(&UnixDatagram::unbound()?, &path)?;
        let sending = [(); 3].map(|()| {
            let (sender, path) = (Rc::clone(&sender), path.clone());
            let (sending, polls) = count_polls(async move { sender.send_to(b"mine", &path).await });
            (epore::spawn(sending), polls)
        });
        turns(3).await;
        for (sending, polls) in &sending {
            assert!(!sending.is_finished());
            assert_eq!(polls.get(), 1, "it does not spin");
        }
        for _ in 0..queued {
            assert_eq!(receiver.recv(&mut [0; 16]).await?, 5);
        }
        for (sending, _) in sending {
            assert_eq!(receiver.recv(&mut [0; 16]).await?, 4);
            assert_eq!(sending.await.unwrap()?, 4);
        }
        Ok(())
    })
}

#[test]
fn a_poll_of_a_send_waits_until_the_receiver_has_room() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let receiver = UnixDatagram::bind(&path)?;
        let sender = UnixDatagram::unbound()?;
        let queued = fill(&UnixDatagram::unbound()?, &path)?;
        let target = path.clone();
        let (sending, polls) =
            count_polls(async move { poll_fn(|cx| sender.poll_send_to(cx, b"mine", &target)).await });
        let sending = epore::spawn(sending);
        turns(3).await;
        assert_eq!((sending.is_finished(), polls.get()), (false, 1));
        for _ in 0..queued {
            assert_eq!(receiver.recv(&mut [0; 16]).await?, 5);
        }
        assert_eq!(receiver.recv(&mut [0; 16]).await?, 4);
        assert_eq!(sending.await.unwrap()?, 4);
        Ok(())
    })
}

#[test]
fn a_receiver_that_goes_while_its_queue_is_full_refuses() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let receiver = UnixDatagram::bind(&path)?;
        let other = UnixDatagram::unbound()?;
        other.connect(&path)?;
        fill(&UnixDatagram::unbound()?, &path)?;
        let sending = epore::spawn(async move { other.send(b"mine").await });
        let sending_to = epore::spawn(async move { UnixDatagram::unbound()?.send_to(b"mine", path).await });
        turns(3).await;
        assert!(!sending.is_finished() && !sending_to.is_finished());
        drop(receiver);
        assert_eq!(sending.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(sending_to.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionRefused);
        Ok(())
    })
}

#[test]
fn a_receiver_that_is_full_keeps_nobody_from_sending_to_others() -> io::Result<()> {
    run(async {
        let (full, free) = (abstract_path(), abstract_path());
        let (_receiver, other) = (UnixDatagram::bind(&full)?, UnixDatagram::bind(&free)?);
        fill(&UnixDatagram::unbound()?, &full)?;
        for is_connected in [false, true] {
            let sender = Rc::new(UnixDatagram::unbound()?);
            sender.writable().await?;
            if is_connected {
                sender.connect(&full)?;
            }
            let (waiting, target) = (Rc::clone(&sender), full.clone());
            let sending = epore::spawn(async move {
                if is_connected { waiting.send(b"mine").await } else { waiting.send_to(b"mine", &target).await }
            });
            turns(3).await;
            assert_eq!(sender.try_send_to(b"x", &full).unwrap_err().kind(), ErrorKind::WouldBlock);
            for _ in 0..3 {
                sender.send_to(b"hello", &free).await?;
                poll_fn(|cx| sender.poll_send_to(cx, b"again", &free)).await?;
                assert_eq!(other.recv(&mut [0; 16]).await?, 5);
                assert_eq!(other.recv(&mut [0; 16]).await?, 5);
            }
            assert!(!sending.is_finished());
        }
        Ok(())
    })
}

/// A sender may have so much under way, whoever receives it.
#[test]
fn a_sender_that_has_too_much_under_way_waits_until_it_is_received() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let receiver = UnixDatagram::bind(&path)?;
        let sender = UnixDatagram::unbound()?;
        let message = vec![0; 100_000];
        let queued = until_full(|| sender.try_send_to(&message, &path))?;
        assert!(queued < 10, "{queued} messages are more than the queue takes of any size");
        assert!(poll_once(pin!(sender.writable())).await.is_pending());
        let (sending, polls) = count_polls(async move { sender.send_to(b"mine", &path).await });
        let sending = epore::spawn(sending);
        turns(3).await;
        assert_eq!((sending.is_finished(), polls.get()), (false, 1));
        for _ in 0..queued {
            assert_eq!(receiver.recv(&mut [0; 200_000]).await?, message.len());
        }
        assert_eq!(receiver.recv(&mut [0; 16]).await?, 4);
        assert_eq!(sending.await.unwrap()?, 4);
        Ok(())
    })
}

#[test]
fn many_senders_lose_no_message_of_a_slow_receiver() -> io::Result<()> {
    run(async {
        const EACH: usize = 500;
        let path = abstract_path();
        let receiver = net::UnixDatagram::bind_addr(&std_addr(&path)?)?;
        let receiving = thread::spawn(move || {
            let mut next = [0; 4];
            let mut message = [0; 16];
            for _ in 0..4 * EACH {
                assert_eq!(receiver.recv(&mut message).unwrap(), 9);
                let sender = usize::from(message[0]);
                assert_eq!(usize::from_le_bytes(message[1..9].try_into().unwrap()), next[sender], "in order");
                next[sender] += 1;
            }
        });
        let shared = Rc::new(UnixDatagram::unbound()?);
        let sending = [0u8, 1, 2, 3].map(|sender| {
            let (path, shared) = (path.clone(), Rc::clone(&shared));
            epore::spawn(async move {
                let own = UnixDatagram::unbound()?;
                let socket = if sender < 2 { &own } else { &*shared };
                for number in 0..EACH {
                    let message = [&[sender][..], &number.to_le_bytes()].concat();
                    socket.send_to(&message, &path).await?;
                }
                io::Result::Ok(())
            })
        });
        for sending in sending {
            sending.await.unwrap()?;
        }
        receiving.join().unwrap();
        Ok(())
    })
}

#[test]
fn giving_up_a_send_sends_nothing() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let receiver = UnixDatagram::bind(&path)?;
        let sender = UnixDatagram::unbound()?;
        let queued = fill(&UnixDatagram::unbound()?, &path)?;
        for _ in 0..10 {
            assert!(drop_at(1, sender.send_to(b"mine", &path)).await.is_none());
        }
        for _ in 0..queued {
            assert_eq!(receiver.recv(&mut [0; 16]).await?, 5);
        }
        assert_eq!(receiver.try_recv(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
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

        let queued = until_full(|| peer.try_send(&[0; 10_000]))?;
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

/// R23
#[test]
fn sending_to_who_no_longer_receives_kills_nobody() {
    in_own_process("sending_to_who_no_longer_receives_kills_nobody", || {
        // SAFETY: the default action of a signal needs no handler.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        run(async {
            let path = abstract_path();
            let receiver = UnixDatagram::bind(&path)?;
            receiver.shutdown(Shutdown::Read)?;
            let sender = UnixDatagram::unbound()?;
            let results = [
                sender.send_to(b"x", &path).await,
                sender.try_send_to(b"x", &path),
                poll_fn(|cx| sender.poll_send_to(cx, b"x", &path)).await,
            ];
            assert!(results.into_iter().all(|result| result.unwrap_err().kind() == ErrorKind::BrokenPipe));
            let (socket, _peer) = UnixDatagram::pair()?;
            socket.shutdown(Shutdown::Both)?;
            let results =
                [socket.send(b"x").await, socket.try_send(b"x"), poll_fn(|cx| socket.poll_send(cx, b"x")).await];
            assert!(results.into_iter().all(|result| result.unwrap_err().kind() == ErrorKind::BrokenPipe));
            io::Result::Ok(())
        })
        .unwrap();
    });
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

/// A descriptor is needed to wait with; without one, the error says so at once.
#[test]
fn waiting_for_a_receiver_at_the_descriptor_limit_is_an_error() {
    in_own_process("waiting_for_a_receiver_at_the_descriptor_limit_is_an_error", || {
        run(async {
            let path = abstract_path();
            let _receiver = UnixDatagram::bind(&path)?;
            let sender = UnixDatagram::unbound()?;
            fill(&sender, &path)?;
            let limit = libc::rlimit { rlim_cur: 32, rlim_max: 32 };
            // SAFETY: the pointer is to a live limit, which the kernel only reads.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
            let _hoard: Vec<_> = (0..32).map_while(|_| File::open("/dev/null").ok()).collect();
            let error = sender.send_to(b"x", &path).await.unwrap_err();
            assert_eq!(support::source_errno(&error), Some(libc::EMFILE));
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn what_was_opened_to_wait_for_a_receiver_is_closed() {
    in_own_process("what_was_opened_to_wait_for_a_receiver_is_closed", || {
        run(async {
            let path = abstract_path();
            let receiver = UnixDatagram::bind(&path)?;
            let sender = UnixDatagram::unbound()?;
            fill(&UnixDatagram::unbound()?, &path)?;
            let open = support::open_descriptors().len();
            assert!(drop_at(1, sender.send_to(b"mine", &path)).await.is_none());
            assert_eq!(support::open_descriptors().len(), open);
            let mut sending = pin!(poll_fn(|cx| sender.poll_send_to(cx, b"mine", &path)));
            for _ in 0..3 {
                assert!(poll_once(sending.as_mut()).await.is_pending());
                assert_eq!(support::open_descriptors().len(), open + 1);
            }
            receiver.recv(&mut [0; 16]).await?;
            sending.await?;
            assert_eq!(support::open_descriptors().len(), open);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// What this process has open, by names that are not given to others as numbers are.
fn open_files() -> HashSet<PathBuf> {
    let names = support::open_descriptors().into_iter().map(|number| fs::read_link(format!("/proc/self/fd/{number}")));
    // The folder that the numbers were read from is closed by now.
    names.filter_map(Result::ok).collect()
}

#[test]
fn a_poll_of_a_send_that_still_has_to_wait_opens_nothing() {
    in_own_process("a_poll_of_a_send_that_still_has_to_wait_opens_nothing", || {
        run(async {
            let (path, other_path) = (abstract_path(), abstract_path());
            let (receiver, other) = (UnixDatagram::bind(&path)?, UnixDatagram::bind(&other_path)?);
            fill(&UnixDatagram::unbound()?, &path)?;
            fill(&UnixDatagram::unbound()?, &other_path)?;
            let sender = Rc::new(UnixDatagram::unbound()?);
            let poll =
                async |target: &str| poll_once(pin!(poll_fn(|cx| sender.poll_send_to(cx, b"mine", target)))).await;
            let is_woken = async |target: &str, receiver: &UnixDatagram| {
                let (sender, target) = (Rc::clone(&sender), target.to_owned());
                let sending =
                    epore::spawn(async move { poll_fn(|cx| sender.poll_send_to(cx, b"mine", &target)).await });
                turns(2).await;
                assert!(!sending.is_finished());
                receiver.recv(&mut [0; 16]).await?;
                sending.await.unwrap()
            };
            assert!(poll(&path).await.is_pending());
            let open = open_files();
            for _ in 0..3 {
                turns(1).await;
                assert!(poll(&path).await.is_pending());
                assert_eq!(open_files(), open);
            }
            // There is room for a moment, and then somebody else has taken it.
            receiver.recv(&mut [0; 16]).await?;
            turns(2).await;
            UnixDatagram::unbound()?.send_to(b"other", &path).await?;
            assert!(poll(&path).await.is_pending());
            assert_eq!(is_woken(&path, &receiver).await?, 4);

            // Another target is waited for with another socket.
            assert!(poll(&path).await.is_pending());
            assert!(poll(&other_path).await.is_pending());
            assert_eq!(is_woken(&other_path, &other).await?, 4);
            io::Result::Ok(())
        })
        .unwrap();
    });
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

/// A sender with little room, and a receiver that is connected to it, so that nobody else can be connected to that one.
fn sender_and_connected_receiver() -> io::Result<(UnixDatagram, net::UnixDatagram, String)> {
    let (own, path) = (abstract_path(), abstract_path());
    let sender = net::UnixDatagram::bind_addr(&std_addr(&own)?)?;
    let receiver = net::UnixDatagram::bind_addr(&std_addr(&path)?)?;
    receiver.connect_addr(&std_addr(&own)?)?;
    let room: libc::c_int = 4608;
    let size = size_of_val(&room) as libc::socklen_t;
    let name = libc::SO_SNDBUF;
    // SAFETY: the call reads an integer of the size given from where the pointer points.
    let set = unsafe { libc::setsockopt(sender.as_raw_fd(), libc::SOL_SOCKET, name, (&raw const room).cast(), size) };
    assert_eq!(set, 0);
    Ok((UnixDatagram::from_std(sender)?, receiver, path))
}

/// The socket that was to wait for room was refused, and so was the message.
#[test]
fn a_receiver_that_is_connected_to_its_sender_is_waited_for() -> io::Result<()> {
    run(async {
        for is_polled in [false, true] {
            let (sender, receiver, path) = sender_and_connected_receiver()?;
            let queued = until_full(|| sender.try_send_to(b"other", &path))?;
            let (sending, polls) = count_polls(async move {
                if is_polled {
                    poll_fn(|cx| sender.poll_send_to(cx, b"mine", &path)).await
                } else {
                    sender.send_to(b"mine", &path).await
                }
            });
            let sending = epore::spawn(sending);
            turns(3).await;
            assert_eq!((sending.is_finished(), polls.get()), (false, 1));
            for _ in 0..queued {
                assert_eq!(receiver.recv(&mut [0; 16])?, 5);
            }
            assert_eq!(sending.await.unwrap()?, 4);
            assert_eq!(receiver.recv(&mut [0; 16])?, 4);
        }
        Ok(())
    })
}

/// It was refused in the moment between being full and being asked how full.
#[test]
fn no_message_to_a_receiver_that_is_connected_to_its_sender_is_refused_or_lost() -> io::Result<()> {
    const MESSAGES: usize = 20_000;
    run(async {
        for is_polled in [false, true] {
            let (sender, receiver, path) = sender_and_connected_receiver()?;
            let receiving = thread::spawn(move || {
                let mut message = [0; 2000];
                for number in 0..MESSAGES {
                    assert_eq!(receiver.recv(&mut message).unwrap(), 1000);
                    assert_eq!(message[..8], number.to_le_bytes(), "in order");
                }
            });
            let (sending, polls) = count_polls(async {
                for number in 0..MESSAGES {
                    let mut message = [0; 1000];
                    message[..8].copy_from_slice(&number.to_le_bytes());
                    if is_polled {
                        poll_fn(|cx| sender.poll_send_to(cx, &message, &path)).await?;
                    } else {
                        sender.send_to(&message, &path).await?;
                    }
                }
                io::Result::Ok(())
            });
            sending.await?;
            receiving.join().unwrap();
            // No more than one wait for each message, and some for the others that are to run.
            assert!(polls.get() <= 2 * MESSAGES, "{} polls", polls.get());
        }
        Ok(())
    })
}
