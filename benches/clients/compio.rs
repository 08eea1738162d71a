use compio::BufResult;
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::TcpStream;

fn main() -> std::io::Result<()> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8080));
    compio::runtime::Runtime::new()?.block_on(async move {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"hello").await.0?;
        let BufResult(count, buffer) = stream.read(vec![0; 64]).await;
        println!("{:?}", &buffer[..count?]);
        Ok(())
    })
}
