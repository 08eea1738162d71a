#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use epore::io::copy;
use epore::net::{TcpStream, UnixStream};
use futures::future::join;
use support::polls::{count_polls, drop_at, run, turns};
use support::tcp::{fill, pair, pattern, reset};

/// What a copy that is dropped may hold.
const BUFFER_SIZE: usize = 32 * 1024;

fn unix_pair() -> io::Result<(UnixStream, unix::net::UnixStream)> {
    let (stream, peer) = unix::net::UnixStream::pair()?;
    Ok((UnixStream::from_std(stream)?, peer))
}

/// Sends on a thread of its own, and then ends the stream.
fn send(mut peer: std::net::TcpStream, bytes: Vec<u8>) -> thread::JoinHandle<io::Result<()>> {
    thread::spawn(move || {
        peer.write_all(&bytes)?;
        peer.shutdown(Shutdown::Write)
    })
}

fn receive(mut peer: impl Read + Send + 'static) -> thread::JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).map(|_| bytes)
    })
}

#[test]
fn all_is_copied_and_counted_whatever_its_length() -> io::Result<()> {
    for len in [0, 1, BUFFER_SIZE - 1, BUFFER_SIZE, BUFFER_SIZE + 1, 3 * BUFFER_SIZE, 5_000_000] {
        run(async {
            let ((reader, source), (writer, target)) = (pair()?, pair()?);
            let (sending, receiving) = (send(source, pattern(len)), receive(target));
            assert_eq!(copy(&reader, &writer).await?, len as u64);
            writer.shutdown().await?;
            sending.join().unwrap()?;
            assert!(receiving.join().unwrap()? == pattern(len), "{len}");
            io::Result::Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn it_takes_streams_and_halves_owned_and_borrowed() -> io::Result<()> {
    /// A stream that is at its end already.
    fn ended() -> io::Result<(TcpStream, std::net::TcpStream)> {
        let (stream, peer) = pair()?;
        peer.shutdown(Shutdown::Write)?;
        Ok((stream, peer))
    }
    run(async {
        let (mut stream, _peer) = ended()?;
        let (mut reader, mut writer) = stream.split();
        assert_eq!(copy(&mut reader, &mut writer).await?, 0);
        assert_eq!(copy(reader, writer).await?, 0);
        assert_eq!(copy(&stream, &stream).await?, 0);
        let (mut other, _other_peer) = unix_pair()?;
        assert_eq!(copy(&mut stream, &mut other).await?, 0);
        let (mut reader, mut writer) = stream.into_split();
        assert_eq!(copy(&mut reader, &mut writer).await?, 0);
        assert_eq!(copy(Rc::new(ended()?.0), Arc::new(other)).await?, 0);
        assert_eq!(copy(Box::new(reader.reunite(writer).unwrap()), ended()?.0).await?, 0);
        Ok(())
    })
}

#[test]
fn copying_can_be_sent_to_another_thread() -> io::Result<()> {
    fn assert_send(_: &impl Send) {}
    let (stream, _peer) = pair()?;
    assert_send(&copy(&stream, &stream));
    Ok(())
}

#[test]
fn a_tcp_stream_is_copied_to_a_unix_stream_and_back() -> io::Result<()> {
    run(async {
        let ((tcp, tcp_peer), (unix, mut unix_peer)) = (pair()?, unix_pair()?);
        let (sending, receiving) = (send(tcp_peer.try_clone()?, pattern(1_000_000)), receive(unix_peer.try_clone()?));
        assert_eq!(copy(&tcp, &unix).await?, 1_000_000);
        unix.shutdown().await?;
        sending.join().unwrap()?;
        assert!(receiving.join().unwrap()? == pattern(1_000_000));

        unix_peer.write_all(b"and back")?;
        unix_peer.shutdown(Shutdown::Write)?;
        assert_eq!(copy(unix, &tcp).await?, 8);
        drop(tcp);
        assert_eq!(receive(tcp_peer).join().unwrap()?, b"and back");
        Ok(())
    })
}

#[test]
fn the_end_is_not_copied() -> io::Result<()> {
    run(async {
        let ((reader, source), (writer, target)) = (pair()?, pair()?);
        drop(source);
        assert_eq!(copy(reader, &writer).await?, 0);
        writer.write_all(b"more").await?;
        drop(writer);
        assert_eq!(receive(target).join().unwrap()?, b"more");
        Ok(())
    })
}

#[test]
fn what_was_read_before_a_reset_is_written() -> io::Result<()> {
    run(async {
        let ((reader, mut source), (writer, target)) = (pair()?, pair()?);
        let target = TcpStream::from_std(target)?;
        source.write_all(&pattern(1000))?;
        let (copied, received) = join(copy(reader, writer), async {
            let mut received = [0; 1000];
            target.read_exact(&mut received).await?;
            reset(source).map(|()| received)
        })
        .await;
        assert_eq!(copied.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert!(received?[..] == pattern(1000));
        Ok(())
    })
}

/// R23
#[test]
fn a_writer_whose_peer_is_gone_is_an_error() -> io::Result<()> {
    run(async {
        let ((reader, source), (writer, target)) = (pair()?, pair()?);
        reset(target)?;
        let sending = send(source, pattern(1000));
        assert_eq!(copy(reader, writer).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        sending.join().unwrap()
    })
}

/// R4
#[test]
fn a_writer_whose_peer_has_ended_and_does_not_read_costs_no_poll() -> io::Result<()> {
    run(async {
        let ((reader, source), (writer, mut target)) = (pair()?, pair()?);
        let full = fill(&writer)?;
        target.shutdown(Shutdown::Write)?;
        let (copying, polls) = count_polls(copy(reader, writer));
        let copying = epore::spawn(copying);
        let sending = send(source, pattern(1000));
        support::wait_until("it is sent", || sending.is_finished());
        turns(10).await;
        let polled = polls.get();
        assert!(polled < 10, "{polled} polls");
        turns(100).await;
        assert_eq!(polls.get(), polled, "it waits for room and nothing else");

        let draining = thread::spawn(move || {
            io::copy(&mut (&target).take(full as u64), &mut io::sink())?;
            let mut rest = Vec::new();
            target.read_to_end(&mut rest).map(|_| rest)
        });
        assert_eq!(copying.await.unwrap()?, 1000);
        assert!(draining.join().unwrap()? == pattern(1000));
        Ok(())
    })
}

/// R24
#[test]
fn a_copy_that_is_dropped_loses_no_more_than_its_buffer() -> io::Result<()> {
    const LEN: usize = 12 << 20;
    let mut dropped = 0;
    for nth in 1.. {
        let completed = run(async {
            let ((reader, source), (writer, target)) = (pair()?, pair()?);
            let (sending, receiving) = (send(source, pattern(LEN)), receive(target));
            let copied = drop_at(nth, copy(&reader, &writer)).await.transpose()?;
            drop(writer);
            let (received, mut rest) = (receiving.join().unwrap()?, Vec::new());
            reader.read_to_end(&mut rest).await?;
            sending.join().unwrap()?;
            let lost = LEN - received.len() - rest.len();
            assert!(lost <= BUFFER_SIZE, "{lost} bytes are lost");
            let sent = pattern(LEN);
            assert!(sent.starts_with(&received) && sent.ends_with(&rest));
            assert!(copied.is_none() || received.len() == LEN);
            io::Result::Ok(copied.is_some())
        })?;
        if completed || nth == 40 {
            break;
        }
        dropped += 1;
    }
    assert!(dropped > 1, "{dropped}");
    Ok(())
}
