use std::io::{Read, Write};
use std::net::TcpStream;

use crate::harness::Job;
use crate::sys::{Epoll, Events, READABLE};
use crate::{Meter, Sample, wire};

pub fn bulk_receive(job: Job) -> Sample {
    let (epoll, mut events) = (Epoll::new(), Events::new());
    let mut stream = accept(job);
    epoll.add(&stream, 0, READABLE);
    let mut buffer = vec![0; wire::PIECE];
    let mut received = 0;
    let meter = Meter::start();
    loop {
        epoll.wait(&mut events, None);
        let length = stream.read(&mut buffer).unwrap();
        if length == 0 {
            break;
        }
        wire::check_bulk(&buffer[..length], received);
        received += length as u64;
    }
    assert_eq!(received, job.operations * wire::PIECE as u64);
    meter.stop(job.operations)
}

/// Lets the kernel wait until there is room for each piece, which no loop can better.
pub fn bulk_send(job: Job) -> Sample {
    let mut stream = accept(job);
    let buffer = wire::piece();
    let meter = Meter::start();
    for _ in 0..job.operations {
        stream.write_all(&buffer).unwrap();
    }
    meter.stop(job.operations)
}

fn accept(job: Job) -> TcpStream {
    let listener = job.listen();
    listener.set_nonblocking(false).unwrap();
    listener.accept().unwrap().0
}
