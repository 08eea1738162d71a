use epore::net::UdpSocket;
use epore::net::udp::{Outgoing, RecvBatch};

use crate::harness::Job;
use crate::{Meter, Sample, wire};

/// As `udp_send`, with a window a call.
pub fn udp_send_batch(job: Job) -> Sample {
    send(job, async |socket, window| {
        let datagrams: Vec<Outgoing> = window.chunks(wire::DATAGRAM).map(Outgoing::new).collect();
        let mut left = &datagrams[..];
        while !left.is_empty() {
            left = &left[socket.send_batch(left).await.unwrap()..];
        }
    })
}

/// As `udp_send`, with a window in one buffer.
pub fn udp_send_gso(job: Job) -> Sample {
    send(job, async |socket, window| {
        let whole = Outgoing::new(window).segment_size(wire::DATAGRAM as u16);
        assert_eq!(socket.send_batch(&[whole]).await.unwrap(), 1);
    })
}

/// As `udp_receive`, with up to a window a call.
pub fn udp_receive_batch(job: Job) -> Sample {
    receive(job, RecvBatch::new(wire::WINDOW, 2 * wire::DATAGRAM), false)
}

/// As `udp_receive`, with what has come together in one buffer.
pub fn udp_receive_gro(job: Job) -> Sample {
    receive(job, RecvBatch::new(2, u16::MAX.into()), true)
}

fn send(job: Job, send: impl AsyncFn(&UdpSocket, &[u8]) + 'static) -> Sample {
    let (socket, address) = (job.sender(), job.address());
    in_epore(async move {
        let socket = UdpSocket::from_std(socket).unwrap();
        socket.connect(address).await.unwrap();
        let (mut window, mut answer) = (vec![0; wire::WINDOW * wire::DATAGRAM], [0; 16]);
        let mut sent = 0;
        let meter = Meter::start();
        for _ in 0..job.windows() {
            for datagram in window.chunks_mut(wire::DATAGRAM) {
                wire::write_datagram(datagram, sent);
                sent += 1;
            }
            send(&socket, &window).await;
            let length = socket.recv(&mut answer).await.unwrap();
            wire::check_answer(&answer[..length], sent);
        }
        meter.stop(sent)
    })
}

fn receive(job: Job, mut batch: RecvBatch, gathers: bool) -> Sample {
    let socket = job.receiver();
    in_epore(async move {
        let socket = UdpSocket::from_std(socket).unwrap();
        socket.set_gro(gathers).unwrap();
        let window = wire::WINDOW as u64;
        let total = job.windows() * window;
        let mut received = 0;
        let meter = Meter::start();
        while received < total {
            socket.recv_batch(&mut batch).await.unwrap();
            for piece in &batch {
                for datagram in piece.segments() {
                    wire::check_datagram(datagram, received);
                    received += 1;
                }
                if received % window == 0 {
                    socket.send_to(&wire::answer(received), piece.from()).await.unwrap();
                }
            }
        }
        meter.stop(received)
    })
}

fn in_epore(work: impl Future<Output = Sample> + 'static) -> Sample {
    epore::block_on(async { epore::spawn(work).await.unwrap() })
}
