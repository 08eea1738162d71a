//! Out-of-band data: a read stops at its mark, with more to be read behind it.

mod support;

use std::io::{self, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::pin::pin;

use epore::reactor::{Interest, Ready};
use support::polls::{poll_once, run, turns};
use support::tcp::{pair, registered_pair};

fn send_urgent(stream: &TcpStream, byte: u8) -> io::Result<()> {
    // SAFETY: the pointer is to one live byte, which the kernel only reads.
    let sent = unsafe { libc::send(stream.as_raw_fd(), (&raw const byte).cast(), 1, libc::MSG_OOB) };
    if sent == 1 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

async fn expect(stream: &epore::net::TcpStream, expected: &[u8]) -> io::Result<()> {
    let mut received = Vec::new();
    while received.len() < expected.len() {
        let mut buffer = [0; 64];
        let count = stream.read(&mut buffer).await?;
        assert!(count > 0, "the stream has not ended");
        received.extend_from_slice(&buffer[..count]);
    }
    assert_eq!(received, expected);
    Ok(())
}

/// R3
#[test]
fn bytes_behind_an_urgent_one_are_read_without_a_further_event() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        peer.write_all(b"before")?;
        send_urgent(&peer, b'!')?;
        peer.write_all(b"behind")?;
        expect(&stream, b"beforebehind").await
    })
}

/// R3
#[test]
fn bytes_behind_an_urgent_one_are_read_from_a_socket_that_has_not_waited() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        peer.write_all(b"before")?;
        send_urgent(&peer, b'!')?;
        peer.write_all(b"behind")?;
        expect(&stream, b"beforebehind").await
    })
}

/// R3
#[test]
fn urgent_bytes_again_and_again_hold_nothing_back() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = registered_pair().await?;
        for _ in 0..100 {
            peer.write_all(b"before")?;
            send_urgent(&peer, b'!')?;
            peer.write_all(b"behind")?;
            send_urgent(&peer, b'?')?;
            peer.write_all(b"the end")?;
            stream.readable().await?;
        }
        drop(peer);
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await?;
        // An urgent byte that was overtaken by another is part of the stream.
        all.retain(|byte| *byte != b'!' && *byte != b'?');
        assert_eq!(all, b"beforebehindthe end".repeat(100));
        Ok(())
    })
}

#[test]
fn urgent_data_is_waited_for_by_itself() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut waiting = pin!(stream.ready(Interest::PRIORITY));
        peer.write_all(b"ordinary")?;
        for _ in 0..5 {
            assert!(poll_once(waiting.as_mut()).await.is_pending());
            turns(1).await;
        }
        send_urgent(&peer, b'!')?;
        assert_eq!(waiting.await?, Ready::PRIORITY);

        // That there is no more of it says nothing of ordinary data.
        let nothing = stream.try_io(Interest::PRIORITY, || io::Result::<()>::Err(io::ErrorKind::WouldBlock.into()));
        assert_eq!(nothing.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert!(poll_once(pin!(stream.ready(Interest::PRIORITY))).await.is_pending());
        assert_eq!(stream.ready(Interest::READABLE | Interest::PRIORITY).await?, Ready::READABLE);
        Ok(())
    })
}
