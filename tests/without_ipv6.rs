//! What works, and what is said, where IPv6 is switched off.

#[path = "support/network.rs"]
mod network;
mod support;

use std::future::ready;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

use epore::Builder;
use epore::net::{TcpStream, UdpSocket};
use epore::time::timeout;
use network::without_ipv6;
use support::polls::run;
use support::{PATIENCE, source_errno};

/// R22: of the two addresses that a host has, one is of no use, which is known at once.
#[test]
fn a_host_is_reached_by_its_other_address_at_once() {
    without_ipv6("a_host_is_reached_by_its_other_address_at_once", || {
        let addrs: [IpAddr; 2] = [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()];
        let both = move |_, port| ready(Ok(addrs.map(|ip| (ip, port).into()).to_vec()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _storm = storm::begin();
        // Longer than the test has: the second attempt begins because the first has failed.
        let runtime = Builder::new().resolver(both).connect_attempt_delay(2 * PATIENCE).build().unwrap();
        let connecting = async {
            let stream = TcpStream::connect(("localhost", listener.local_addr()?.port())).await?;
            assert_eq!(stream.peer_addr()?, listener.local_addr()?);
            io::Result::Ok(())
        };
        runtime.block_on(async { timeout(PATIENCE, connecting).await }).expect("in time").unwrap();
    });
}

/// R22
#[test]
fn the_system_s_resolver_finds_a_way_to_this_host() {
    without_ipv6("the_system_s_resolver_finds_a_way_to_this_host", || {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let stream = TcpStream::connect(("localhost", listener.local_addr()?.port())).await?;
            assert_eq!(stream.peer_addr()?, listener.local_addr()?);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// R22
#[test]
fn an_address_of_no_use_is_named() {
    without_ipv6("an_address_of_no_use_is_named", || {
        run(async {
            let why = "Cannot assign requested address (os error 99)";
            for (doing, error) in [
                ("listen on", epore::net::TcpListener::bind("[::1]:80").await.map(drop).unwrap_err()),
                ("bind to", UdpSocket::bind("[::1]:80").await.map(drop).unwrap_err()),
                ("connect to", TcpStream::connect("[::1]:80").await.map(drop).unwrap_err()),
            ] {
                assert_eq!(error.to_string(), format!("cannot {doing} [::1]:80: {why}"));
                assert_eq!(
                    (error.kind(), source_errno(&error)),
                    (ErrorKind::AddrNotAvailable, Some(libc::EADDRNOTAVAIL))
                );
            }
        });
    });
}
