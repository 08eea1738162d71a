//! Connected pairs: the runtime's side and a blocking peer.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use epore::net::TcpStream;

/// A stream, not registered yet, and its peer.
pub fn pair() -> io::Result<(TcpStream, std::net::TcpStream)> {
    let (stream, peer) = std_pair()?;
    Ok((TcpStream::from_std(stream)?, peer))
}

/// A stream that has been registered with the runtime, and its peer.
pub async fn registered_pair() -> io::Result<(TcpStream, std::net::TcpStream)> {
    let (stream, peer) = pair()?;
    stream.writable().await?;
    Ok((stream, peer))
}

pub fn std_pair() -> io::Result<(std::net::TcpStream, std::net::TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let peer = std::net::TcpStream::connect(listener.local_addr()?)?;
    Ok((listener.accept()?.0, peer))
}

/// An address that refuses connections for as long as the streams are held: one of them owns its port.
pub fn closed_addr() -> io::Result<(SocketAddr, impl Sized)> {
    let (stream, peer) = std_pair()?;
    Ok((peer.local_addr()?, (stream, peer)))
}

/// Closes a stream so that its peer gets a reset.
pub fn reset(stream: std::net::TcpStream) -> io::Result<()> {
    TcpStream::from_std(stream)?.set_linger(Some(Duration::ZERO))
}

/// Writes until there is no more room, and says how many bytes that were.
pub fn fill(stream: &TcpStream) -> io::Result<usize> {
    let mut total = 0;
    loop {
        match stream.try_write(&[b'.'; 64 * 1024]) {
            Ok(count) => total += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}

/// Bytes that tell where in a long stream they stand.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|place| (place ^ (place >> 8) ^ (place >> 16)) as u8).collect()
}
