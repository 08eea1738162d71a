//! Datagrams: each that was sent arrives, once and whole.

use std::io;

use epore::net::UdpSocket;
use epore::net::udp::{Outgoing, RecvBatch};

use super::cell::check;
use super::reading::lied_to;

/// How many datagrams are sent, one by one or in batches.
const DATAGRAMS: usize = 64;
const BATCH: usize = 4;

/// Each is a send, a look at the reactor and two receives at most.
const CALLS: usize = 4 * DATAGRAMS + 100;

async fn pair() -> io::Result<(UdpSocket, UdpSocket)> {
    let (socket, peer) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
    socket.connect(peer.local_addr()?).await?;
    Ok((socket, peer))
}

fn datagram(number: usize) -> Vec<u8> {
    vec![number as u8; 1 + number]
}

/// Tries until it succeeds, and notes why it did not.
async fn insist<T>(errors: &mut Vec<io::Error>, mut operation: impl AsyncFnMut() -> io::Result<T>) -> T {
    loop {
        match operation().await {
            Ok(value) => return value,
            Err(error) => errors.push(error),
        }
    }
}

fn exchange_one_by_one(errors: &mut Vec<io::Error>) {
    epore::block_on(async {
        let (socket, peer) = pair().await.unwrap();
        let from = socket.local_addr().unwrap();
        let mut buffer = [0; 2 * DATAGRAMS];
        for number in 0..DATAGRAMS {
            let sent = datagram(number);
            assert_eq!(insist(errors, async || socket.send(&sent).await).await, sent.len());
            let (count, sender) = insist(errors, async || peer.recv_from(&mut buffer).await).await;
            assert_eq!((&buffer[..count], sender), (&sent[..], from));
        }
    });
}

fn exchange_batches(errors: &mut Vec<io::Error>) {
    epore::block_on(async {
        let (socket, peer) = pair().await.unwrap();
        let mut batch = RecvBatch::new(BATCH, 2 * DATAGRAMS);
        for first in (0..DATAGRAMS).step_by(BATCH) {
            let data: Vec<_> = (first..first + BATCH).map(datagram).collect();
            let outgoing: Vec<_> = data.iter().map(|data| Outgoing::new(data)).collect();
            assert_eq!(insist(errors, async || socket.send_batch(&outgoing).await).await, BATCH);
            assert_eq!(insist(errors, async || peer.recv_batch(&mut batch).await).await, BATCH);
            assert!(batch.iter().map(|received| received.data()).eq(&data));
        }
    });
}

#[test]
fn datagrams_that_are_sent() {
    check("datagrams::datagrams_that_are_sent", exchange_one_by_one, CALLS, &lied_to("sendto"));
}

#[test]
fn datagrams_that_are_received() {
    check("datagrams::datagrams_that_are_received", exchange_one_by_one, CALLS, &lied_to("recvfrom"));
}

#[test]
fn batches_that_are_sent() {
    check("datagrams::batches_that_are_sent", exchange_batches, CALLS, &lied_to("sendmmsg"));
}

#[test]
fn batches_that_are_received() {
    check("datagrams::batches_that_are_received", exchange_batches, CALLS, &lied_to("recvmmsg"));
}
