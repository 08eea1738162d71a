//! Passes connections on to another address, and says how much went each way.
//!
//! cargo run --example proxy -- 127.0.0.1:7000 127.0.0.1:8000

#![forbid(unsafe_code)]

use std::env;
use std::net::SocketAddr;

use epore::io::{self, copy_bidirectional};
use epore::net::{TcpListener, TcpStream};

async fn pass_on(mut inbound: TcpStream, target: String) -> io::Result<(u64, u64)> {
    let mut outbound = TcpStream::connect(target).await?;
    copy_bidirectional(&mut inbound, &mut outbound).await
}

async fn serve(inbound: TcpStream, peer: SocketAddr, target: String) {
    match pass_on(inbound, target).await {
        Ok((sent, received)) => eprintln!("{peer}: sent {sent} bytes, received {received}"),
        Err(error) => eprintln!("{peer}: {error}"),
    }
}

fn main() -> io::Result<()> {
    let (Some(addr), Some(target)) = (env::args().nth(1), env::args().nth(2)) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "usage: proxy LISTEN:PORT TARGET:PORT"));
    };
    epore::block_on(async {
        let listener = TcpListener::bind(addr).await?;
        println!("listening on {}", listener.local_addr()?);
        loop {
            match listener.accept().await {
                Ok((inbound, peer)) => drop(epore::spawn(serve(inbound, peer, target.clone()))),
                // Descriptors have run out, say. The connections that are served now will give some back.
                Err(error) => eprintln!("cannot accept: {error}"),
            }
        }
    })
}
