use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use crate::floor::connection::Connection;
use crate::floor::http::HttpConnection;
use crate::harness::Job;
use crate::sys::{self, Epoll, Events, READABLE};
use crate::{Meter, Sample};

const LISTENER: u64 = u64::MAX;

pub fn echo(job: Job) -> Sample {
    let mut server = Server::<Connection>::new(job);
    while server.turn().accepted < job.scale {}
    let meter = Meter::start();
    while server.turn().closed < job.scale {}
    assert_eq!(server.sockets.messages, job.operations);
    meter.stop(job.operations)
}

pub fn churn_server(job: Job) -> Sample {
    let mut server = Server::<Connection>::new(job);
    let meter = Meter::start();
    while server.turn().closed < job.operations {}
    assert_eq!(server.sockets.messages, job.operations);
    meter.stop(job.operations)
}

pub fn idle_connections(job: Job) -> Sample {
    let mut server = Server::<Connection>::new(job);
    let (meter, before) = (Meter::start(), sys::resident_bytes());
    while server.turn().messages < job.scale {}
    meter.stop(job.scale).with_value((sys::resident_bytes() - before) as f64 / job.scale as f64)
}

/// Answers requests of HTTP, until all connections are closed again.
pub fn hyper(job: Job) -> Sample {
    let mut server = Server::<HttpConnection>::new(job);
    while server.turn().messages == 0 {}
    let meter = Meter::start();
    let before = server.sockets.messages;
    while server.turn().is_open() {}
    assert!(job.operations == 0 || server.sockets.messages == job.operations, "a request was lost");
    meter.stop(server.sockets.messages - before)
}

/// A connection whose messages are answered.
pub trait Answers {
    fn new(stream: TcpStream) -> Self;

    /// Answers the message that has come. Whether there was one: at the end there is none.
    fn answer(&mut self) -> bool;
}

/// A listener and its connections, and what waits for them.
struct Server<C> {
    epoll: Epoll,
    events: Events,
    sockets: Sockets<C>,
}

impl<C: Answers> Server<C> {
    fn new(job: Job) -> Server<C> {
        let (epoll, listener) = (Epoll::new(), job.listen());
        epoll.add(&listener, LISTENER, READABLE);
        let sockets = Sockets { listener, connections: Vec::new(), accepted: 0, closed: 0, messages: 0 };
        Server { epoll, events: Events::new(), sockets }
    }

    /// Waits once, and does what there is to do.
    fn turn(&mut self) -> &Sockets<C> {
        let Server { epoll, events, sockets } = self;
        epoll.wait(events, None);
        for token in events.tokens() {
            if token == LISTENER {
                sockets.accept(epoll);
            } else {
                sockets.serve(token as usize);
            }
        }
        sockets
    }
}

struct Sockets<C> {
    listener: TcpListener,
    /// Each at the place of its descriptor.
    connections: Vec<Option<C>>,
    accepted: u64,
    closed: u64,
    messages: u64,
}

impl<C: Answers> Sockets<C> {
    fn is_open(&self) -> bool {
        self.accepted > self.closed
    }

    /// Accepts one connection: if there are more, the listener is ready again.
    fn accept(&mut self, epoll: &Epoll) {
        let (stream, _) = self.listener.accept().unwrap();
        let place = stream.as_raw_fd() as usize;
        epoll.add(&stream, place as u64, READABLE);
        if place >= self.connections.len() {
            self.connections.resize_with(place + 1, || None);
        }
        self.connections[place] = Some(C::new(stream));
        self.accepted += 1;
    }

    fn serve(&mut self, place: usize) {
        let connection = self.connections[place].as_mut().expect("it is there until it is closed");
        if connection.answer() {
            self.messages += 1;
        } else {
            self.connections[place] = None;
            self.closed += 1;
        }
    }
}
