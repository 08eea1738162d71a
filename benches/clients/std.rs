use std::io::{Read, Write};
use std::net::TcpStream;

fn main() -> std::io::Result<()> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8080));
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"hello")?;
    let mut buffer = [0; 64];
    let count = stream.read(&mut buffer)?;
    println!("{:?}", &buffer[..count]);
    Ok(())
}
