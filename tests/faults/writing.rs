//! Writing: a slow peer with little room gets all of it, in order, and the end.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::OwnedFd;
use std::thread;

use epore::net::{AsyncFd, TcpSocket, TcpStream};
use epore::reactor::Interest;

use super::cell::check;
use super::reading::{faults, lied_to, pattern};
use crate::support::unix;

/// How much is written: by far more than there is room for.
const LEN: usize = 1 << 20;

/// The same for a Unix stream, whose buffer is as large as the system has it, 200 KiB.
const LONG_LEN: usize = 8 << 20;

/// How much there is room for, at least, in a buffer of the least size.
pub const ROOM: usize = 4096;

/// Room comes in portions of at least half a buffer, each of which is at most a look at the reactor and two writes.
const CALLS: usize = 3 * LEN / (ROOM / 2) + 100;

/// Each time that the peer reads there is room for a Unix stream, or it is no more than a look.
const LONG_CALLS: usize = 3 * LONG_LEN / ROOM + 100;

/// Reads in small portions, and gives what came.
pub fn receive(mut peer: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let (mut received, mut buffer) = (Vec::new(), [0; ROOM]);
        loop {
            match peer.read(&mut buffer).unwrap() {
                0 => return received,
                count => received.extend_from_slice(&buffer[..count]),
            }
            thread::yield_now();
        }
    })
}

/// Writes all of the pattern, of which most writes take a part only, and goes on after errors.
async fn write_all(errors: &mut Vec<io::Error>, len: usize, mut write: impl AsyncFnMut(&[u8]) -> io::Result<usize>) {
    let pattern = pattern(len);
    let mut rest = &pattern[..];
    let mut portions = 0;
    while !rest.is_empty() {
        match write(rest).await {
            Ok(count) => {
                rest = &rest[count..];
                portions += 1;
            }
            Err(error) => errors.push(error),
        }
    }
    assert!(portions > 10, "there was little room, or all went in {portions} writes");
}

pub fn expect(received: thread::JoinHandle<Vec<u8>>, len: usize) {
    assert!(received.join().unwrap() == pattern(len), "all bytes come, in order");
}

/// A stream with small buffers on both sides.
pub async fn narrow_pair() -> io::Result<(TcpStream, std::net::TcpStream)> {
    let listener = TcpSocket::new_v4()?;
    listener.set_recv_buffer_size(ROOM as u32)?;
    listener.bind(([127, 0, 0, 1], 0).into())?;
    let listener = listener.listen(1)?.into_std()?;
    listener.set_nonblocking(false)?;
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(ROOM as u32)?;
    socket.set_recv_buffer_size(ROOM as u32)?;
    let stream = socket.connect(listener.local_addr()?).await?;
    // What was connected by the runtime is registered; a lie about room is believed of what is not.
    let stream = TcpStream::from_std(stream.into_std()?)?;
    Ok((stream, listener.accept()?.0))
}

#[test]
fn a_tcp_stream_that_is_written() {
    let write = |errors: &mut Vec<io::Error>| {
        let received = epore::block_on(async {
            let (stream, peer) = narrow_pair().await.unwrap();
            let received = receive(peer);
            write_all(errors, LEN, async |rest: &[u8]| stream.write(rest).await).await;
            received
        });
        expect(received, LEN);
    };
    check("writing::a_tcp_stream_that_is_written", write, CALLS, &lied_to("sendto"));
}

#[test]
fn a_tcp_stream_that_is_written_from_two_buffers() {
    let write = |errors: &mut Vec<io::Error>| {
        let received = epore::block_on(async {
            let (stream, peer) = narrow_pair().await.unwrap();
            let received = receive(peer);
            let write = async |rest: &[u8]| {
                let (head, tail) = rest.split_at(1);
                stream.write_vectored(&[IoSlice::new(head), IoSlice::new(tail)]).await
            };
            write_all(errors, LEN, write).await;
            received
        });
        expect(received, LEN);
    };
    check("writing::a_tcp_stream_that_is_written_from_two_buffers", write, CALLS, &lied_to("sendmsg"));
}

#[test]
fn a_unix_stream_that_is_written() {
    let write = |errors: &mut Vec<io::Error>| {
        let (stream, peer) = unix::pair().unwrap();
        let received = receive(peer);
        epore::block_on(write_all(errors, LONG_LEN, async |rest: &[u8]| stream.write(rest).await));
        drop(stream);
        expect(received, LONG_LEN);
    };
    check("writing::a_unix_stream_that_is_written", write, LONG_CALLS, &lied_to("sendto"));
}

#[test]
fn a_pipe_that_is_written() {
    let write = |errors: &mut Vec<io::Error>| {
        let (peer, pipe) = io::pipe().unwrap();
        let received = receive(peer);
        epore::block_on(async {
            let pipe = AsyncFd::with_interest(File::from(OwnedFd::from(pipe)), Interest::WRITABLE).unwrap();
            let write = async |rest: &[u8]| pipe.async_io(Interest::WRITABLE, |mut file| file.write(rest)).await;
            write_all(errors, LEN, write).await;
        });
        expect(received, LEN);
    };
    check("writing::a_pipe_that_is_written", write, CALLS, &faults("write"));
}
