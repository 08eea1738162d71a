#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::mpsc;
use std::time::Duration;

use epore::Builder;
use epore::net::{ToSocketAddrs, lookup_host};
use epore::time::timeout;
use support::child::in_own_process;
use support::polls::run;
use support::threads;

fn lookup(host: impl ToSocketAddrs) -> io::Result<Vec<SocketAddr>> {
    run(async { Ok(lookup_host(host).await?.collect()) })
}

#[test]
fn every_form_of_an_address_is_understood() -> io::Result<()> {
    let v4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 80);
    let v6 = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 0);
    let (four, six) = (SocketAddr::from(v4), SocketAddr::from(v6));

    let (by_reference, text, both) = (&four, &"127.0.0.1:80".to_owned(), &[four, six]);
    for addrs in [
        lookup(v4)?,
        lookup(four)?,
        lookup(by_reference)?,
        lookup((Ipv4Addr::LOCALHOST, 80))?,
        lookup((IpAddr::from(Ipv4Addr::LOCALHOST), 80))?,
        lookup("127.0.0.1:80")?,
        lookup("127.0.0.1:80".to_owned())?,
        lookup(text)?,
        lookup(("127.0.0.1", 80))?,
        lookup(("127.0.0.1".to_owned(), 80))?,
    ] {
        assert_eq!(addrs, [four]);
    }
    for addrs in
        [lookup(v6)?, lookup(six)?, lookup((Ipv6Addr::LOCALHOST, 80))?, lookup("[::1]:80")?, lookup(("::1", 80))?]
    {
        assert_eq!(addrs, [six]);
    }
    for addrs in [lookup([four, six])?, lookup(&[four, six][..])?, lookup(vec![four, six])?, lookup(both)?] {
        assert_eq!(addrs, [four, six]);
    }
    Ok(())
}

#[test]
fn addresses_that_are_literal_touch_no_thread() {
    in_own_process("addresses_that_are_literal_touch_no_thread", || {
        let before = threads();
        run(async {
            for _ in 0..10 {
                lookup_host("127.0.0.1:80").await?.for_each(drop);
                lookup_host(("::1", 80)).await?.for_each(drop);
            }
            assert_eq!(threads(), before);
            lookup_host("localhost:80").await?.for_each(drop);
            assert_eq!(threads(), before + 1, "a name does");
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn names_are_looked_up() -> io::Result<()> {
    for addrs in [lookup("localhost:80")?, lookup(("localhost", 80))?, lookup(("localhost".to_owned(), 80))?] {
        assert!(!addrs.is_empty());
        assert!(addrs.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 80), "{addrs:?}");
    }
    Ok(())
}

#[test]
fn a_host_that_is_unknown_is_named() {
    let error = lookup("no-such-host.invalid:80").unwrap_err();
    assert!(error.to_string().starts_with("cannot look up the host `no-such-host.invalid`: "), "{error}");
}

#[test]
fn what_is_no_address_is_an_error_that_says_why() {
    let cases = [
        ("127.0.0.1", "`127.0.0.1` has no port: write `host:port`"),
        ("localhost:", "`` in `localhost:` is not a port number from 0 to 65535"),
        ("localhost:-1", "`-1` in `localhost:-1` is not a port number from 0 to 65535"),
        ("localhost:99999", "`99999` in `localhost:99999` is not a port number from 0 to 65535"),
        (":80", "the host is empty"),
    ];
    for (text, message) in cases {
        let error = lookup(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}: {error}");
        assert!(error.to_string().starts_with(message), "{text}: {error}");
    }
    let error = lookup(("", 80)).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidInput, "the host is empty"));
}

#[test]
fn a_look_up_that_is_given_up_delays_nobody() -> io::Result<()> {
    let (release, blocked) = mpsc::channel::<()>();
    let _storm = storm::begin();
    let runtime = Builder::new().max_blocking_threads(1).build()?;
    runtime.block_on(async {
        // The one thread is busy for as long as the test runs, so the look-up cannot even begin.
        let _busy = epore::spawn_blocking(move || blocked.recv());
        timeout(Duration::from_millis(1), lookup_host("localhost:80")).await.map(|_| ()).unwrap_err();
    });
    drop(runtime);
    drop(release);
    Ok(())
}
