use futures_lite::io::{AsyncReadExt, AsyncWriteExt};
use glommio::net::TcpStream;

fn main() -> std::io::Result<()> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8080));
    glommio::LocalExecutor::default().run(async move {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"hello").await?;
        let mut buffer = [0; 64];
        let count = stream.read(&mut buffer).await?;
        println!("{:?}", &buffer[..count]);
        Ok(())
    })
}
