//! `UCred`: who is at the other end of a Unix socket.

mod support;

use std::io;
use std::process;

use epore::net::{UnixListener, UnixStream};
use support::polls::run;
use support::unix::abstract_path;

#[test]
fn the_peer_is_known_by_its_credentials() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        let client = UnixStream::connect(&path).await?;
        let (stream, _) = listener.accept().await?;
        let (one, other) = UnixStream::pair()?;
        for stream in [client, stream, one, other] {
            let peer = stream.peer_cred()?;
            assert_eq!(peer.pid(), Some(process::id() as i32));
            // SAFETY: the calls take no pointer.
            assert_eq!((peer.uid(), peer.gid()), unsafe { (libc::geteuid(), libc::getegid()) });
        }
        Ok(())
    })
}

/// The credentials are those of whoever connects, not our own.
#[test]
fn another_process_is_known_by_its_credentials() -> io::Result<()> {
    let Some(python) = support::program("python3") else { return Ok(()) };
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        let script = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0' + sys.argv[1])\ns.recv(1)";
        let mut child = process::Command::new(python).args(["-c", script, &path[1..]]).spawn()?;
        let (stream, _) = listener.accept().await?;
        assert_eq!(stream.peer_cred()?.pid(), Some(child.id() as i32));
        stream.write_all(b"!").await?;
        assert!(child.wait()?.success());
        Ok(())
    })
}
