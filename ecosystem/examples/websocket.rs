//! WebSockets by async-tungstenite: a server that echoes, and a client that talks to it.
//!
//! ```text
//! cargo run -p epore-ecosystem --example websocket                            # both, on one thread
//! cargo run -p epore-ecosystem --example websocket -- --serve 127.0.0.1:9001  # the server alone
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use async_tungstenite::tungstenite::{self, Message};
use async_tungstenite::{accept_async, client_async};
use epore::net::{TcpListener, TcpStream};
use futures::StreamExt;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match epore::block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let mut args = env::args().skip(1);
    match args.next().as_deref() {
        Some("--serve") => {
            let listener = TcpListener::bind(args.next().as_deref().unwrap_or("127.0.0.1:0")).await?;
            println!("listening on {}", listener.local_addr()?);
            serve(listener).await
        }
        Some(other) => Err(format!("`{other}` is not understood: give nothing, or --serve ADDRESS").into()),
        None => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let address = listener.local_addr()?;
            let server = epore::spawn(serve(listener));
            talk(address).await?;
            server.abort();
            Ok(())
        }
    }
}

async fn serve(listener: TcpListener) -> ! {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => drop(epore::spawn(client(stream, peer))),
            // Descriptors have run out, say. The clients that are served now will give some back.
            Err(error) => eprintln!("{error}"),
        }
    }
}

async fn client(stream: TcpStream, peer: SocketAddr) {
    if let Err(error) = echo(stream).await {
        eprintln!("{peer}: {error}");
    }
}

/// Sends back each message as it came. Pings are answered by the library.
async fn echo(stream: TcpStream) -> tungstenite::Result<()> {
    let mut socket = accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        match message? {
            message @ (Message::Text(_) | Message::Binary(_)) => socket.send(message).await?,
            // The answer to a close goes out with the last look for a message.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
    }
    Ok(())
}

async fn talk(address: SocketAddr) -> Result<()> {
    let stream = TcpStream::connect(address).await?;
    let (mut socket, response) = client_async(format!("ws://{address}/"), stream).await?;
    println!("the server answers {}", response.status());
    for text in ["good morning", "how are you?", "good night"] {
        socket.send(Message::text(text)).await?;
        let echo = socket.next().await.ok_or("the server has left")??;
        println!("it says: {echo}");
    }
    let large = vec![7; 1 << 20];
    socket.send(Message::binary(large.clone())).await?;
    let echo = socket.next().await.ok_or("the server has left")??;
    println!("a message of a MiB came back {}", if echo.into_data() == large { "whole" } else { "damaged" });
    socket.close(None).await?;
    while let Some(message) = socket.next().await {
        if message?.is_close() {
            println!("the server closed in turn");
        }
    }
    Ok(())
}
