use std::io::ErrorKind;
use std::net::UdpSocket;

use crate::harness::Job;
use crate::sys::{self, Batch, Epoll, Events, READABLE};
use crate::{Meter, Sample, wire};

pub fn udp_send(job: Job) -> Sample {
    let address = job.address();
    let mut datagram = [0; wire::DATAGRAM];
    send(job, |socket, first| {
        for number in first..first + wire::WINDOW as u64 {
            wire::write_datagram(&mut datagram, number);
            assert_eq!(socket.send_to(&datagram, address).unwrap(), wire::DATAGRAM);
        }
    })
}

pub fn udp_send_batch(job: Job) -> Sample {
    let mut batch = Batch::new(wire::WINDOW, wire::DATAGRAM);
    send(job, |socket, first| {
        for (datagram, number) in batch.buffers().zip(first..) {
            wire::write_datagram(datagram, number);
        }
        sys::send_batch(socket, &mut batch);
    })
}

pub fn udp_send_gso(job: Job) -> Sample {
    let mut window = vec![0; wire::WINDOW * wire::DATAGRAM];
    send(job, |socket, first| {
        for (datagram, number) in window.chunks_mut(wire::DATAGRAM).zip(first..) {
            wire::write_datagram(datagram, number);
        }
        if first == 0 {
            sys::cut(socket, wire::DATAGRAM);
        }
        assert_eq!(socket.send(&window).unwrap(), window.len());
    })
}

/// Sends windows, of which each begins with the datagram of the number that is given, and waits for the answers.
fn send(job: Job, mut send_window: impl FnMut(&UdpSocket, u64)) -> Sample {
    let (epoll, mut events) = (Epoll::new(), Events::new());
    let (socket, mut answer) = (job.sender(), [0; 16]);
    socket.connect(job.address()).unwrap();
    epoll.add(&socket, 0, READABLE);
    let mut sent = 0;
    let meter = Meter::start();
    for _ in 0..job.windows() {
        send_window(&socket, sent);
        sent += wire::WINDOW as u64;
        epoll.wait(&mut events, None);
        let length = socket.recv(&mut answer).unwrap();
        wire::check_answer(&answer[..length], sent);
    }
    meter.stop(sent)
}

/// Receives until there is nothing left, then waits.
pub fn udp_receive(job: Job) -> Sample {
    let mut datagram = [0; 2 * wire::DATAGRAM];
    receive(job, |socket, received| {
        loop {
            match socket.recv_from(&mut datagram) {
                Ok((length, _)) => received.take(&datagram[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("recv: {error}"),
            }
        }
    })
}

/// A level-triggered wait returns at once if there is more than the batch could take.
pub fn udp_receive_batch(job: Job) -> Sample {
    let mut batch = Batch::new(wire::WINDOW, 2 * wire::DATAGRAM);
    receive(job, |socket, received| {
        let count = sys::receive_batch(socket, &mut batch);
        batch.received(count).for_each(|datagram| received.take(datagram));
    })
}

pub fn udp_receive_gro(job: Job) -> Sample {
    let mut buffer = vec![0; u16::MAX.into()];
    receive(job, |socket, received| {
        if received.count == 0 {
            sys::gather(socket);
        }
        let length = socket.recv(&mut buffer).unwrap();
        buffer[..length].chunks(wire::DATAGRAM).for_each(|datagram| received.take(datagram));
    })
}

/// The datagrams that have come.
struct Received {
    count: u64,
}

impl Received {
    fn take(&mut self, datagram: &[u8]) {
        wire::check_datagram(datagram, self.count);
        self.count += 1;
    }
}

fn receive(job: Job, mut receive_some: impl FnMut(&UdpSocket, &mut Received)) -> Sample {
    let (epoll, mut events) = (Epoll::new(), Events::new());
    let socket = job.receiver();
    // The first datagram, which says who sends, stays for the loop.
    socket.set_nonblocking(false).unwrap();
    let (_, sender) = socket.peek_from(&mut [0; 1]).unwrap();
    socket.connect(sender).unwrap();
    socket.set_nonblocking(true).unwrap();
    epoll.add(&socket, 0, READABLE);
    let (mut received, total) = (Received { count: 0 }, job.windows() * wire::WINDOW as u64);
    let meter = Meter::start();
    while received.count < total {
        epoll.wait(&mut events, None);
        receive_some(&socket, &mut received);
        if received.count.is_multiple_of(wire::WINDOW as u64) {
            socket.send(&wire::answer(received.count)).unwrap();
        }
    }
    meter.stop(total)
}
