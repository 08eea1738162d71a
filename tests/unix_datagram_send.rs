//! Sending messages to a `UnixDatagram`, and waiting until its queue has room.

mod support;

use std::collections::HashSet;
use std::fs::{self, File};
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::thread;

use epore::net::UnixDatagram;
use support::child::in_own_process;
use support::polls::{count_polls, drop_at, poll_once, run, turns};
use support::unix::{abstract_path, fill_receiver, std_addr, until_would_block};

/// Takes the messages of others that have filled the receiver.
async fn empty(receiver: &UnixDatagram, queued: usize) -> io::Result<()> {
    for _ in 0..queued {
        assert_eq!(receiver.recv(&mut [0; 16]).await?, 5);
    }
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
        let queued = fill_receiver(&UnixDatagram::unbound()?, &path)?;
        let sending = epore::spawn(async move { sender.send(b"mine").await });
        turns(3).await;
        assert!(!sending.is_finished());
        empty(&receiver, queued).await?;
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
        let queued = fill_receiver(&UnixDatagram::unbound()?, &path)?;
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
        empty(&receiver, queued).await?;
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
        let queued = fill_receiver(&UnixDatagram::unbound()?, &path)?;
        let target = path.clone();
        let (sending, polls) =
            count_polls(async move { poll_fn(|cx| sender.poll_send_to(cx, b"mine", &target)).await });
        let sending = epore::spawn(sending);
        turns(3).await;
        assert_eq!((sending.is_finished(), polls.get()), (false, 1));
        empty(&receiver, queued).await?;
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
        fill_receiver(&UnixDatagram::unbound()?, &path)?;
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
        fill_receiver(&UnixDatagram::unbound()?, &full)?;
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
        let queued = until_would_block(|| sender.try_send_to(&message, &path))?;
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
        let queued = fill_receiver(&UnixDatagram::unbound()?, &path)?;
        for _ in 0..10 {
            assert!(drop_at(1, sender.send_to(b"mine", &path)).await.is_none());
        }
        empty(&receiver, queued).await?;
        assert_eq!(receiver.try_recv(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
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

/// A descriptor is needed to wait with; without one, the error says so at once.
#[test]
fn waiting_for_a_receiver_at_the_descriptor_limit_is_an_error() {
    in_own_process("waiting_for_a_receiver_at_the_descriptor_limit_is_an_error", || {
        run(async {
            let path = abstract_path();
            let _receiver = UnixDatagram::bind(&path)?;
            let sender = UnixDatagram::unbound()?;
            fill_receiver(&sender, &path)?;
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
            fill_receiver(&UnixDatagram::unbound()?, &path)?;
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
            fill_receiver(&UnixDatagram::unbound()?, &path)?;
            fill_receiver(&UnixDatagram::unbound()?, &other_path)?;
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

/// Alone, as a child that another test starts would hold the receiver for a moment after it is dropped here.
#[test]
fn a_full_receiver_at_an_address_is_waited_for_and_one_that_is_gone_named() {
    in_own_process("a_full_receiver_at_an_address_is_waited_for_and_one_that_is_gone_named", || {
        run(async {
            let receiver = UnixDatagram::bind(abstract_path())?;
            let addr = receiver.local_addr()?;
            let sender = UnixDatagram::unbound()?;
            let queued = until_would_block(|| sender.try_send_to_addr(b"other", &addr))?;
            let send = async { poll_fn(|cx| sender.poll_send_to_addr(cx, b"mine", &addr)).await };
            let mut send = pin!(send);
            assert!(poll_once(send.as_mut()).await.is_pending());
            let receive_all = async {
                for _ in 0..queued {
                    receiver.recv(&mut [0; 16]).await?;
                }
                receiver.recv(&mut [0; 16]).await
            };
            let (sent, last) = futures::join!(send, receive_all);
            assert_eq!((sent?, last?), (4, 4));

            drop(receiver);
            let expected = format!("cannot send to {addr}: Connection refused (os error 111)");
            assert_eq!(sender.try_send_to_addr(b"late", &addr).unwrap_err().to_string(), expected);
            let polled = poll_fn(|cx| sender.poll_send_to_addr(cx, b"late", &addr)).await;
            assert_eq!(polled.unwrap_err().to_string(), expected);
            io::Result::Ok(())
        })
        .unwrap();
    });
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
            let queued = until_would_block(|| sender.try_send_to(b"other", &path))?;
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
