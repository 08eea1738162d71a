//! A TCP proxy, as it is written for tokio.

use std::env;

use tokio::io::{self, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::spawn;

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

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    match (args.next(), args.next()) {
        (Some(addr), Some(target)) => run(addr, target).await,
        _ => Err(io::Error::other("usage: proxy ADDRESS TARGET, as in proxy 127.0.0.1:7001 127.0.0.1:7000")),
    }
}
