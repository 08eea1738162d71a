//! A UDP echo server, as it is written for tokio.

use std::env;

use tokio::io;
use tokio::net::UdpSocket;

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

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    run(env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned())).await
}
