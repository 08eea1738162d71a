//! Short reads and writes: what moves much at once, over streams so narrow that no call moves more than a part.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::thread;

use epore::io::copy;

use super::cell::{Cell, Expect::*, Fault::*, *};
use super::reading::pattern;
use super::writing::{ROOM, expect, narrow_pair, receive};
use crate::support::polls::count_polls;

/// How much is moved: by far more than there is room for.
const LEN: usize = 100_000;

/// A portion is at least half a buffer, and at most a look at the reactor and two reads and two writes.
const CALLS: usize = 5 * LEN / (ROOM / 2) + 100;

/// What a loop around the calls must not show.
fn faults(call: &'static str) -> [Cell; 5] {
    [
        (call, EINTR, "1", Nothing),
        (call, EINTR, "1+2", Nothing),
        (call, EINTR, "3+3", Nothing),
        (call, LateEnter(2000), "1+5", Nothing),
        (call, LateExit(2000), "1+5", Nothing),
    ]
}

/// Runs what moves all, which must wait for the rest more than once: each call before a wait was short.
async fn in_parts<T>(moves: impl Future<Output = io::Result<T>>) -> T {
    let (counted, polls) = count_polls(moves);
    let output = counted.await.unwrap();
    assert!(polls.get() > 5, "all was moved in {} parts", polls.get());
    output
}

/// Sends the pattern from a thread, and then the end.
fn send(mut peer: std::net::TcpStream) -> thread::JoinHandle<()> {
    thread::spawn(move || peer.write_all(&pattern(LEN)).unwrap())
}

#[test]
fn a_write_of_all_from_short_writes() {
    let write = |_: &mut Vec<io::Error>| {
        let received = epore::block_on(async {
            let (stream, peer) = narrow_pair().await.unwrap();
            let received = receive(peer);
            in_parts(stream.write_all(&pattern(LEN))).await;
            received
        });
        expect(received, LEN);
    };
    check("short::a_write_of_all_from_short_writes", write, CALLS, &faults("sendto"));
}

#[test]
fn an_exact_read_from_short_reads() {
    let read = |_: &mut Vec<io::Error>| {
        epore::block_on(async {
            let (stream, peer) = narrow_pair().await.unwrap();
            let sender = send(peer);
            let mut buffer = vec![0; LEN];
            in_parts(stream.read_exact(&mut buffer)).await;
            sender.join().unwrap();
            assert!(buffer == pattern(LEN), "all bytes come, in order");
        });
    };
    check("short::an_exact_read_from_short_reads", read, CALLS, &faults("recvfrom"));
}

#[test]
fn a_copy_from_short_reads_to_short_writes() {
    let copies = |_: &mut Vec<io::Error>| {
        let received = epore::block_on(async {
            let ((from, source), (to, sink)) = (narrow_pair().await.unwrap(), narrow_pair().await.unwrap());
            let (sender, received) = (send(source), receive(sink));
            assert_eq!(in_parts(copy(&from, &to)).await, LEN as u64);
            sender.join().unwrap();
            received
        });
        expect(received, LEN);
    };
    let cells = [faults("recvfrom"), faults("sendto")].concat();
    check("short::a_copy_from_short_reads_to_short_writes", copies, CALLS, &cells);
}
