use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::TcpStream;

fn main() -> std::io::Result<()> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8080));
    let mut runtime = monoio::RuntimeBuilder::<monoio::LegacyDriver>::new().build()?;
    runtime.block_on(async move {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"hello").await.0?;
        let (count, buffer) = stream.read(vec![0; 64]).await;
        println!("{:?}", &buffer[..count?]);
        Ok(())
    })
}
