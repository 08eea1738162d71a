//! A chat room for line-based clients, as `nc` or the example `tcp_client`.
//!
//! cargo run --example chat -- 127.0.0.1:7000

#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::{env, io, process};

use epore::net::{TcpListener, TcpStream};

/// All tasks run on one thread, so they share the room without a lock. No borrow is held across an await.
type Room = Rc<RefCell<HashMap<SocketAddr, Rc<TcpStream>>>>;

/// Tells everybody else, and waits for nobody: whoever lets the buffer of their socket fill up is cut off, and leaves.
fn say(room: &Room, from: SocketAddr, line: &str) {
    let line = format!("{from} {}\n", line.trim_end());
    for (_, stream) in room.borrow().iter().filter(|&(&member, _)| member != from) {
        if stream.try_write(line.as_bytes()).ok() != Some(line.len()) {
            let _gone_already = stream.shutdown_with(Shutdown::Both);
        }
    }
}

/// Ends with the stream, or with a line that is too long to be typed: its end may never come.
async fn listen(room: &Room, stream: &TcpStream, member: SocketAddr) -> io::Result<()> {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    while text.len() < buffer.len()
        && let count @ 1.. = stream.read(&mut buffer).await?
    {
        text.extend_from_slice(&buffer[..count]);
        while let Some(end) = text.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            say(room, member, &format!("says: {}", String::from_utf8_lossy(&line)));
        }
    }
    if text.len() < buffer.len() { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

async fn join(room: Room, stream: Rc<TcpStream>, member: SocketAddr) {
    room.borrow_mut().insert(member, Rc::clone(&stream));
    say(&room, member, "has come");
    let left = listen(&room, &stream, member).await;
    room.borrow_mut().remove(&member);
    say(&room, member, &left.map_or_else(|error| format!("is lost: {error}"), |()| "has left".to_owned()));
}

async fn run(addr: String) -> io::Result<()> {
    let (listener, room) = (TcpListener::bind(addr).await?, Room::default());
    println!("listening on {}", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((stream, member)) => drop(epore::spawn(join(Rc::clone(&room), Rc::new(stream), member))),
            Err(error) => eprintln!("{error}"),
        }
    }
}

fn main() {
    let addr = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    if let Err(error) = epore::block_on(run(addr)) {
        eprintln!("error: {error}");
        process::exit(1);
    }
}
