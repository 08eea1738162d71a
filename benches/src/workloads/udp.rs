use crate::harness::Job;
use crate::{Meter, Runtime, Sample, in_task, wire};

/// Sends datagrams of 1,200 bytes, and waits for the answer to each window. An operation is a datagram.
pub fn udp_send<R: Runtime>(job: Job) -> Sample {
    let (socket, address) = (job.sender(), job.address());
    in_task(&mut R::new(), async move {
        let mut socket = R::socket(socket);
        let (mut datagram, mut answer) = (vec![0; wire::DATAGRAM], vec![0; wire::DATAGRAM]);
        let mut sent = 0;
        let meter = Meter::start();
        for _ in 0..job.windows() {
            for _ in 0..wire::WINDOW {
                wire::write_datagram(&mut datagram, sent);
                assert_eq!(R::send_to(&mut socket, &mut datagram, address).await.unwrap(), wire::DATAGRAM);
                sent += 1;
            }
            let (length, _) = R::recv_from(&mut socket, &mut answer).await.unwrap();
            wire::check_answer(&answer[..length], sent);
        }
        meter.stop(sent)
    })
}

/// Receives datagrams of 1,200 bytes, and answers each window. An operation is a datagram.
pub fn udp_receive<R: Runtime>(job: Job) -> Sample {
    let socket = job.receiver();
    in_task(&mut R::new(), async move {
        let mut socket = R::socket(socket);
        let mut datagram = vec![0; 2 * wire::DATAGRAM];
        let mut received = 0;
        let meter = Meter::start();
        for _ in 0..job.windows() {
            let mut last = None;
            for _ in 0..wire::WINDOW {
                let (length, sender) = R::recv_from(&mut socket, &mut datagram).await.unwrap();
                wire::check_datagram(&datagram[..length], received);
                received += 1;
                last = Some(sender);
            }
            let sender = last.expect("a window is not empty");
            R::send_to(&mut socket, &mut wire::answer(received).to_vec(), sender).await.unwrap();
        }
        meter.stop(received)
    })
}
