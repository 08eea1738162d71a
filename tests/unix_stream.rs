#[path = "support/backlog.rs"]
mod backlog;
mod support;

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net;
use std::process;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use backlog::short_listener;
use epore::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use epore::net::{UnixListener, UnixStream};
use epore::time::timeout;
use support::child::in_own_process;
use support::polls::{count_polls, drop_at, run, turns};
use support::tcp::pattern;
use support::unix::{Scratch, abstract_path, fill, pair, registered_pair, std_addr};

#[test]
fn a_client_connects_to_a_path_and_to_an_abstract_name() -> io::Result<()> {
    run(async {
        let scratch = Scratch::new()?;
        for path in [scratch.to_str().unwrap(), &abstract_path()] {
            let listener = UnixListener::bind(path)?;
            let client = UnixStream::connect(path).await?;
            let (stream, peer) = listener.accept().await?;
            assert!(peer.is_unnamed());
            assert!(client.local_addr()?.is_unnamed());
            assert_eq!(client.peer_addr()?, listener.local_addr()?);
            assert_eq!(stream.local_addr()?, listener.local_addr()?);
            client.write_all(b"ping").await?;
            assert_eq!(stream.read(&mut [0; 16]).await?, 4);
            stream.write_all(b"answer").await?;
            assert_eq!(client.read(&mut [0; 16]).await?, 6);
            assert!(client.take_error()?.is_none());
        }
        Ok(())
    })
}

#[test]
fn a_client_connects_to_an_address() -> io::Result<()> {
    run(async {
        let listener = UnixListener::bind(abstract_path())?;
        let client = UnixStream::connect_addr(&listener.local_addr()?).await?;
        assert_eq!(client.peer_addr()?, listener.local_addr()?);
        Ok(())
    })
}

#[test]
fn the_peer_is_known_by_its_credentials() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        let client = UnixStream::connect(&path).await?;
        let (stream, _) = listener.accept().await?;
        let (one, other) = UnixStream::pair()?;
        for stream in [client, stream, one, other] {
            let peer = stream.peer_cred()?;
            assert_eq!(peer.pid(), Some(process::id() as i32));
            // SAFETY: the calls take no pointer.
            assert_eq!((peer.uid(), peer.gid()), unsafe { (libc::geteuid(), libc::getegid()) });
        }
        Ok(())
    })
}

/// The credentials are those of whoever connects, not our own.
#[test]
fn another_process_is_known_by_its_credentials() -> io::Result<()> {
    let Some(python) = support::program("python3") else { return Ok(()) };
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        let script = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0' + sys.argv[1])\ns.recv(1)";
        let mut child = process::Command::new(python).args(["-c", script, &path[1..]]).spawn()?;
        let (stream, _) = listener.accept().await?;
        assert_eq!(stream.peer_cred()?.pid(), Some(child.id() as i32));
        stream.write_all(b"!").await?;
        assert!(child.wait()?.success());
        Ok(())
    })
}

fn assert_refused(path: &str, kind: ErrorKind) {
    let error = run(UnixStream::connect(path)).unwrap_err();
    assert_eq!(error.kind(), kind);
    let shown = path.replace('\0', "@");
    assert!(error.to_string().starts_with(&format!("cannot connect to {shown}: ")), "{error}");
}

/// R22
#[test]
fn where_nobody_listens_the_error_names_the_path() -> io::Result<()> {
    let scratch = Scratch::new()?;
    let path = scratch.to_str().unwrap();
    assert_refused(path, ErrorKind::NotFound);
    assert_refused(&format!("{path}/in/nowhere"), ErrorKind::NotFound);
    assert_refused(&abstract_path(), ErrorKind::ConnectionRefused);
    drop(UnixListener::bind(path)?);
    assert_refused(path, ErrorKind::ConnectionRefused);
    assert_refused(&format!("{path}/below"), ErrorKind::NotADirectory);
    let file = scratch.with_file_name("file");
    File::create(&file)?;
    assert_refused(file.to_str().unwrap(), ErrorKind::ConnectionRefused);
    assert_refused(scratch.parent().unwrap().to_str().unwrap(), ErrorKind::ConnectionRefused);
    Ok(())
}

/// R22
#[test]
fn a_socket_that_takes_messages_is_not_connected_to() -> io::Result<()> {
    let scratch = Scratch::new()?;
    let _datagrams = net::UnixDatagram::bind(&scratch)?;
    let error = run(UnixStream::connect(&scratch)).unwrap_err();
    assert!(error.to_string().contains("socket: Protocol wrong type for socket"), "{error}");
    Ok(())
}

/// R22
#[test]
fn a_socket_that_is_not_for_us_is_an_error_that_names_it() {
    in_own_process("a_socket_that_is_not_for_us_is_an_error_that_names_it", || {
        let scratch = Scratch::new().unwrap();
        let _listener = UnixListener::bind(&scratch).unwrap();
        fs::set_permissions(&scratch, fs::Permissions::from_mode(0o0)).unwrap();
        // SAFETY: the calls take no pointer.
        let own = unsafe { libc::geteuid() };
        let set = |uid| {
            // SAFETY: the call takes no pointer.
            assert!(own != 0 || unsafe { libc::seteuid(uid) } == 0);
        };
        // The superuser may connect to all.
        set(65534);
        let error = run(UnixStream::connect(&scratch)).unwrap_err();
        set(own);
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().starts_with(&format!("cannot connect to {}: ", scratch.display())), "{error}");
    });
}

/// R22: the system says `EAGAIN`, and no event ever comes.
#[test]
fn connecting_waits_for_room_in_a_full_backlog() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = short_listener(&path)?;
        let first = UnixStream::connect(&path).await?;
        let waiting = [(); 3].map(|()| {
            let path = path.clone();
            epore::spawn(async move { UnixStream::connect(path).await })
        });
        turns(3).await;
        assert!(waiting.iter().all(|connecting| !connecting.is_finished()));
        let mut peers = vec![listener.accept()?.0];
        let mut streams = vec![first];
        let accepting = thread::spawn(move || {
            peers.extend((0..3).map(|_| listener.accept().unwrap().0));
            peers
        });
        for connecting in waiting {
            streams.push(connecting.await.unwrap()?);
        }
        let mut peers = accepting.join().unwrap();
        for stream in &streams {
            assert!(stream.peer_addr()?.as_abstract_name().is_some(), "it is connected");
            stream.write_all(b"x").await?;
        }
        for peer in &mut peers {
            peer.read_exact(&mut [0; 1])?;
        }
        Ok(())
    })
}

/// R22
#[test]
fn waiting_for_room_in_a_full_backlog_does_not_spin() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let _listener = short_listener(&path)?;
        let _first = UnixStream::connect(&path).await?;
        let (connecting, polls) = count_polls(UnixStream::connect(&path));
        assert!(timeout(Duration::from_millis(150), connecting).await.is_err());
        // One poll, one for each wait of 1, 2, 4, 8, 16, 32 and 64 ms, and one for the end.
        assert!((2..=9).contains(&polls.get()), "{} polls", polls.get());
        Ok(())
    })
}

/// R22
#[test]
fn a_listener_that_goes_while_its_backlog_is_full_refuses() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = short_listener(&path)?;
        let _first = UnixStream::connect(&path).await?;
        let connecting = epore::spawn(async move { UnixStream::connect(path).await });
        turns(2).await;
        assert!(!connecting.is_finished());
        drop(listener);
        assert_eq!(connecting.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionRefused);
        Ok(())
    })
}

#[test]
fn giving_up_a_connect_connects_to_nobody() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = short_listener(&path)?;
        let _first = UnixStream::connect(&path).await?;
        for nth in 1..4 {
            assert!(drop_at(nth, UnixStream::connect(&path)).await.is_none());
        }
        listener.accept()?;
        listener.set_nonblocking(true)?;
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}

#[test]
fn giving_up_a_connect_closes_its_socket() {
    in_own_process("giving_up_a_connect_closes_its_socket", || {
        run(async {
            let path = abstract_path();
            let _listener = short_listener(&path)?;
            let _first = UnixStream::connect(&path).await?;
            let open = support::open_descriptors().len();
            assert!(drop_at(2, UnixStream::connect(&path)).await.is_none());
            assert_eq!(support::open_descriptors().len(), open);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// R3
#[test]
fn the_end_that_comes_with_the_data_is_seen() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let reader = epore::spawn(async move {
            let mut text = Vec::new();
            stream.read_to_end(&mut text).await?;
            io::Result::Ok(text)
        });
        turns(2).await;
        peer.write_all(b"hello")?;
        drop(peer);
        assert_eq!(reader.await.unwrap()?, b"hello");
        Ok(())
    })
}

/// R5
#[test]
fn a_peer_that_goes_wakes_both_halves() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        fill(&stream)?;
        let (reader, writer) = stream.into_split();
        let reading = epore::spawn(async move { reader.read(&mut [0; 16]).await });
        let writing = epore::spawn(async move { writer.write(b"more").await });
        turns(2).await;
        assert!(!reading.is_finished() && !writing.is_finished());
        drop(peer);
        // What was written and not read makes it a reset.
        assert_eq!(reading.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(writing.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
        Ok(())
    })
}

/// R5
#[test]
fn a_peer_that_is_killed_ends_the_stream() -> io::Result<()> {
    run(async {
        let (stream, peer) = registered_pair().await?;
        let mut child = process::Command::new("sleep").arg("1000").stdin(OwnedFd::from(peer)).spawn()?;
        let reader = epore::spawn(async move { stream.read(&mut [0; 16]).await });
        turns(2).await;
        assert!(!reader.is_finished());
        child.kill()?;
        assert_eq!(reader.await.unwrap()?, 0);
        child.wait()?;
        Ok(())
    })
}

/// R23
#[test]
fn writing_to_a_closed_peer_kills_nobody() {
    in_own_process("writing_to_a_closed_peer_kills_nobody", || {
        // SAFETY: the default action of a signal needs no handler.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        run(async {
            let (stream, peer) = registered_pair().await?;
            drop(peer);
            let slices = [IoSlice::new(b"more"), IoSlice::new(b"more")];
            let results = [
                stream.write(b"more").await.map(|_| ()),
                stream.write_all(b"more").await,
                stream.write_vectored(&slices).await.map(|_| ()),
                stream.try_write(b"more").map(|_| ()),
                stream.try_write_vectored(&slices).map(|_| ()),
            ];
            for result in results {
                assert_eq!(result.unwrap_err().kind(), ErrorKind::BrokenPipe);
            }
            stream.shutdown_with(Shutdown::Both)
        })
        .unwrap();
    });
}

/// R25
#[test]
fn each_direction_ends_by_itself() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        stream.write_all(b"last").await?;
        stream.shutdown().await?;
        let mut text = String::new();
        peer.read_to_string(&mut text)?;
        assert_eq!(text, "last");
        assert_eq!(stream.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        peer.write_all(b"answer")?;
        assert_eq!(stream.read(&mut [0; 16]).await?, 6);
        drop(peer);
        assert_eq!(stream.read(&mut [0; 16]).await?, 0);
        stream.shutdown().await
    })
}

/// R25
#[test]
fn dropping_the_write_half_ends_the_stream_of_the_peer_alone() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let (reader, writer) = stream.into_split();
        drop(writer);
        assert_eq!(peer.read(&mut [0; 16])?, 0);
        peer.write_all(b"answer")?;
        assert_eq!(reader.read(&mut [0; 16]).await?, 6);
        Ok(())
    })
}

/// R28
#[test]
fn a_blocking_stream_of_the_standard_library_does_not_block_the_runtime() -> io::Result<()> {
    run(async {
        let (blocking, mut peer) = net::UnixStream::pair()?;
        let stream = UnixStream::from_std(blocking)?;
        let reader = epore::spawn(async move { stream.read(&mut [0; 16]).await });
        turns(2).await;
        assert!(!reader.is_finished());
        peer.write_all(b"hello")?;
        assert_eq!(reader.await.unwrap()?, 5);
        Ok(())
    })
}

#[test]
fn much_data_goes_both_ways_at_once() -> io::Result<()> {
    run(async {
        let (stream, peer) = UnixStream::pair()?;
        let sent = pattern(4 << 20);
        let exchanges = [stream, peer].map(|stream| {
            let sent = sent.clone();
            epore::spawn(async move {
                let (reader, writer) = stream.split();
                let mut received = Vec::new();
                let write = async {
                    writer.write_all(&sent).await?;
                    writer.shutdown().await
                };
                let (written, read) = futures::join!(write, reader.read_to_end(&mut received));
                written.and(read)?;
                io::Result::Ok(received == sent)
            })
        });
        for exchange in exchanges {
            assert!(exchange.await.unwrap()?);
        }
        Ok(())
    })
}

#[test]
fn giving_up_reads_and_writes_loses_no_byte() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let sent = pattern(1000);
        let sending = sent.clone();
        let writer = thread::spawn(move || sending.chunks(10).try_for_each(|chunk| peer.write_all(chunk)));
        let mut received = Vec::new();
        let given_up = Cell::new(0);
        while received.len() < sent.len() {
            let mut buffer = [0; 7];
            match drop_at(1, stream.read(&mut buffer)).await {
                Some(count) => received.extend_from_slice(&buffer[..count?]),
                None => {
                    given_up.set(given_up.get() + 1);
                    turns(1).await;
                }
            }
        }
        assert!(received == sent, "after {} that were given up", given_up.get());
        writer.join().unwrap()
    })
}

#[test]
fn a_stream_moves_to_another_runtime() -> io::Result<()> {
    let (stream, mut peer) = run(registered_pair())?;
    assert!(run(stream.readable()).unwrap_err().to_string().contains("belongs to another runtime"));
    let moved = UnixStream::from_std(stream.into_std()?)?;
    peer.write_all(b"hello")?;
    assert_eq!(run(moved.read(&mut [0; 16]))?, 5);
    let thread = thread::spawn(move || run(async { UnixStream::from_std(moved.into_std()?)?.write(b"hello").await }));
    assert_eq!(thread.join().unwrap()?, 5);
    Ok(())
}

#[test]
fn halves_of_one_stream_are_put_together_again() -> io::Result<()> {
    let ((one, _), (other, _)) = (pair()?, pair()?);
    let (reader, writer) = one.into_split();
    let (other_reader, other_writer) = other.into_split();
    let error = reader.reunite(other_writer).unwrap_err();
    assert!(writer.reunite(error.0).is_ok());
    assert!(other_reader.reunite(error.1).is_ok());
    Ok(())
}

#[test]
fn streams_and_their_futures_are_send_and_sync() -> io::Result<()> {
    fn is_send_and_sync<T: Send + Sync>() {}
    fn is_send<T: Send>(_: &T) {}
    is_send_and_sync::<UnixStream>();
    is_send_and_sync::<OwnedReadHalf>();
    is_send_and_sync::<OwnedWriteHalf>();
    is_send(&UnixStream::connect("x"));
    is_send(&UnixStream::connect_addr(&std_addr("\0x")?.into()));
    let (stream, _peer) = pair()?;
    is_send(&stream.read(&mut [0; 1]));
    is_send(&stream.write_all(b"x"));
    Ok(())
}

#[test]
fn a_stream_is_shared_by_tasks() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        let stream = Rc::new(stream);
        let readers = [(); 3].map(|()| {
            let stream = Rc::clone(&stream);
            epore::spawn(async move { stream.read(&mut [0; 1]).await })
        });
        turns(2).await;
        peer.write_all(b"abc")?;
        for reader in readers {
            assert_eq!(reader.await.unwrap()?, 1);
        }
        Ok(())
    })
}
