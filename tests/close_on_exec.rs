//! R27: a program that is executed gets none of the sockets.

#![forbid(unsafe_code)]

mod support;

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::process::Command;

use epore::net::{TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use support::polls::run;
use support::unix::abstract_path;

/// What the system calls a descriptor, see proc_pid_fd(5).
fn link(socket: &dyn AsFd) -> io::Result<String> {
    let path = format!("/proc/self/fd/{}", socket.as_fd().as_raw_fd());
    Ok(fs::read_link(path)?.to_string_lossy().into_owned())
}

/// R27
#[test]
fn a_program_that_is_executed_has_no_socket_of_ours() -> io::Result<()> {
    run(async {
        let tcp_listener = TcpListener::bind("127.0.0.1:0").await?;
        let connected = TcpStream::connect(tcp_listener.local_addr()?).await?;
        let (accepted, _) = tcp_listener.accept().await?;
        let tcp_socket = TcpSocket::new_v6()?;
        let udp = UdpSocket::bind("127.0.0.1:0").await?;
        let path = abstract_path();
        let unix_listener = UnixListener::bind(&path)?;
        let unix_connected = UnixStream::connect(&path).await?;
        let (unix_accepted, _) = unix_listener.accept().await?;
        let (unix_one, unix_other) = UnixStream::pair()?;
        let (bound, unbound) = (UnixDatagram::bind(abstract_path())?, UnixDatagram::unbound()?);
        let (one, other) = UnixDatagram::pair()?;
        let ours: [&dyn AsFd; 14] = [
            &tcp_listener,
            &connected,
            &accepted,
            &tcp_socket,
            &udp,
            &unix_listener,
            &unix_connected,
            &unix_accepted,
            &unix_one,
            &unix_other,
            &bound,
            &unbound,
            &one,
            &other,
        ];

        let listed = Command::new("ls").args(["-l", "/proc/self/fd"]).output()?;
        let listed = String::from_utf8_lossy(&listed.stdout);
        assert!(listed.contains("0 -> ") && listed.contains("pipe:["), "it lists its own: {listed}");
        for (number, socket) in ours.into_iter().enumerate() {
            let link = link(socket)?;
            assert!(link.starts_with("socket:["), "{link}");
            assert!(!listed.contains(&link), "number {number}, {link}: {listed}");
        }
        Ok(())
    })
}
