mod support;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::pin;
use std::time::Duration;

use epore::net::{TcpListener, TcpSocket, TcpStream};
use support::black_hole::BlackHole;
use support::child::in_own_process;
use support::polls::{drop_at, poll_once, run};
use support::tcp::closed_addr;
use support::{in_time, open_descriptors};

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn local_v4() -> SocketAddr {
    addr("127.0.0.1:0")
}

#[test]
fn a_client_connects_from_where_it_was_bound() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let socket = TcpSocket::new_v4()?;
        socket.bind(addr("127.0.0.9:0"))?;
        let bound = socket.local_addr()?;
        assert_eq!(bound.ip(), addr("127.0.0.9:0").ip());
        let stream = socket.connect(listener.local_addr()?).await?;
        assert_eq!(listener.accept().await?.1, bound);
        assert_eq!(stream.local_addr()?, bound);
        Ok(())
    })
}

#[test]
fn a_socket_that_listens_accepts_both_families() -> io::Result<()> {
    run(async {
        for (socket, at) in [(TcpSocket::new_v4()?, "127.0.0.1:0"), (TcpSocket::new_v6()?, "[::1]:0")] {
            socket.bind(addr(at))?;
            let listener = socket.listen(8)?;
            let stream = TcpStream::connect(listener.local_addr()?).await?;
            assert_eq!(listener.accept().await?.1, stream.local_addr()?);
        }
        Ok(())
    })
}

#[test]
fn an_unbound_socket_listens_on_a_port_of_the_systems_choice() -> io::Result<()> {
    let listener = TcpSocket::new_v4()?.listen(u32::MAX)?;
    assert_ne!(listener.local_addr()?.port(), 0);
    Ok(())
}

#[test]
fn an_ipv6_socket_takes_ipv4_unless_it_keeps_to_ipv6() -> io::Result<()> {
    run(async {
        for only_v6 in [false, true] {
            let socket = TcpSocket::new_v6()?;
            socket.set_only_v6(only_v6)?;
            assert_eq!(socket.only_v6()?, only_v6);
            socket.bind(addr("[::]:0"))?;
            let listener = socket.listen(8)?;
            let v4 = SocketAddr::from(([127, 0, 0, 1], listener.local_addr()?.port()));
            assert_eq!(TcpStream::connect(v4).await.is_err(), only_v6);
        }
        Ok(())
    })
}

/// The address of a connection that its server has closed first, so that it lingers in TIME_WAIT.
async fn lingering_addr() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let client = TcpStream::connect(addr).await?;
    drop(listener.accept().await?);
    assert_eq!(client.read(&mut [0; 1]).await?, 0);
    Ok(addr)
}

/// Alone, as a child that another test starts would hold the listener for a moment after it is dropped.
#[test]
fn an_address_that_lingers_is_bound_only_with_reuseaddr() {
    in_own_process("an_address_that_lingers_is_bound_only_with_reuseaddr", || {
        run(async {
            let lingering = lingering_addr().await?;
            let socket = TcpSocket::new_v4()?;
            assert!(!socket.reuseaddr()?);
            let error = socket.bind(lingering).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
            assert_eq!(error.to_string(), format!("cannot bind to {lingering}: Address already in use (os error 98)"));
            socket.set_reuseaddr(true)?;
            assert!(socket.reuseaddr()?);
            socket.bind(lingering)
        })
        .unwrap();
    });
}

#[test]
fn sockets_with_reuseport_share_an_address() -> io::Result<()> {
    run(async {
        let first = TcpSocket::new_v4()?;
        first.set_reuseport(true)?;
        assert!(first.reuseport()?);
        first.bind(local_v4())?;
        let shared = first.local_addr()?;
        let first = first.listen(256)?;

        let alone = TcpSocket::new_v4()?;
        assert_eq!(alone.bind(shared).unwrap_err().kind(), ErrorKind::AddrInUse);

        let second = TcpSocket::new_v4()?;
        second.set_reuseport(true)?;
        second.bind(shared)?;
        let second = second.listen(256)?;

        // The kernel deals by a hash of the addresses: that one listener gets all of 64 is as likely as 63 equal coins.
        let mut clients = Vec::new();
        for _ in 0..64 {
            clients.push(TcpStream::connect(shared).await?);
        }
        let mut counts = [0, 0];
        for (listener, count) in [&first, &second].into_iter().zip(&mut counts) {
            while poll_once(pin!(listener.accept())).await.is_ready() {
                *count += 1;
            }
        }
        assert_eq!(counts.iter().sum::<u32>(), 64);
        assert!(!counts.contains(&0), "{counts:?}");
        Ok(())
    })
}

#[test]
fn options_are_what_they_were_set_to() -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(16 * 1024)?;
    socket.set_recv_buffer_size(8 * 1024)?;
    assert_eq!((socket.send_buffer_size()?, socket.recv_buffer_size()?), (32 * 1024, 16 * 1024));

    assert!(!socket.nodelay()?);
    socket.set_nodelay(true)?;
    assert!(socket.nodelay()?);

    assert_eq!(socket.linger()?, None);
    socket.set_linger(Some(Duration::ZERO))?;
    assert_eq!(socket.linger()?, Some(Duration::ZERO));

    assert!(!socket.keepalive()?);
    socket.set_keepalive(true)?;
    assert!(socket.keepalive()?);
    socket.set_keepalive_idle(Duration::from_millis(29_001))?;
    socket.set_keepalive_interval(Duration::from_secs(5))?;
    socket.set_keepalive_probes(3)?;
    let seconds = (socket.keepalive_idle()?.as_secs(), socket.keepalive_interval()?.as_secs());
    assert_eq!((seconds, socket.keepalive_probes()?), ((30, 5), 3));

    assert_eq!(socket.user_timeout()?, None);
    socket.set_user_timeout(Some(Duration::from_micros(1500)))?;
    assert_eq!(socket.user_timeout()?, Some(Duration::from_millis(2)));
    socket.set_user_timeout(None)?;
    assert_eq!(socket.user_timeout()?, None);

    socket.set_tos_v4(0x10)?;
    assert_eq!(socket.tos_v4()?, 0x10);
    let v6 = TcpSocket::new_v6()?;
    v6.set_tclass_v6(0x20)?;
    assert_eq!(v6.tclass_v6()?, 0x20);
    assert!(socket.take_error()?.is_none());
    Ok(())
}

#[test]
fn options_set_before_hold_for_the_connection() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let socket = TcpSocket::new_v4()?;
        socket.set_nodelay(true)?;
        socket.set_keepalive(true)?;
        socket.set_keepalive_idle(Duration::from_millis(29_001))?;
        socket.set_keepalive_interval(Duration::from_secs(5))?;
        socket.set_keepalive_probes(3)?;
        socket.set_user_timeout(Some(Duration::from_secs(20)))?;
        let stream = socket.connect(listener.local_addr()?).await?;
        assert!(stream.nodelay()? && stream.keepalive()?);
        assert_eq!(stream.keepalive_idle()?, Duration::from_secs(30));
        assert_eq!((stream.keepalive_interval()?, stream.keepalive_probes()?), (Duration::from_secs(5), 3));
        assert_eq!(stream.user_timeout()?, Some(Duration::from_secs(20)));

        stream.set_keepalive(false)?;
        stream.set_quickack(false)?;
        assert!(!stream.keepalive()? && !stream.quickack()?);
        stream.set_quickack(true)?;
        assert!(stream.quickack()?);
        Ok(())
    })
}

#[test]
fn a_value_that_the_system_refuses_is_named() -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    let refused = |result: io::Result<()>| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    let invalid = "Invalid argument (os error 22)";
    let idle = socket.set_keepalive_idle(Duration::ZERO);
    assert_eq!(refused(idle), format!("cannot set TCP_KEEPIDLE to 0 s: {invalid}"));
    let interval = socket.set_keepalive_interval(Duration::from_secs(40_000));
    assert_eq!(refused(interval), format!("cannot set TCP_KEEPINTVL to 40000 s: {invalid}"));
    let probes = socket.set_keepalive_probes(128);
    assert_eq!(refused(probes), format!("cannot set TCP_KEEPCNT to 128: {invalid}"));
    let timeout = socket.set_user_timeout(Some(Duration::MAX));
    let most = "it is at most 2147483647";
    assert_eq!(refused(timeout), format!("cannot set TCP_USER_TIMEOUT to 18446744073709551616000 ms: {most}"));
    let size = socket.set_send_buffer_size(u32::MAX);
    assert_eq!(refused(size), format!("cannot set SO_SNDBUF to 4294967295: {most}"));
    let linger = socket.set_linger(Some(Duration::MAX));
    assert_eq!(refused(linger), format!("cannot set SO_LINGER to 18446744073709551616 s: {most}"));
    assert_eq!(socket.linger()?, None);
    socket.set_linger(Some(Duration::from_secs(i32::MAX as u64)))?;
    let tos = socket.set_tos_v4(300);
    assert_eq!(refused(tos), "cannot set IP_TOS to 300: it is at most 255");
    let class = TcpSocket::new_v6()?.set_tclass_v6(256);
    assert_eq!(refused(class), "cannot set IPV6_TCLASS to 256: it is at most 255");
    Ok(())
}

#[test]
fn a_socket_is_bound_to_a_device_by_its_name() -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    assert_eq!(socket.device()?, None);
    socket.bind_device(Some(b"lo"))?;
    assert_eq!(socket.device()?.as_deref(), Some(&b"lo"[..]));
    let error = TcpSocket::new_v4()?.bind_device(Some(b"nowhere")).unwrap_err();
    assert_eq!(error.to_string(), "cannot bind to the device `nowhere`: No such device (os error 19)");
    Ok(())
}

#[test]
fn what_cannot_be_connected_to_is_named() -> io::Result<()> {
    run(async {
        let (closed, _held) = closed_addr()?;
        let error = TcpSocket::new_v4()?.connect(closed).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(error.to_string(), format!("cannot connect to {closed}: Connection refused (os error 111)"));
        let error = TcpSocket::new_v6()?.connect(closed).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot connect to {closed}: ")), "{error}");
        Ok(())
    })
}

/// R22, R24
#[test]
fn a_connect_that_is_given_up_closes_the_socket() {
    in_own_process("a_connect_that_is_given_up_closes_the_socket", || {
        run(async {
            let silent = BlackHole::new()?;
            let before = open_descriptors().len();
            let socket = TcpSocket::new_v4()?;
            assert_eq!(open_descriptors().len(), before + 1);
            assert!(drop_at(1, socket.connect(silent.addr)).await.is_none());
            assert_eq!(open_descriptors().len(), before);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// R22
#[test]
fn the_user_timeout_ends_a_connect_that_nobody_answers() -> io::Result<()> {
    run(async {
        let silent = BlackHole::new()?;
        let socket = TcpSocket::new_v4()?;
        socket.set_user_timeout(Some(Duration::from_millis(1)))?;
        let error = socket.connect(silent.addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        Ok(())
    })
}

/// R28
#[test]
fn a_blocking_socket_that_is_taken_over_does_not_block() -> io::Result<()> {
    in_time("a socket that blocked before", || {
        run(async {
            let blocking = std::net::TcpListener::bind("127.0.0.1:0")?;
            let listener = TcpSocket::from_fd(OwnedFd::from(blocking))?.listen(16)?;
            let mut accepting = pin!(listener.accept());
            assert!(poll_once(accepting.as_mut()).await.is_pending());
            let peer = std::net::TcpStream::connect(listener.local_addr()?)?;
            assert_eq!(accepting.await?.1, peer.local_addr()?);
            Ok(())
        })
    })
}

#[test]
fn a_socket_is_plain_data() {
    fn is_plain<T: Send + Sync + AsFd>() {}
    is_plain::<TcpSocket>();
}
