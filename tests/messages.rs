//! What a person reads when something is wrong: each message says what, where and why.

mod support;

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;

use epore::net::{TcpListener, TcpSocket, TcpStream, UdpSocket, UnixListener, UnixStream, lookup_host};
use support::child::in_own_process;
use support::polls::run;
use support::tcp::closed_addr;

/// The message of an operation that must fail.
async fn message_of<T>(operation: impl Future<Output = io::Result<T>>) -> String {
    match operation.await {
        Ok(_) => panic!("it has not failed"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_wrong_host_name_is_named() {
    run(async {
        // The top-level domain `invalid` never exists, see RFC 6761. Why a look-up fails depends on the system's resolver.
        let message = message_of(TcpStream::connect("no-such-host.invalid:80")).await;
        let why = message.strip_prefix("cannot look up the host `no-such-host.invalid`: ").expect(&message);
        assert!(why.starts_with("failed to lookup address information: "), "{message}");
        let message = message_of(lookup_host("localhost")).await;
        assert_eq!(message, "`localhost` has no port: write `host:port`");
        let message = message_of(TcpListener::bind("127.0.0.1:70000")).await;
        assert_eq!(message, "`70000` in `127.0.0.1:70000` is not a port number from 0 to 65535");
    });
}

#[test]
fn a_closed_port_is_named() -> io::Result<()> {
    run(async {
        let (closed, _held) = closed_addr()?;
        let message = message_of(TcpStream::connect(closed)).await;
        assert_eq!(message, format!("cannot connect to {closed}: Connection refused (os error 111)"));
        let other = ([127, 0, 0, 2], closed.port()).into();
        let message = message_of(TcpStream::connect(&[closed, other][..])).await;
        let refused = "Connection refused (os error 111)";
        assert_eq!(message, format!("cannot connect to {closed}: {refused}; {other}: {refused}"));
        Ok(())
    })
}

#[test]
fn a_used_address_is_named() -> io::Result<()> {
    run(async {
        let used = TcpListener::bind("127.0.0.1:0").await?.into_std()?;
        let addr = used.local_addr()?;
        let in_use = "Address already in use (os error 98)";
        assert_eq!(message_of(TcpListener::bind(addr)).await, format!("cannot listen on {addr}: {in_use}"));
        let socket = TcpSocket::new_v4()?;
        assert_eq!(socket.bind(addr).unwrap_err().to_string(), format!("cannot bind to {addr}: {in_use}"));
        let used = UdpSocket::bind("127.0.0.1:0").await?;
        let addr = used.local_addr()?;
        assert_eq!(message_of(UdpSocket::bind(addr)).await, format!("cannot bind to {addr}: {in_use}"));
        let foreign = (Ipv4Addr::new(192, 0, 2, 1), 80);
        let message = message_of(TcpListener::bind(foreign)).await;
        assert_eq!(message, "cannot listen on 192.0.2.1:80: Cannot assign requested address (os error 99)");
        Ok(())
    })
}

#[test]
fn a_path_without_a_socket_is_named() -> io::Result<()> {
    run(async {
        let folder = std::env::temp_dir().join(format!("epore-messages-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let missing = folder.join("missing.sock");
        let message = message_of(UnixStream::connect(&missing)).await;
        assert_eq!(message, format!("cannot connect to {}: No such file or directory (os error 2)", missing.display()));

        let used = folder.join("used.sock");
        drop(UnixListener::bind(&used)?);
        let message = message_of(UnixStream::connect(&used)).await;
        assert_eq!(message, format!("cannot connect to {}: Connection refused (os error 111)", used.display()));
        let message = UnixListener::bind(&used).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!(
                "cannot listen on {} (a stale socket, if no process has it open",
                used.display()
            )),
            "{message}"
        );

        let nowhere = folder.join("no").join("folder.sock");
        let message = UnixListener::bind(&nowhere).unwrap_err().to_string();
        assert_eq!(message, format!("cannot listen on {}: No such file or directory (os error 2)", nowhere.display()));
        std::fs::remove_dir_all(folder)
    })
}

#[test]
fn too_many_descriptors_are_named() {
    in_own_process("too_many_descriptors_are_named", || {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let addr = listener.local_addr()?;
            let _client = TcpStream::connect(addr).await?;
            let hoard: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
            assert!(!hoard.is_empty());

            let why = "Too many open files (os error 24)";
            assert_eq!(message_of(TcpStream::connect(addr)).await, format!("cannot connect to {addr}: {why}"));
            assert_eq!(message_of(TcpListener::bind(addr)).await, format!("cannot listen on {addr}: {why}"));
            assert_eq!(message_of(listener.accept()).await, format!("cannot accept on {addr}: {why}"));
            io::Result::Ok(())
        })
        .unwrap();
    });
}
