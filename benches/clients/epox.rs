use std::io::{Read, Write};
use std::net::TcpStream;

use epox::{EpollFlags, Fd};

fn main() -> std::io::Result<()> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8080));
    epox::block_on(async move {
        let stream = TcpStream::connect(address)?;
        let mut stream = Fd::new(stream, EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT)?;
        stream.with_mut(|stream, _| stream.write_all(b"hello")).await?;
        let mut buffer = [0; 64];
        let count = stream.with_mut(|stream, _| stream.read(&mut buffer)).await?;
        println!("{:?}", &buffer[..count]);
        Ok(())
    })
}
