//! Sends its input to a server, line by line, and prints what comes back.
//!
//! cargo run --example tcp_client -- 127.0.0.1:7000

#![forbid(unsafe_code)]

use std::io::{self, BufRead, Write};
use std::{env, process};

use epore::net::TcpStream;
use epore::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Reading the input blocks, so it is done on another thread. An empty line, without even an end, is the end of it.
async fn read_line() -> io::Result<Vec<u8>> {
    let read = || {
        let mut line = Vec::new();
        io::stdin().lock().read_until(b'\n', &mut line).map(|_| line)
    };
    epore::spawn_blocking(read).await?
}

async fn send_input(server: OwnedWriteHalf) -> io::Result<()> {
    loop {
        let line = read_line().await?;
        if line.is_empty() {
            return server.shutdown().await;
        }
        server.write_all(&line).await?;
    }
}

async fn print_output(server: OwnedReadHalf) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = server.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let mut output = io::stdout().lock();
        output.write_all(&buffer[..count])?;
        output.flush()?;
    }
}

async fn run(addr: String) -> io::Result<()> {
    let (reader, writer) = TcpStream::connect(addr).await?.into_split();
    let sending = epore::spawn(send_input(writer));
    print_output(reader).await?;
    // The server has hung up. If there is still input to wait for, nobody is left to send it to.
    if sending.is_finished() { sending.await? } else { Ok(()) }
}

fn main() {
    let result = match env::args().nth(1) {
        Some(addr) => epore::block_on(run(addr)),
        None => Err(io::Error::other("say where to connect to: tcp_client HOST:PORT")),
    };
    if let Err(error) = result {
        eprintln!("error: {error}");
        process::exit(1);
    }
}
