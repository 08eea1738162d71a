//! Sends back to each client what it receives. Without an address, it takes a free port of this machine.
//!
//! cargo run --example echo_server -- 127.0.0.1:7000

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::{env, io, process};

use epore::net::{TcpListener, TcpStream};

async fn echo(stream: &TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count]).await?,
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr) {
    if let Err(error) = echo(&stream).await {
        eprintln!("{peer}: {error}");
    }
}

async fn run(addr: String) -> io::Result<()> {
    let listener = TcpListener::bind(addr).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => drop(epore::spawn(serve(stream, peer))),
            // Descriptors have run out, say. The clients that are served now will give some back.
            Err(error) => eprintln!("{error}"),
        }
    }
}

fn main() {
    let addr = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    if let Err(error) = epore::block_on(run(addr)) {
        eprintln!("error: {error}");
        process::exit(1);
    }
}
