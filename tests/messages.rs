//! What a person reads when something is wrong: each message says what, where and why.

mod support;

use std::fs::{File, Permissions, set_permissions};
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use epore::net::{
    AsyncFd, TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream, lookup_host,
};
use epore::reactor::Interest;
use epore::signal::{SignalKind, ctrl_c, shutdown_signal, signal};
use epore::{Builder, Runtime};
use support::child::in_own_process;
use support::panics::panic_of;
use support::polls::run;
use support::tcp::closed_addr;
use support::unix::Scratch;

/// The message of an operation that must fail.
async fn message_of<T>(operation: impl Future<Output = io::Result<T>>) -> String {
    message(operation.await)
}

fn message<T>(result: io::Result<T>) -> String {
    match result {
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

/// Alone, as a child that another test starts would hold the listener for a moment after it is dropped here.
#[test]
fn a_path_without_a_socket_is_named() {
    in_own_process("a_path_without_a_socket_is_named", || {
        run(async {
            let scratch = Scratch::new()?;
            let folder = scratch.parent().unwrap();
            let missing = folder.join("missing.sock");
            let message = message_of(UnixStream::connect(&missing)).await;
            assert_eq!(
                message,
                format!("cannot connect to {}: No such file or directory (os error 2)", missing.display())
            );

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
            assert_eq!(
                message,
                format!("cannot listen on {}: No such file or directory (os error 2)", nowhere.display())
            );
            io::Result::Ok(())
        })
        .unwrap();
    });
}

/// Has files seen by this thread as that user sees them. It does nothing unless called by root, to whom all is permitted.
fn become_user(id: u32) {
    // SAFETY: the call takes no pointer.
    unsafe { libc::setfsuid(id) };
}

#[test]
fn a_path_that_one_may_not_use_is_named() {
    in_own_process("a_path_that_one_may_not_use_is_named", || {
        let scratch = Scratch::new().unwrap();
        let _listener = UnixListener::bind(&scratch).unwrap();
        let folder = scratch.parent().unwrap();
        let permit = |path: &Path, mode| set_permissions(path, Permissions::from_mode(mode)).unwrap();
        permit(&scratch, 0);
        permit(folder, 0o555);
        run(async {
            become_user(65_534);
            let refused = message_of(UnixStream::connect(&scratch)).await;
            let other = message(UnixDatagram::bind(folder.join("other")));
            become_user(0);
            permit(folder, 0o755);
            let why = "Permission denied (os error 13)";
            assert_eq!(refused, format!("cannot connect to {}: {why}", scratch.display()));
            assert_eq!(other, format!("cannot bind to {}/other: {why}", folder.display()));
        });
    });
}

#[test]
fn the_target_of_a_datagram_is_named() -> io::Result<()> {
    run(async {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let all = SocketAddr::from(([127, 255, 255, 255], 9));
        let refused = format!("cannot send to {all}: Permission denied (os error 13)");
        assert_eq!(message_of(socket.send_to(b"x", all)).await, refused);
        assert_eq!(message_of(poll_fn(|cx| socket.poll_send_to(cx, b"x", all))).await, refused);
        assert_eq!(message(socket.try_send_to(b"x", all)), refused);

        let scratch = Scratch::new()?;
        let socket = UnixDatagram::unbound()?;
        let missing = format!("cannot send to {}: No such file or directory (os error 2)", scratch.display());
        assert_eq!(message_of(socket.send_to(b"x", &scratch)).await, missing);
        assert_eq!(message_of(poll_fn(|cx| socket.poll_send_to(cx, b"x", &scratch))).await, missing);
        assert_eq!(message(socket.try_send_to(b"x", &scratch)), missing);
        Ok(())
    })
}

/// The number of what was closed behind the back of its `AsyncFd`.
#[test]
fn a_descriptor_that_cannot_be_waited_for_is_named() {
    in_own_process("a_descriptor_that_cannot_be_waited_for_is_named", || {
        let file = File::open("/dev/null").unwrap();
        let number = file.as_raw_fd();
        // SAFETY: that the number names nothing when it is used is what is tested, in a process of its own.
        let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
        let fd = AsyncFd::keeping_flags(borrowed, Interest::READABLE);
        run(async {
            drop(file);
            let why = "Bad file descriptor (os error 9)";
            assert_eq!(message_of(fd.readable()).await, format!("cannot wait for descriptor {number}: {why}"));
        });
    });
}

/// Opens descriptors until there are no more, to be held.
fn hoard() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

const TOO_MANY: &str = "Too many open files (os error 24)";

#[test]
fn too_many_descriptors_are_named() {
    in_own_process("too_many_descriptors_are_named", || {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let addr = listener.local_addr()?;
            let _client = TcpStream::connect(addr).await?;
            let _hoard = hoard();

            let why = TOO_MANY;
            assert_eq!(message_of(TcpStream::connect(addr)).await, format!("cannot connect to {addr}: {why}"));
            assert_eq!(message_of(TcpListener::bind(addr)).await, format!("cannot listen on {addr}: {why}"));
            assert_eq!(message_of(listener.accept()).await, format!("cannot accept on {addr}: {why}"));
            assert_eq!(message_of(UdpSocket::bind(addr)).await, format!("cannot bind to {addr}: {why}"));
            assert_eq!(message(TcpSocket::new_v4()), format!("cannot open a TCP socket for IPv4: {why}"));
            assert_eq!(message(TcpSocket::new_v6()), format!("cannot open a TCP socket for IPv6: {why}"));
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn too_many_descriptors_for_unix_sockets_are_named() {
    in_own_process("too_many_descriptors_for_unix_sockets_are_named", || {
        run(async {
            let _hoard = hoard();
            assert_eq!(message_of(UnixStream::connect("/no")).await, format!("cannot connect to /no: {TOO_MANY}"));
            assert_eq!(message(UnixListener::bind("/no")), format!("cannot listen on /no: {TOO_MANY}"));
            assert_eq!(message(UnixDatagram::bind("/no")), format!("cannot bind to /no: {TOO_MANY}"));
            let pair = format!("cannot open a pair of Unix sockets: {TOO_MANY}");
            assert_eq!([message(UnixStream::pair()), message(UnixDatagram::pair())], [pair.clone(), pair]);
            assert_eq!(message(UnixDatagram::unbound()), format!("cannot open a Unix socket: {TOO_MANY}"));
        });
    });
}

#[test]
fn too_many_descriptors_for_a_runtime_are_named() {
    in_own_process("too_many_descriptors_for_a_runtime_are_named", || {
        let _hoard = hoard();
        let expected = format!("cannot make a runtime: {TOO_MANY}");
        assert_eq!([message(Runtime::new()), message(Builder::new().build())], [expected.clone(), expected.clone()]);
        assert_eq!(panic_of(|| epore::block_on(async {})).0, format!("`block_on`: {expected}"));
    });
}

#[test]
fn too_many_descriptors_for_a_listener_to_signals_are_named() {
    in_own_process("too_many_descriptors_for_a_listener_to_signals_are_named", || {
        run(async {
            let _hoard = hoard();
            let terminate = SignalKind::terminate();
            assert_eq!(message(signal(terminate)), format!("cannot listen to signal 15: {TOO_MANY}"));
            assert_eq!(message_of(ctrl_c()).await, format!("cannot listen to signal 2: {TOO_MANY}"));
            assert_eq!(message_of(shutdown_signal()).await, format!("cannot listen to SIGINT and SIGTERM: {TOO_MANY}"));
        });
    });
}
