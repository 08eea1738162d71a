//! A server of plain threads, which does to its clients what a test says.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

pub struct Server {
    pub addr: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    unanswered: AtomicUsize,
    most_unanswered: AtomicUsize,
}

/// One request, of which the head has been read.
pub struct Request {
    pub path: String,
    /// How many came before.
    pub index: usize,
    head: Vec<String>,
    stream: TcpStream,
    counts: Arc<Counts>,
}

/// Serves, each connection in a thread, for as long as the test runs.
pub fn serve(answer: impl Fn(Request) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let counts = Arc::new(Counts::default());
    let answer = Arc::new(answer);
    let shared = Arc::clone(&counts);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, counts, answer) = (stream.unwrap(), Arc::clone(&shared), Arc::clone(&answer));
            let unanswered = counts.unanswered.fetch_add(1, SeqCst) + 1;
            counts.most_unanswered.fetch_max(unanswered, SeqCst);
            thread::spawn(move || answer(Request::read(stream, counts)));
        }
    });
    Server { addr, counts }
}

/// An address that refuses connections.
pub struct Refusing {
    pub addr: SocketAddr,
    /// The address belongs to a client, so that nobody can come to listen on it.
    _client: TcpStream,
}

impl Refusing {
    pub fn new() -> Refusing {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        Refusing { addr: client.local_addr().unwrap(), _client: client }
    }
}

impl Server {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub fn requests(&self) -> usize {
        self.counts.requests.load(SeqCst)
    }

    /// How many connections waited for an answer at one time, at most.
    pub fn most_at_once(&self) -> usize {
        self.counts.most_unanswered.load(SeqCst)
    }
}

impl Request {
    fn read(stream: TcpStream, counts: Arc<Counts>) -> Request {
        let lines = BufReader::new(&stream).lines().map(Result::unwrap);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let path = head[0].split(' ').nth(1).expect("a path").to_owned();
        let index = counts.requests.fetch_add(1, SeqCst);
        Request { path, index, head, stream, counts }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.iter().filter_map(|line| line.split_once(": "));
        fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// Sends some bytes and closes the connection.
    pub fn send(self, bytes: impl AsRef<[u8]>) {
        drop(self.send_and_keep(bytes));
    }

    /// Sends some bytes and leaves the connection to the caller.
    pub fn send_and_keep(mut self, bytes: impl AsRef<[u8]>) -> TcpStream {
        // A client cannot begin anything new before it has its answer, so it counts no longer.
        self.counts.unanswered.fetch_sub(1, SeqCst);
        // A client that was made to give up may be gone.
        let _gone = self.stream.write_all(bytes.as_ref());
        self.stream
    }

    /// Answers with a page, and closes the connection.
    pub fn answer(self, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        self.send([head(body.len()).as_bytes(), body].concat());
    }

    /// Answers with the path that was asked for.
    pub fn echo(self) {
        let path = self.path.clone();
        self.answer(path);
    }

    /// Answers with a status and one more line of the head.
    pub fn answer_status(self, status: &str, header: &str) {
        self.send(format!("HTTP/1.1 {status}\r\n{header}\r\nContent-Length: 0\r\n\r\n"));
    }

    /// Holds the connection until the client closes it.
    pub fn stall(self) {
        wait_for_close(self.stream);
    }
}

pub fn head(len: usize) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n")
}

pub fn wait_for_close(stream: TcpStream) {
    // An end, or a reset: the client is gone.
    let _gone = BufReader::new(stream).fill_buf();
}
