//! Gives up on a server that is too slow, and asks again with more patience.
//!
//! cargo run --example timeout

#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use epore::net::{TcpListener, TcpStream};
use epore::time::{sleep, timeout};

/// The limit holds for all that is awaited inside. When it has passed, the connection is dropped and so closed.
async fn ask(server: SocketAddr, limit: Duration) -> io::Result<String> {
    let answer = timeout(limit, async {
        let mut answer = Vec::new();
        TcpStream::connect(server).await?.read_to_end(&mut answer).await?;
        Ok::<_, io::Error>(answer)
    });
    Ok(String::from_utf8_lossy(&answer.await??).into_owned())
}

async fn answer_slowly(stream: TcpStream) -> io::Result<()> {
    sleep(Duration::from_millis(200)).await;
    stream.write_all(b"good things take time").await
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        epore::spawn(answer_slowly(stream));
    }
}

fn main() -> io::Result<()> {
    epore::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = listener.local_addr()?;
        epore::spawn(serve(listener));
        for limit in [Duration::from_millis(20), Duration::from_secs(20)] {
            match ask(server, limit).await {
                Err(error) if error.kind() == io::ErrorKind::TimedOut => println!("within {limit:?}: {error}"),
                answer => println!("within {limit:?}: {}", answer?),
            }
        }
        Ok(())
    })
}
