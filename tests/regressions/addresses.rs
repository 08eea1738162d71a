#![forbid(unsafe_code)]

use std::io::{self, ErrorKind};
use std::time::Duration;

use epore::net::TcpStream;

use crate::support::polls::run;
use crate::support::tcp::pair;

/// Its last group was taken for a port, and a host named `:` was looked up.
#[test]
fn an_ipv6_address_without_a_port_is_not_taken_for_a_name() {
    for text in ["::1", "[::1]", "fe80::1"] {
        let error = run(TcpStream::connect(text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}: {error}");
        assert!(error.to_string().contains(text), "{text}: {error}");
    }
}

/// Half a second was rounded down to zero, which is no short time but a reset.
#[test]
fn a_short_linger_is_not_none_at_all() -> io::Result<()> {
    let (stream, _peer) = pair()?;
    let [short, second] = [500, 1000].map(Duration::from_millis);
    for (set, got) in [(short, second), (Duration::from_nanos(1), second), (second, second)] {
        stream.set_linger(Some(set))?;
        assert_eq!(stream.linger()?, Some(got), "{set:?}");
    }
    stream.set_linger(Some(Duration::ZERO))?;
    assert_eq!(stream.linger()?, Some(Duration::ZERO));
    Ok(())
}
