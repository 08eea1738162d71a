//! The reactor alone, with no future in sight: one thread waits for many sockets.
//!
//! A server with delays of its own, in threads of the standard library, is asked over several connections at once. The
//! answers come in the order of their delays.
//!
//! cargo run --example poll

#![forbid(unsafe_code)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use epore::reactor::{Interest, Poll};

/// How long each request asks the server to wait, in milliseconds.
const DELAYS: [u64; 5] = [250, 50, 200, 100, 150];

/// A connection, and what has come over it. Its index is its token.
struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    fn connect(server: SocketAddr, delay: u64) -> io::Result<Client> {
        let mut stream = TcpStream::connect(server)?;
        writeln!(stream, "{delay}")?;
        stream.set_nonblocking(true)?;
        Ok(Client { stream, answer: Vec::new() })
    }

    /// Reads all there is, and says whether that was the last of it.
    ///
    /// An edge is reported once, so the reading goes on until there is nothing left to read.
    fn read(&mut self) -> io::Result<bool> {
        match self.stream.read_to_end(&mut self.answer) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn main() -> io::Result<()> {
    let server = start_server()?;
    let start = Instant::now();
    let mut poll = Poll::new()?;
    let mut clients = Vec::new();
    for (id, delay) in DELAYS.into_iter().enumerate() {
        let client = Client::connect(server, delay)?;
        poll.registry().register(&client.stream, id, Interest::READABLE)?;
        clients.push(client);
    }

    let mut open = clients.len();
    let mut events = Vec::with_capacity(64);
    while open > 0 {
        poll.poll(&mut events, None)?;
        for event in &events {
            let token = event.token();
            let client = &mut clients[token.0];
            println!("{:>3} ms: {token:?} is readable", start.elapsed().as_millis());
            if client.read()? {
                println!("        it says: {}", String::from_utf8_lossy(&client.answer));
                poll.registry().deregister(&client.stream)?;
                open -= 1;
            }
        }
    }
    Ok(())
}

fn start_server() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(|| answer(stream?));
        }
    });
    Ok(addr)
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = String::new();
    BufReader::new(&stream).read_line(&mut request)?;
    let delay = request.trim_end().parse().map_err(io::Error::other)?;
    thread::sleep(Duration::from_millis(delay));
    write!(stream, "you asked me to wait for {delay} ms")
}
