//! A TCP proxy: whoever connects is connected to the target.
//!
//! cargo run --example proxy -- 127.0.0.1:7001 127.0.0.1:7000
//!
//! It was written for tokio, and ported by changing the imports and `main`: tests/ports holds the original.

#![forbid(unsafe_code)]
// Epore's methods take `&self` where tokio's ask for `&mut self`.
#![allow(unused_mut)]

use std::{env, process};

use epore::io::{self, copy_bidirectional};
use epore::net::{TcpListener, TcpStream};
use epore::spawn;

async fn forward(mut client: TcpStream, target: &str) -> io::Result<(u64, u64)> {
    let mut server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await
}

async fn run(addr: String, target: String) -> io::Result<()> {
    let listener = TcpListener::bind(&addr).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (client, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        let target = target.clone();
        spawn(async move {
            match forward(client, &target).await {
                Ok((sent, received)) => println!("{peer}: {sent} bytes sent, {received} received"),
                Err(error) => eprintln!("{peer}: {error}"),
            }
        });
    }
}

fn main() {
    let mut args = env::args().skip(1);
    let result = match (args.next(), args.next()) {
        (Some(addr), Some(target)) => epore::block_on(run(addr, target)),
        _ => Err(io::Error::other("usage: proxy ADDRESS TARGET, as in proxy 127.0.0.1:7001 127.0.0.1:7000")),
    };
    if let Err(error) = result {
        eprintln!("error: {error}");
        process::exit(1);
    }
}
