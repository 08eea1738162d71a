//! A connected socket and what is remembered of its readiness: bytes arrive in order and once, an end comes after them, and
//! nothing that is there is waited for.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use epore::net::UnixStream;
use epore::time::sleep;

use super::Program;

/// The bytes of one direction that were sent and not received.
#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    sent: u8,
    ended: bool,
}

impl Pipe {
    /// The next bytes to be sent, which count up.
    fn next(&self, count: usize) -> Vec<u8> {
        (0..count).map(|at| self.sent.wrapping_add(at as u8)).collect()
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.sent = self.sent.wrapping_add(bytes.len() as u8);
    }

    fn is_readable(&self) -> bool {
        self.ended || !self.bytes.is_empty()
    }

    /// Checks what a read of up to `room` bytes gave. `known` is whether the reader must know of all that is there.
    fn check_read(&self, read: &io::Result<usize>, buffer: &[u8], known: bool) -> usize {
        match read {
            Ok(0) => assert!(buffer.is_empty() || self.bytes.is_empty() && self.ended, "an end that is none"),
            Ok(count) => assert!(self.bytes.iter().take(*count).eq(&buffer[..*count]), "other bytes"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                assert!(!known || !self.is_readable(), "what is there is waited for");
            }
        }
        *read.as_ref().unwrap_or(&0)
    }
}

#[derive(Default)]
struct Counted(AtomicUsize);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

struct Both {
    stream: UnixStream,
    peer: net::UnixStream,
    incoming: Pipe,
    outgoing: Pipe,
    /// Whether the reactor watches the socket, as it does from the first wait on.
    watched: bool,
    /// Whether the runtime has looked at the reactor since the peer last did something.
    looked: bool,
    /// A reader that waits.
    waiting: Option<Arc<Counted>>,
}

fn would_block(polled: Poll<io::Result<usize>>) -> io::Result<usize> {
    match polled {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

impl Both {
    fn read(&mut self, kind: usize, room: usize) {
        let mut buffer = vec![0; room];
        let counted = Arc::new(Counted::default());
        let waker = Waker::from(counted.clone());
        let mut cx = Context::from_waker(&waker);
        let read = match kind {
            0 => self.stream.try_read(&mut buffer),
            _ => would_block(self.stream.poll_read(&mut cx, &mut buffer)),
        };
        let count = self.incoming.check_read(&read, &buffer, self.looked);
        self.incoming.bytes.drain(..count);
        if kind != 0 {
            self.watched |= read.is_err();
            self.waiting = read.is_err().then_some(counted);
        }
    }

    fn peer_writes(&mut self, count: usize) {
        if !self.incoming.ended {
            let bytes = self.incoming.next(count);
            let count = self.peer.write(&bytes).unwrap_or(0);
            self.incoming.push(&bytes[..count]);
            self.looked = false;
        }
    }

    fn write(&mut self, count: usize) {
        if self.outgoing.ended {
            return;
        }
        let bytes = self.outgoing.next(count);
        match self.stream.try_write(&bytes) {
            Ok(count) => self.outgoing.push(&bytes[..count]),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                assert!(!self.looked || !self.outgoing.bytes.is_empty(), "there is room");
            }
        }
    }

    fn peer_reads(&mut self, room: usize) {
        let mut buffer = vec![0; room];
        let read = self.peer.read(&mut buffer);
        let count = self.outgoing.check_read(&read, &buffer, true);
        self.outgoing.bytes.drain(..count);
        self.looked = false;
    }

    /// The runtime looks at the reactor, and all that is there is known; whoever waits for it is woken.
    async fn look(&mut self) {
        sleep(Duration::ZERO).await;
        self.looked = self.watched;
        if self.incoming.is_readable()
            && let Some(counted) = self.waiting.take()
        {
            assert!(counted.0.load(Relaxed) > 0, "a wake-up is lost");
        }
    }

    async fn step(&mut self, command: usize, argument: usize) -> io::Result<()> {
        match command % 10 {
            kind @ 0..2 => self.read(kind, argument),
            2 => self.read(1, 64 * argument),
            3 => self.peer_writes(argument.max(1)),
            4 => self.write(argument.max(1)),
            5 => self.write(1024 * (argument + 1)),
            6 => self.peer_reads(1024 * argument),
            7 => self.look().await,
            8 if argument.is_multiple_of(8) => {
                self.peer.shutdown(Shutdown::Write)?;
                (self.incoming.ended, self.looked) = (true, false);
            }
            9 if argument.is_multiple_of(8) => {
                self.stream.shutdown_with(Shutdown::Write)?;
                self.outgoing.ended = true;
            }
            8 => {
                let mut buffer = vec![0; argument];
                self.look().await;
                let peeked = self.peek(&mut buffer);
                self.incoming.check_read(&peeked, &buffer, self.looked);
                self.watched |= peeked.is_err();
            }
            _ => {
                self.look().await;
                // The first call begins the watch, and the next look learns of what was there before.
                let is_ready =
                    |stream: &UnixStream| stream.poll_read_ready(&mut Context::from_waker(Waker::noop())).is_ready();
                if !is_ready(&self.stream) {
                    self.watched = true;
                    self.look().await;
                    assert!(is_ready(&self.stream) || !self.incoming.is_readable(), "what is there is not reported");
                }
                self.waiting = None;
            }
        }
        Ok(())
    }

    fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut peek = std::pin::pin!(self.stream.peek(buffer));
        would_block(peek.as_mut().poll(&mut Context::from_waker(Waker::noop())))
    }
}

pub fn run(program: &[u8]) {
    let mut program = Program::new(program);
    let result = epore::block_on(async {
        let (stream, peer) = net::UnixStream::pair()?;
        let stream = UnixStream::from_std(stream)?;
        peer.set_nonblocking(true)?;
        let (incoming, outgoing) = (Pipe::default(), Pipe::default());
        let mut both = Both { stream, peer, incoming, outgoing, watched: false, looked: false, waiting: None };
        while let Some(command) = program.next() {
            let argument = program.below(256);
            both.step(command, argument).await?;
        }
        // All that is left comes.
        both.look().await;
        while !both.incoming.bytes.is_empty() {
            both.read(0, 1 << 20);
            both.look().await;
        }
        while !both.outgoing.bytes.is_empty() {
            both.peer_reads(1 << 20);
        }
        io::Result::Ok(())
    });
    result.unwrap();
}
