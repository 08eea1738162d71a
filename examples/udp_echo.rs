//! Sends back each datagram to where it came from.
//!
//! cargo run --example udp_echo -- 127.0.0.1:7000
//!
//! It was written for tokio, and ported by changing the imports and `main`: tests/ports holds the original.

#![forbid(unsafe_code)]

use std::{env, process};

use epore::io;
use epore::net::UdpSocket;

/// The most that a datagram carries.
const MAX_DATAGRAM: usize = 65_507;

async fn run(addr: String) -> io::Result<()> {
    let socket = UdpSocket::bind(&addr).await?;
    println!("listening on {}", socket.local_addr()?);
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        let (len, peer) = socket.recv_from(&mut buffer).await?;
        socket.send_to(&buffer[..len], peer).await?;
    }
}

fn main() {
    let result = epore::block_on(run(env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned())));
    if let Err(error) = result {
        eprintln!("error: {error}");
        process::exit(1);
    }
}
