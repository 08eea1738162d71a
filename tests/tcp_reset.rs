//! Connections that the peer breaks off.

mod support;

use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::Shutdown;
use std::rc::Rc;

use epore::net::TcpStream;
use support::child::in_own_process;
use support::polls::{run, turns};
use support::tcp::{fill, pair, registered_pair, reset};

/// R5
#[test]
fn a_reader_learns_of_a_reset() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        let reader = epore::spawn(async move { stream.read(&mut [0; 16]).await });
        turns(2).await;
        reset(peer)?;
        assert_eq!(reader.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
        Ok(())
    })
}

/// R5
#[test]
fn a_writer_learns_of_a_reset() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        fill(&stream)?;
        let writer = epore::spawn(async move { stream.write(b"more").await });
        turns(2).await;
        assert!(!writer.is_finished());
        reset(peer)?;
        assert_eq!(writer.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
        Ok(())
    })
}

/// R5
#[test]
fn all_who_wait_learn_of_a_reset() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        fill(&stream)?;
        let stream = Rc::new(stream);
        let (first, second, third) = (Rc::clone(&stream), Rc::clone(&stream), Rc::clone(&stream));
        let reader = epore::spawn(async move { first.read(&mut [0; 16]).await });
        let writer = epore::spawn(async move { second.write(b"more").await });
        let waiter = epore::spawn(async move { third.readable().await });
        turns(2).await;
        reset(peer)?;
        // The system tells the reason once: the first to ask gets it, the other finds the connection closed.
        assert_eq!(reader.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(writer.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
        waiter.await.unwrap()?;
        assert_eq!(stream.read(&mut [0; 16]).await?, 0);
        Ok(())
    })
}

/// R25
#[test]
fn shutting_down_what_was_reset_is_no_error() -> io::Result<()> {
    run(async {
        let (stream, peer) = registered_pair().await?;
        reset(peer)?;
        assert_eq!(stream.read(&mut [0; 16]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        for how in [Shutdown::Write, Shutdown::Read, Shutdown::Both] {
            stream.shutdown_with(how)?;
        }
        Ok(())
    })
}

#[test]
fn a_reset_is_the_pending_error_of_the_socket() -> io::Result<()> {
    run(async {
        let (stream, peer) = registered_pair().await?;
        reset(peer)?;
        stream.readable().await?;
        assert_eq!(stream.take_error()?.map(|error| error.kind()), Some(ErrorKind::ConnectionReset));
        assert!(stream.take_error()?.is_none());
        Ok(())
    })
}

/// A stream whose writes raise SIGPIPE, if writes can.
async fn broken() -> io::Result<TcpStream> {
    let (stream, peer) = registered_pair().await?;
    reset(peer)?;
    stream.read(&mut [0; 16]).await.unwrap_err();
    Ok(stream)
}

/// R23
#[test]
fn writing_to_a_closed_peer_kills_nobody() {
    in_own_process("writing_to_a_closed_peer_kills_nobody", || {
        // SAFETY: the default action of a signal needs no handler.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        run(async {
            let stream = broken().await?;
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

/// R23: what the test above relies on.
#[test]
fn a_plain_write_to_a_closed_peer_does_kill() {
    use std::os::unix::process::ExitStatusExt;
    use support::child::{is_child, rerun};

    if !is_child() {
        let status = rerun(&[], "a_plain_write_to_a_closed_peer_does_kill").output().unwrap().status;
        assert_eq!(status.signal(), Some(libc::SIGPIPE));
        return;
    }
    // SAFETY: the default action of a signal needs no handler.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let stream = run(broken()).unwrap().into_std().unwrap();
    let mut file = std::fs::File::from(std::os::fd::OwnedFd::from(stream));
    let _dead_by_now = file.write(b"more");
}
