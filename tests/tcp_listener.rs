#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::pin;
use std::rc::Rc;

use epore::net::TcpListener;
use support::polls::{poll_once, run, turns};

#[test]
fn the_system_chooses_the_port() -> io::Result<()> {
    for (local, ip) in [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1")] {
        let addr = run(TcpListener::bind(local))?.local_addr()?;
        assert_eq!(addr.ip().to_string(), ip);
        assert_ne!(addr.port(), 0);
    }
    Ok(())
}

#[test]
fn a_connection_is_accepted_with_the_address_of_its_peer() -> io::Result<()> {
    run(async {
        for local in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(local).await?;
            let mut client = TcpStream::connect(listener.local_addr()?)?;
            let (stream, peer) = listener.accept().await?;
            assert_eq!(peer, client.local_addr()?);
            assert_eq!(stream.peer_addr()?, peer);
            client.write_all(b"hello")?;
            assert_eq!(stream.read(&mut [0; 16]).await?, 5);
        }
        Ok(())
    })
}

#[test]
fn an_address_in_use_is_named() -> io::Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let addr = taken.local_addr()?;
    let error = run(TcpListener::bind(addr)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().starts_with(&format!("cannot listen on {addr}: ")), "{error}");
    Ok(())
}

#[test]
fn an_address_that_is_not_ours_is_named() {
    let error = run(TcpListener::bind("192.0.2.1:80")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    assert!(error.to_string().starts_with("cannot listen on 192.0.2.1:80: "), "{error}");
}

#[test]
fn the_first_address_that_can_be_bound_is_taken() -> io::Result<()> {
    let addrs: [SocketAddr; 2] = [([192, 0, 2, 1], 0).into(), ([127, 0, 0, 1], 0).into()];
    let listener = run(TcpListener::bind(&addrs[..]))?;
    assert_eq!(listener.local_addr()?.ip(), addrs[1].ip());
    let error = run(TcpListener::bind(Vec::<SocketAddr>::new())).unwrap_err();
    assert_eq!(error.to_string(), "no address to listen on was given");
    Ok(())
}

#[test]
fn a_port_can_be_listened_on_again_while_old_connections_linger() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let client = TcpStream::connect(addr)?;
        // The side that closes first keeps the port of the connection for a while.
        drop(listener.accept().await?);
        drop(listener);
        drop(client);
        TcpListener::bind(addr).await.map(|_| ())
    })
}

#[test]
fn many_that_are_queued_are_all_accepted() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        for _ in 0..3 {
            let clients: Vec<_> = (0..100).map(|_| TcpStream::connect(addr)).collect::<io::Result<_>>()?;
            for client in &clients {
                assert_eq!(listener.accept().await?.1, client.local_addr()?);
            }
            // The backlog is empty now, and this registers the listener or clears what is known of it.
            assert!(poll_once(pin!(listener.accept())).await.is_pending());
        }
        Ok(())
    })
}

#[test]
fn dropping_a_pending_accept_loses_no_connection() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        for _ in 0..100 {
            let client = {
                let mut accept = pin!(listener.accept());
                assert!(poll_once(accept.as_mut()).await.is_pending());
                let client = TcpStream::connect(listener.local_addr()?)?;
                turns(1).await;
                client
            };
            assert_eq!(listener.accept().await?.1, client.local_addr()?);
        }
        Ok(())
    })
}

#[test]
fn several_tasks_accept_from_one_listener() -> io::Result<()> {
    run(async {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await?);
        let accepting = [(); 3].map(|()| {
            let listener = Rc::clone(&listener);
            epore::spawn(async move { listener.accept().await.map(|(_, peer)| peer) })
        });
        turns(2).await;
        let clients: Vec<_> = (0..3).map(|_| TcpStream::connect(listener.local_addr()?)).collect::<io::Result<_>>()?;
        let mut accepted = Vec::new();
        for task in accepting {
            accepted.push(task.await.unwrap()?);
        }
        let mut expected: Vec<_> = clients.iter().map(|client| client.local_addr()).collect::<io::Result<_>>()?;
        accepted.sort();
        expected.sort();
        assert_eq!(accepted, expected);
        Ok(())
    })
}

#[test]
fn a_blocking_listener_of_the_standard_library_does_not_block_the_runtime() -> io::Result<()> {
    run(async {
        let blocking = std::net::TcpListener::bind("127.0.0.1:0")?;
        let listener = TcpListener::from_std(blocking)?;
        assert!(poll_once(pin!(listener.accept())).await.is_pending());
        let listener = TcpListener::from_std(listener.into_std()?)?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        assert_eq!(listener.accept().await?.1, client.local_addr()?);
        Ok(())
    })
}

#[test]
fn the_time_to_live_is_that_of_the_connections() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        listener.set_ttl(7)?;
        assert_eq!(listener.ttl()?, 7);
        let _client = TcpStream::connect(listener.local_addr()?)?;
        assert_eq!(listener.accept().await?.0.ttl()?, 7);
        let error = listener.set_ttl(256).unwrap_err();
        assert_eq!(error.to_string(), "cannot set IP_TTL to 256: Invalid argument (os error 22)");
        Ok(())
    })
}

#[test]
fn no_error_is_pending_on_a_sound_listener() -> io::Result<()> {
    assert!(run(TcpListener::bind("127.0.0.1:0"))?.take_error()?.is_none());
    Ok(())
}
