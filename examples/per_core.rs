//! A server with one runtime per core, all of them on one port: the way up when one thread is not enough.
//!
//! cargo run --release --example per_core -- 127.0.0.1:7000
//!
//! The sockets share the port (`SO_REUSEPORT`), and the kernel deals the connections out among them. Nothing else is shared:
//! no queue, no lock, no task that moves. (A second instance shares the port too, if the same user starts it.) It tells each client which core serves it, and then sends back what it receives.

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::{env, io, thread};

use epore::net::{TcpListener, TcpSocket, TcpStream};

/// A socket of its own for each core, with its own queue of connections.
fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(addr)?;
    // As many may wait as the system allows.
    socket.listen(u32::MAX)
}

async fn echo(stream: TcpStream, core: usize) -> io::Result<()> {
    stream.write_all(format!("core {core}\n").as_bytes()).await?;
    epore::io::copy(&stream, &stream).await.map(drop)
}

async fn serve(listener: TcpListener, core: usize) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => drop(epore::spawn(async move {
                if let Err(error) = echo(stream, core).await {
                    eprintln!("{peer}: {error}");
                }
            })),
            Err(error) => eprintln!("core {core}: {error}"),
        }
    }
}

fn run() -> io::Result<()> {
    let addr = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let addr = addr.parse().map_err(|_| io::Error::other(format!("`{addr}` is not an address like 127.0.0.1:7000")))?;
    let mut listeners = vec![listen(addr)?];
    let addr = listeners[0].local_addr()?;
    for _ in 1..thread::available_parallelism()?.get() {
        listeners.push(listen(addr)?);
    }
    println!("listening on {addr}");
    thread::scope(|scope| {
        for (core, listener) in listeners.into_iter().enumerate() {
            scope.spawn(move || epore::block_on(serve(listener, core)));
        }
    });
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
