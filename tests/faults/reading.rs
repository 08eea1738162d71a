//! Reading: a peer sends, all of it must come, and its end.

use std::fs::File;
use std::io::{self, IoSliceMut, Read, Write};
use std::os::fd::OwnedFd;
use std::thread;

use epore::net::{AsyncFd, UnixStream};
use epore::reactor::Interest;

use super::cell::{Cell, Expect::*, Fault::*, *};
use crate::support::tcp;

/// How many messages a peer sends, and of what size.
const MESSAGES: usize = 100;
const SIZE: usize = 1000;

/// Each message is at most one look at the reactor and two reads; the rest is for the beginning and the end.
const CALLS: usize = 3 * MESSAGES + 100;

/// What goes wrong with each way to read, and to write.
pub const fn faults(call: &'static str) -> [Cell; 10] {
    [
        (call, EINTR, "1", Nothing),
        (call, EINTR, "1+2", Nothing),
        (call, EINTR, "3+3", Nothing),
        (call, EIO, "1", Told("")),
        (call, EIO, "5+4", Told("")),
        (call, ENOMEM, "2+2", Told("")),
        (call, ENOBUFS, "3+3", Told("")),
        (call, EFAULT, "7", Told("")),
        (call, LateEnter(2000), "1+5", Nothing),
        (call, LateExit(2000), "1+5", Nothing),
    ]
}

/// As [`faults`], for what is tried before it is registered: registering it shows that there is something after all.
pub fn lied_to(call: &'static str) -> Vec<Cell> {
    [&faults(call)[..], &[(call, EAGAIN, "1", Nothing)]].concat()
}

/// Bytes that tell by their value where they belong.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 ^ (at / 251) as u8).collect()
}

/// Sends the pattern, message by message, in its own time.
fn send(mut peer: impl Write + Send + 'static) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for message in pattern(MESSAGES * SIZE).chunks(SIZE) {
            peer.write_all(message).unwrap();
            thread::yield_now();
        }
    })
}

/// Reads all of the pattern, and goes on after errors.
async fn expect(errors: &mut Vec<io::Error>, mut read: impl AsyncFnMut(&mut [u8]) -> io::Result<usize>) {
    let (mut received, mut buffer) = (Vec::new(), [0; 4 * SIZE]);
    loop {
        match read(&mut buffer).await {
            Ok(0) => break,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) => errors.push(error),
        }
    }
    assert!(received == pattern(MESSAGES * SIZE), "all bytes come, in order");
}

#[test]
fn a_tcp_stream_that_is_read() {
    let read = |errors: &mut Vec<io::Error>| {
        let (stream, peer) = tcp::pair().unwrap();
        let peer = send(peer);
        epore::block_on(expect(errors, async |buffer: &mut [u8]| stream.read(buffer).await));
        peer.join().unwrap();
    };
    check("reading::a_tcp_stream_that_is_read", read, CALLS, &lied_to("recvfrom"));
}

#[test]
fn a_tcp_stream_that_is_read_into_two_buffers() {
    let read = |errors: &mut Vec<io::Error>| {
        let (stream, peer) = tcp::pair().unwrap();
        let peer = send(peer);
        let read = async |buffer: &mut [u8]| {
            let (head, tail) = buffer.split_at_mut(1);
            stream.read_vectored(&mut [IoSliceMut::new(head), IoSliceMut::new(tail)]).await
        };
        epore::block_on(expect(errors, read));
        peer.join().unwrap();
    };
    check("reading::a_tcp_stream_that_is_read_into_two_buffers", read, CALLS, &lied_to("recvmsg"));
}

#[test]
fn a_unix_stream_that_is_read() {
    let read = |errors: &mut Vec<io::Error>| {
        let (stream, peer) = UnixStream::pair().unwrap();
        let peer = send(peer.into_std().map(|peer| peer.set_nonblocking(false).map(|()| peer)).unwrap().unwrap());
        epore::block_on(expect(errors, async |buffer: &mut [u8]| stream.read(buffer).await));
        peer.join().unwrap();
    };
    check("reading::a_unix_stream_that_is_read", read, CALLS, &lied_to("recvmsg"));
}

#[test]
fn a_pipe_that_is_read() {
    let read = |errors: &mut Vec<io::Error>| {
        let (pipe, peer) = io::pipe().unwrap();
        let peer = send(peer);
        epore::block_on(async {
            let pipe = AsyncFd::with_interest(File::from(OwnedFd::from(pipe)), Interest::READABLE).unwrap();
            let read = async |buffer: &mut [u8]| pipe.async_io(Interest::READABLE, |mut file| file.read(buffer)).await;
            expect(errors, read).await;
        });
        peer.join().unwrap();
    };
    check("reading::a_pipe_that_is_read", read, CALLS, &faults("read"));
}
