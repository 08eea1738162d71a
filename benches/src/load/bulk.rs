use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::wire;

/// Sends so many pieces.
pub fn send(address: SocketAddr, pieces: u64) {
    let mut stream = TcpStream::connect(address).unwrap();
    let buffer = wire::piece();
    for _ in 0..pieces {
        stream.write_all(&buffer).unwrap();
    }
}

/// Receives so many pieces, and then the end.
pub fn receive(address: SocketAddr, pieces: u64) {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut buffer = vec![0; wire::PIECE];
    let mut received = 0;
    loop {
        let length = stream.read(&mut buffer).unwrap();
        if length == 0 {
            break;
        }
        wire::check_bulk(&buffer[..length], received);
        received += length as u64;
    }
    assert_eq!(received, pieces * wire::PIECE as u64);
}
