use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use crate::sys::{self, Batch};
use crate::wire;

/// Receives datagrams and answers each window, until so many have come.
pub fn collect(datagrams: u64) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    println!("listening {}", socket.local_addr().unwrap());
    let mut datagram = [0; 2 * wire::DATAGRAM];
    let mut received = 0;
    while received < whole_windows(datagrams) {
        let (length, sender) = socket.recv_from(&mut datagram).unwrap();
        wire::check_datagram(&datagram[..length], received);
        received += 1;
        if received.is_multiple_of(wire::WINDOW as u64) {
            socket.send_to(&wire::answer(received), sender).unwrap();
        }
    }
}

/// Sends windows of datagrams in one call, each after the answer to the last.
pub fn flood(address: SocketAddr, datagrams: u64) {
    let mut batch = Batch::new(wire::WINDOW, wire::DATAGRAM);
    send(address, datagrams, |socket, first| {
        for (datagram, number) in batch.buffers().zip(first..) {
            wire::write_datagram(datagram, number);
        }
        sys::send_batch(socket, &mut batch);
    });
}

/// Sends windows of datagrams in one buffer, so that the receiver may get them as one too.
pub fn flood_whole(address: SocketAddr, datagrams: u64) {
    let mut window = vec![0; wire::WINDOW * wire::DATAGRAM];
    send(address, datagrams, |socket, first| {
        for (datagram, number) in window.chunks_mut(wire::DATAGRAM).zip(first..) {
            wire::write_datagram(datagram, number);
        }
        sys::cut(socket, wire::DATAGRAM);
        assert_eq!(socket.send(&window).unwrap(), window.len());
    });
}

fn send(address: SocketAddr, datagrams: u64, mut send_window: impl FnMut(&UdpSocket, u64)) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.connect(address).unwrap();
    let (mut sent, mut answer) = (0, [0; 16]);
    while sent < whole_windows(datagrams) {
        send_window(&socket, sent);
        sent += wire::WINDOW as u64;
        let length = socket.recv(&mut answer).unwrap();
        wire::check_answer(&answer[..length], sent);
    }
}

fn whole_windows(datagrams: u64) -> u64 {
    datagrams / wire::WINDOW as u64 * wire::WINDOW as u64
}
