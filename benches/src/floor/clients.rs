use std::net::TcpStream;

use crate::floor::connection::Connection;
use crate::floor::server::Answers;
use crate::harness::Job;
use crate::sys::{Epoll, Events, READABLE};
use crate::{Meter, Sample};

pub fn client(job: Job) -> Sample {
    let (epoll, mut events) = (Epoll::new(), Events::new());
    let rounds = (job.operations / job.scale).max(1);
    let mut connections: Vec<Connection> = (0..job.scale).map(|number| connect(job, &epoll, number)).collect();
    let meter = Meter::start();
    for (number, connection) in connections.iter_mut().enumerate() {
        connection.send(number as u64);
    }
    let mut finished = 0;
    while finished < job.scale {
        epoll.wait(&mut events, None);
        for token in events.tokens() {
            let connection = &mut connections[token as usize];
            if connection.receive(token) < rounds {
                connection.send(token);
            } else {
                finished += 1;
            }
        }
    }
    meter.stop(rounds * job.scale)
}

pub fn churn_client(job: Job) -> Sample {
    let (epoll, mut events) = (Epoll::new(), Events::new());
    let total = (job.operations / job.scale).max(1) * job.scale;
    let open = |number| {
        let mut connection = connect(job, &epoll, number);
        connection.send(number);
        connection
    };
    let meter = Meter::start();
    let mut connections: Vec<Option<Connection>> = (0..job.scale).map(|number| Some(open(number))).collect();
    let (mut opened, mut finished) = (job.scale, 0);
    while finished < total {
        epoll.wait(&mut events, None);
        for token in events.tokens() {
            let place = &mut connections[token as usize];
            place.take().expect("it is there until it is closed").receive(token);
            finished += 1;
            if opened < total {
                *place = Some(open(token));
                opened += 1;
            }
        }
    }
    meter.stop(total)
}

/// Connects without waiting, which on the loopback device takes no time.
fn connect(job: Job, epoll: &Epoll, token: u64) -> Connection {
    let stream = TcpStream::connect(job.address()).unwrap();
    epoll.add(&stream, token, READABLE);
    Connection::new(stream)
}
