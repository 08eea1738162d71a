//! Options of a `UdpSocket`, and the groups that it joins.

#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};

use epore::net::UdpSocket;
use support::polls::run;
use support::source_errno;
use support::udp::slow_pair;

async fn bound() -> io::Result<(UdpSocket, SocketAddr)> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let addr = socket.local_addr()?;
    Ok((socket, addr))
}

#[test]
fn broadcasting_must_be_allowed_first() -> io::Result<()> {
    run(async {
        let receiver = UdpSocket::bind("0.0.0.0:0").await?;
        // The broadcast address of the network 127.0.0.0/8, which does not leave this machine.
        let all = (Ipv4Addr::new(127, 255, 255, 255), receiver.local_addr()?.port());
        let (socket, from) = bound().await?;
        assert!(!socket.broadcast()?);
        let error = socket.send_to(b"hello", all).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        socket.set_broadcast(true)?;
        assert!(socket.broadcast()?);
        assert_eq!(socket.send_to(b"hello", all).await?, 5);
        assert_eq!(receiver.recv_from(&mut [0; 16]).await?, (5, from));
        Ok(())
    })
}

#[test]
fn options_are_set_and_read() -> io::Result<()> {
    run(async {
        let (socket, _) = bound().await?;
        socket.set_ttl(42)?;
        assert_eq!(socket.ttl()?, 42);
        socket.set_tos_v4(0x28)?;
        assert_eq!(socket.tos_v4()?, 0x28);
        assert!(!socket.gro()?);
        socket.set_gro(true)?;
        assert!(socket.gro()?);
        socket.set_multicast_ttl_v4(7)?;
        assert_eq!(socket.multicast_ttl_v4()?, 7);
        socket.set_multicast_loop_v4(false)?;
        assert!(!socket.multicast_loop_v4()?);
        assert_eq!(socket.multicast_if_v4()?, Ipv4Addr::UNSPECIFIED);
        socket.set_multicast_if_v4(Ipv4Addr::LOCALHOST)?;
        assert_eq!(socket.multicast_if_v4()?, Ipv4Addr::LOCALHOST);

        let socket = UdpSocket::bind("[::1]:0").await?;
        socket.set_tclass_v6(0x28)?;
        assert_eq!(socket.tclass_v6()?, 0x28);
        socket.set_multicast_loop_v6(false)?;
        assert!(!socket.multicast_loop_v6()?);
        let loopback = loopback_index()?;
        socket.set_multicast_if_v6(loopback)?;
        assert_eq!(socket.multicast_if_v6()?, loopback);
        let error = socket.set_multicast_if_v6(u32::MAX).unwrap_err();
        assert_eq!(error.to_string(), "cannot set IPV6_MULTICAST_IF to 4294967295: it is at most 2147483647");
        Ok(())
    })
}

#[test]
fn buffers_have_the_size_that_was_asked_for() -> io::Result<()> {
    run(async {
        let (socket, _) = bound().await?;
        socket.set_send_buffer_size(16 * 1024)?;
        socket.set_recv_buffer_size(8 * 1024)?;
        // The kernel doubles what it is asked for.
        assert_eq!((socket.send_buffer_size()?, socket.recv_buffer_size()?), (32 * 1024, 16 * 1024));
        Ok(())
    })
}

#[test]
fn an_option_that_is_refused_is_named() -> io::Result<()> {
    run(async {
        let (socket, _) = bound().await?;
        let v6 = UdpSocket::bind("[::1]:0").await?;
        let nowhere = Ipv4Addr::new(192, 0, 2, 77);
        for (result, kind, text) in [
            (socket.set_ttl(0), ErrorKind::InvalidInput, "cannot set IP_TTL to 0: Invalid argument (os error 22)"),
            (socket.set_tos_v4(300), ErrorKind::InvalidInput, "cannot set IP_TOS to 300: it is at most 255"),
            (v6.set_tclass_v6(300), ErrorKind::InvalidInput, "cannot set IPV6_TCLASS to 300: it is at most 255"),
            (
                socket.set_multicast_ttl_v4(256),
                ErrorKind::InvalidInput,
                "cannot set IP_MULTICAST_TTL to 256: Invalid argument (os error 22)",
            ),
            (
                socket.set_multicast_if_v4(nowhere),
                ErrorKind::AddrNotAvailable,
                "cannot set IP_MULTICAST_IF to 192.0.2.77: Cannot assign requested address (os error 99)",
            ),
            (
                socket.set_recv_buffer_size(u32::MAX),
                ErrorKind::InvalidInput,
                "cannot set SO_RCVBUF to 4294967295: it is at most 2147483647",
            ),
        ] {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
        }
        Ok(())
    })
}

#[test]
fn options_of_another_kind_of_socket_are_named() -> io::Result<()> {
    run(async {
        // A Unix socket in disguise, which knows none of them.
        let (socket, _peer) = slow_pair()?;
        for (result, option) in [
            (socket.set_multicast_loop_v4(true), "IP_MULTICAST_LOOP to 1"),
            (socket.set_multicast_loop_v6(false), "IPV6_MULTICAST_LOOP to 0"),
            (socket.set_ttl(7), "IP_TTL to 7"),
        ] {
            let error = result.unwrap_err();
            assert!(error.to_string().starts_with(&format!("cannot set {option}: ")), "{error}");
        }
        Ok(())
    })
}

/// The index of the interface `lo`.
fn loopback_index() -> io::Result<u32> {
    let index = std::fs::read_to_string("/sys/class/net/lo/ifindex")?;
    Ok(index.trim().parse().expect("a number"))
}

#[test]
fn a_group_over_ipv4_is_joined_and_left() -> io::Result<()> {
    run(async {
        let (group, interface) = (Ipv4Addr::new(239, 255, 42, 1), Ipv4Addr::LOCALHOST);
        let member = UdpSocket::bind("0.0.0.0:0").await?;
        let to_group = (group, member.local_addr()?.port());
        member.join_multicast_v4(group, interface)?;
        let (socket, from) = bound().await?;
        socket.set_multicast_if_v4(interface)?;
        socket.send_to(b"hello", to_group).await?;
        assert_eq!(member.recv_from(&mut [0; 16]).await?, (5, from));

        member.leave_multicast_v4(group, interface)?;
        let error = member.leave_multicast_v4(group, interface).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
        assert!(error.to_string().starts_with("cannot leave 239.255.42.1 at 127.0.0.1: "), "{error}");
        let no_interface = Ipv4Addr::new(192, 0, 2, 77);
        let error = member.join_multicast_v4(group, no_interface).unwrap_err();
        assert_eq!(error.to_string(), "cannot join 239.255.42.1 at 192.0.2.77: No such device (os error 19)");
        assert_eq!(source_errno(&error), Some(libc::ENODEV));
        Ok(())
    })
}

/// The loopback interface often has no route for groups over IPv6, so the kernel's own list must do.
#[test]
fn a_group_over_ipv6_is_joined_and_left() -> io::Result<()> {
    run(async {
        let (group, interface) = ("ff01::4242".parse().unwrap(), loopback_index()?);
        let is_joined = || {
            let groups = std::fs::read_to_string("/proc/net/igmp6")?;
            io::Result::Ok(groups.contains("ff010000000000000000000000004242"))
        };
        let member = UdpSocket::bind("[::]:0").await?;
        assert!(!is_joined()?);
        member.join_multicast_v6(&group, interface)?;
        assert!(is_joined()?);
        member.leave_multicast_v6(&group, interface)?;
        assert!(!is_joined()?);
        let error = member.leave_multicast_v6(&group, interface).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
        assert!(error.to_string().starts_with("cannot leave ff01::4242 at interface "), "{error}");
        let error = member.join_multicast_v6(&group, i32::MAX as u32).unwrap_err();
        assert!(error.to_string().starts_with("cannot join ff01::4242 at interface 2147483647: "), "{error}");
        assert_eq!(source_errno(&error), Some(libc::ENODEV));
        Ok(())
    })
}
