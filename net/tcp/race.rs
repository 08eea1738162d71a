#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::io;
use std::iter;
use std::mem;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use super::TcpStream;
use super::connect::Attempt;
use crate::executor::{Delay, context, failed, no_runtime};

/// Connects to whichever address is the first to answer, see RFC 8305, section 5.
///
/// They are tried in turn: the next one when one has failed, or when there was no news for the delay. All that are left
/// when one wins, or when the race is dropped, are closed.
pub(in crate::net) async fn race(addrs: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut untried = interleaved(addrs).into_iter();
    let mut race = Race::default();
    while race.begin_next(&mut untried) {
        // Nobody waits for the next when there is none.
        let mut next = (untried.len() > 0).then(|| Delay::new(delay()));
        let news = poll_fn(|cx| match race.poll(cx) {
            Poll::Pending => next.as_mut().map_or(Poll::Pending, |next| next.poll(cx).map(|()| News::Silence)),
            news => news,
        });
        match news.await {
            News::Connected(stream) => return Ok(stream),
            News::Failed | News::Silence => {}
        }
    }
    Err(race_error(race.failures))
}

enum News {
    Connected(TcpStream),
    /// One attempt or more.
    Failed,
    /// It is time to try the next address.
    Silence,
}

#[derive(Default)]
struct Race {
    /// In the order in which they were begun.
    running: Vec<(SocketAddr, Attempt)>,
    failures: Failures,
}

impl Race {
    /// Begins with the next address that does not fail at once. False means that there is nothing left to wait for.
    fn begin_next(&mut self, untried: &mut impl Iterator<Item = SocketAddr>) -> bool {
        for addr in untried {
            match Attempt::begin(addr) {
                Ok(attempt) => {
                    self.running.push((addr, attempt));
                    break;
                }
                Err(error) => self.failures.push((addr, error)),
            }
        }
        !self.running.is_empty()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        let mut news = Poll::Pending;
        let mut at = 0;
        while let Some((_, attempt)) = self.running.get(at) {
            match attempt.poll(cx) {
                Poll::Pending => at += 1,
                Poll::Ready(Ok(())) => return Poll::Ready(News::Connected(self.running.remove(at).1.into_stream())),
                Poll::Ready(Err(error)) => {
                    self.failures.push((self.running.remove(at).0, error));
                    news = Poll::Ready(News::Failed);
                }
            }
        }
        news
    }
}

/// Why each address could not be connected to, in the order in which that was learned.
type Failures = Vec<(SocketAddr, io::Error)>;

fn race_error(mut failures: Failures) -> io::Error {
    let Some((addr, last)) = failures.pop() else {
        return io::Error::new(io::ErrorKind::InvalidInput, "no address to connect to was given");
    };
    let before: String = failures.iter().map(|(addr, error)| format!("{addr}: {error}; ")).collect();
    failed(format!("cannot connect to {before}{addr}"), last)
}

fn delay() -> Duration {
    match context::with(|core| core.net_settings().connect_attempt_delay) {
        Some(delay) => delay,
        None => no_runtime("a socket was awaited"),
    }
}

/// The addresses in the order of RFC 8305, section 4: the families take turns, that of the first address first, and within
/// each the order stays.
fn interleaved(addrs: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let starts_with_v4 = addrs.first().is_some_and(SocketAddr::is_ipv4);
    let (turn, other): (Vec<_>, Vec<_>) = addrs.into_iter().partition(|addr| addr.is_ipv4() == starts_with_v4);
    let (mut turn, mut other) = (turn.into_iter(), other.into_iter());
    let next = || {
        let next = turn.next().or_else(|| other.next());
        mem::swap(&mut turn, &mut other);
        next
    };
    iter::from_fn(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_take_turns_in_the_order_of_the_list() {
        let order = |addrs: &[&str]| {
            let addrs: Vec<SocketAddr> = addrs.iter().map(|addr| addr.parse().unwrap()).collect();
            interleaved(addrs).into_iter().map(|addr| addr.to_string()).collect::<Vec<_>>()
        };
        let [a4, b4, c4] = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"];
        let [a6, b6, c6] = ["[fd00::1]:1", "[fd00::2]:1", "[fd00::3]:1"];
        assert_eq!(order(&[]), [""; 0]);
        assert_eq!(order(&[a6, b6, a4]), [a6, a4, b6]);
        assert_eq!(order(&[a4, b4, a6]), [a4, a6, b4]);
        assert_eq!(order(&[a6, a4, b4, c4]), [a6, a4, b4, c4]);
        assert_eq!(order(&[a6, b6, c6, a4, b4, c4]), [a6, a4, b6, b4, c6, c4]);
        assert_eq!(order(&[a4, a6, b4, b6]), [a4, a6, b4, b6]);
        assert_eq!(order(&[c4, b4, a4]), [c4, b4, a4]);
    }
}
