//! The addresses of a host race, as RFC 8305 would have them.

mod support;

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::time::{Duration, Instant};

use epore::Builder;
use epore::net::lookup_host;
use epore::time::{now, sleep, timeout};
use support::black_hole::BlackHole;
use support::child::in_own_process;
use support::polls::{drop_at, poll_once, run};
use support::{PATIENCE, in_time, open_descriptors};

/// With it, nothing is tried that has to wait for its time.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// As short a delay as there may be.
const MOMENT: Duration = Duration::from_millis(10);

/// A network of no use for TCP, to which connecting fails before a packet is sent.
const UNREACHABLE: &str = "255.255.255.255:1";

fn run_with_delay<F: Future>(delay: Duration, future: F) -> F::Output {
    let _storm = storm::begin();
    let runtime = Builder::new().connect_attempt_delay(delay).build().unwrap();
    runtime.block_on(timeout(PATIENCE, future)).expect("the test has hung")
}

async fn connect(addrs: &[SocketAddr]) -> io::Result<epore::net::TcpStream> {
    epore::net::TcpStream::connect(addrs).await
}

/// An address that refuses, for as long as the streams are held.
fn closed_addr(ip: &str) -> io::Result<(SocketAddr, impl Sized)> {
    let listener = TcpListener::bind(ip)?;
    let stream = TcpStream::connect(listener.local_addr()?)?;
    Ok((stream.local_addr()?, (listener.accept()?, stream)))
}

/// The race is one with the network, which does not stop when a test stops the clock.
#[test]
fn a_paused_clock_does_not_stop_the_race() -> io::Result<()> {
    let (silent, listener) = (BlackHole::new()?, TcpListener::bind("127.0.0.1:0")?);
    let addrs = [silent.addr, listener.local_addr()?];
    for auto_advance in [false, true] {
        let builder = Builder::new().connect_attempt_delay(MOMENT).start_paused(true).auto_advance(auto_advance);
        in_time("the race", move || {
            builder.build()?.block_on(async {
                let before = now();
                assert_eq!(connect(&addrs).await?.peer_addr()?, addrs[1]);
                assert_eq!(now(), before);
                io::Result::Ok(())
            })
        })?;
    }
    Ok(())
}

#[test]
fn when_an_address_refuses_the_next_is_tried_at_once() -> io::Result<()> {
    let ((first, _owner), (second, _other)) = (closed_addr("127.0.0.1:0")?, closed_addr("[::1]:0")?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    for delay in [HOUR, Duration::MAX] {
        let stream = run_with_delay(delay, connect(&[first, second, UNREACHABLE.parse().unwrap(), addr]))?;
        assert_eq!(stream.peer_addr()?, addr);
    }
    Ok(())
}

#[test]
fn when_an_address_is_silent_the_next_is_tried_after_the_delay_and_wins() {
    in_own_process("when_an_address_is_silent_the_next_is_tried_after_the_delay_and_wins", || {
        let hole = BlackHole::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        run(async {
            let (descriptors, began) = (open_descriptors().len(), Instant::now());
            let stream = connect(&[hole.addr, addr]).await.unwrap();
            assert!(began.elapsed() >= Duration::from_millis(250), "{:?}", began.elapsed());
            assert_eq!(stream.peer_addr().unwrap(), addr);
            assert_eq!(open_descriptors().len(), descriptors + 1, "the loser is closed");
            assert_eq!(hole.waiting(), 0);
        });
    });
}

#[test]
fn an_address_that_fails_beside_a_silent_one_is_passed_over() -> io::Result<()> {
    let hole = BlackHole::new()?;
    let (closed, _owner) = closed_addr("127.0.0.1:0")?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    let stream = run_with_delay(MOMENT, connect(&[hole.addr, closed, UNREACHABLE.parse().unwrap(), addr]))?;
    assert_eq!(stream.peer_addr()?, addr);
    Ok(())
}

/// Alone, as a child that another test starts would hold the loser for a moment after it is closed here.
#[test]
fn an_address_that_is_late_still_wins_if_it_is_the_first_to_answer() {
    in_own_process("an_address_that_is_late_still_wins_if_it_is_the_first_to_answer", || {
        let (late, silent) = (BlackHole::new().unwrap(), BlackHole::new().unwrap());
        let addrs = [late.addr, silent.addr];
        let stream = run_with_delay(MOMENT, async {
            let answer = async {
                while late.waiting() == 0 || silent.waiting() == 0 {
                    sleep(Duration::from_millis(1)).await;
                }
                late.begin_to_answer()
            };
            let (stream, answered) = futures::join!(connect(&addrs), answer);
            answered.and(stream)
        })
        .unwrap();
        assert_eq!(stream.peer_addr().unwrap(), late.addr);
        assert_eq!(silent.waiting(), 0, "the loser is closed");
    });
}

#[test]
fn if_all_fail_each_is_named_in_the_order_of_the_race_with_the_kind_of_the_last() -> io::Result<()> {
    let ((a6, _a), (b6, _b), (c4, _c)) =
        (closed_addr("[::1]:0")?, closed_addr("[::1]:0")?, closed_addr("127.0.0.1:0")?);
    let d4: SocketAddr = UNREACHABLE.parse().unwrap();
    for delay in [MOMENT, HOUR] {
        let error = run_with_delay(delay, connect(&[a6, b6, c4, d4])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NetworkUnreachable);
        let refused = "Connection refused (os error 111)";
        let unreachable = "Network is unreachable (os error 101)";
        let causes = format!("{a6}: {refused}; {c4}: {refused}; {b6}: {refused}; {d4}: {unreachable}");
        assert_eq!(error.to_string(), format!("cannot connect to {causes}"));
    }
    Ok(())
}

#[test]
fn dropping_a_race_closes_all_that_run() {
    in_own_process("dropping_a_race_closes_all_that_run", || {
        let holes = [(); 3].map(|()| BlackHole::new().unwrap());
        let addrs = holes.each_ref().map(|hole| hole.addr);
        run_with_delay(MOMENT, async {
            let descriptors = open_descriptors().len();
            {
                let mut connect = pin!(connect(&addrs));
                while holes.iter().any(|hole| hole.waiting() == 0) {
                    assert!(poll_once(connect.as_mut()).await.is_pending());
                    sleep(Duration::from_millis(1)).await;
                }
                assert_eq!(open_descriptors().len(), descriptors + 3);
            }
            assert_eq!(open_descriptors().len(), descriptors);
            assert!(holes.iter().all(|hole| hole.waiting() == 0));
        });
    });
}

/// R24
#[test]
fn dropping_a_race_at_any_await_leaves_nothing_open() {
    in_own_process("dropping_a_race_at_any_await_leaves_nothing_open", || {
        let hole = BlackHole::new().unwrap();
        let (closed, _owner) = closed_addr("127.0.0.1:0").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addrs = [hole.addr, closed, listener.local_addr().unwrap()];
        run_with_delay(MOMENT, async {
            let descriptors = open_descriptors().len();
            let mut nth = 1;
            while drop_at(nth, connect(&addrs)).await.transpose().unwrap().is_none() {
                assert_eq!(open_descriptors().len(), descriptors, "after await {nth}");
                nth += 1;
            }
            assert!(nth > 2, "{nth}");
            assert_eq!(open_descriptors().len(), descriptors);
        });
    });
}

#[test]
fn connecting_can_be_sent_to_another_thread() {
    fn is_send(_: impl Send) {}
    is_send(connect(&[]));
    is_send(epore::net::TcpStream::connect("localhost:80"));
    is_send(lookup_host("localhost:80"));
}
