//! A line-based chat server, as it is written for tokio.

use std::env;
use std::net::SocketAddr;

use tokio::io::{self, AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::spawn;
use tokio::sync::broadcast::{self, Receiver, Sender};

/// Who said it, and what.
type Line = (SocketAddr, String);

/// What a client may miss before the oldest lines are dropped for it.
const BACKLOG: usize = 256;

async fn listen(reader: OwnedReadHalf, name: SocketAddr, room: Sender<Line>) -> io::Result<()> {
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let _nobody_listens = room.send((name, line));
    }
    Ok(())
}

async fn tell(mut writer: OwnedWriteHalf, name: SocketAddr, mut room: Receiver<Line>) -> io::Result<()> {
    loop {
        match room.recv().await {
            Ok((speaker, _)) if speaker == name => {}
            Ok((speaker, line)) => writer.write_all(format!("{speaker}: {line}\n").as_bytes()).await?,
            Err(broadcast::error::RecvError::Lagged(count)) => {
                writer.write_all(format!("({count} lines were missed)\n").as_bytes()).await?;
            }
            Err(broadcast::error::RecvError::Closed) => return Ok(()),
        }
    }
}

async fn serve(stream: TcpStream, name: SocketAddr, room: Sender<Line>) {
    let (reader, writer) = stream.into_split();
    let telling = spawn(tell(writer, name, room.subscribe()));
    if let Err(error) = listen(reader, name, room).await {
        eprintln!("{name}: {error}");
    }
    telling.abort();
}

async fn run(addr: String) -> io::Result<()> {
    let listener = TcpListener::bind(&addr).await?;
    println!("listening on {}", listener.local_addr()?);
    let (room, _) = broadcast::channel(BACKLOG);
    loop {
        match listener.accept().await {
            Ok((stream, name)) => drop(spawn(serve(stream, name, room.clone()))),
            Err(error) => eprintln!("{error}"),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    run(env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned())).await
}
