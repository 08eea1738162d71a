#![forbid(unsafe_code)]

use std::io::{self, Read};
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use epore::net::{TcpListener, TcpStream, lookup_host};
use epore::time::{sleep, timeout};
use epore::{Runtime, block_on};

use crate::support::PATIENCE;
use crate::support::tcp::pair;

fn is_send<T: Send>(_: &T) {}

/// A name that was to be looked up made them stay on one thread.
#[test]
fn the_futures_that_make_sockets_are_send() {
    let addr = SocketAddr::from(([127, 0, 0, 1], 80));
    is_send(&TcpStream::connect(addr));
    is_send(&TcpStream::connect("localhost:80"));
    is_send(&TcpStream::connect(String::from("localhost:80")));
    is_send(&TcpStream::connect(("localhost", 80)));
    is_send(&TcpStream::connect([addr].as_slice()));
    is_send(&timeout(Duration::ZERO, TcpStream::connect("localhost:80")));
    is_send(&TcpListener::bind(addr));
    is_send(&TcpListener::bind("localhost:0"));
    is_send(&TcpListener::bind(String::from("localhost:0")));
    is_send(&lookup_host(addr));
    is_send(&lookup_host("localhost:80"));
    is_send(&lookup_host(String::from("localhost:80")));
}

/// Sockets can be used in what is spawned on a runtime from another thread.
#[test]
fn the_futures_that_use_sockets_are_send() -> io::Result<()> {
    let (stream, _peer) = pair()?;
    let listener = TcpListener::from_std(std::net::TcpListener::bind("127.0.0.1:0")?)?;
    is_send(&listener.accept());
    is_send(&stream.read(&mut [0; 1]));
    is_send(&stream.read_exact(&mut [0; 1]));
    is_send(&stream.read_to_end(&mut Vec::new()));
    is_send(&stream.peek(&mut [0; 1]));
    is_send(&stream.readable());
    is_send(&stream.write(b"x"));
    is_send(&stream.write_all(b"x"));
    is_send(&stream.writable());
    is_send(&sleep(Duration::ZERO));
    let (reader, writer) = stream.into_split();
    is_send(&reader.read_to_end(&mut Vec::new()));
    is_send(&writer.write_all(b"x"));
    Ok(())
}

/// A future that connects could not be given to another thread's runtime.
#[test]
fn a_future_that_connects_is_spawned_from_another_thread() -> io::Result<()> {
    let listener = std::net::TcpListener::bind("localhost:0")?;
    let addr = format!("localhost:{}", listener.local_addr()?.port());
    let (runtime, text) = (Runtime::new()?, "from afar");
    let handle = runtime.handle();
    let spawned = thread::spawn(move || {
        block_on(handle.spawn(async move {
            let stream = timeout(PATIENCE, TcpStream::connect(addr)).await??;
            stream.write_all(text.as_bytes()).await
        }))
    });
    runtime.block_on(async {
        while !spawned.is_finished() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    spawned.join().unwrap().unwrap()?;
    let mut received = String::new();
    listener.accept()?.0.read_to_string(&mut received)?;
    assert_eq!(received, text);
    Ok(())
}
