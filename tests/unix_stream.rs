mod support;

use std::cell::Cell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net;
use std::process;
use std::rc::Rc;
use std::thread;

use epore::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use epore::net::{UnixListener, UnixStream};
use support::child::in_own_process;
use support::in_time;
use support::polls::{drop_at, run, turns};
use support::tcp::pattern;
use support::unix::{Scratch, abstract_path, pair, registered_pair, std_addr};

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

/// R28
#[test]
fn a_blocking_stream_of_the_standard_library_does_not_block_the_runtime() -> io::Result<()> {
    in_time("a stream that blocked before", || {
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
