//! Connecting to a Unix socket.

#[path = "support/backlog.rs"]
mod backlog;
mod support;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net;
use std::thread;
use std::time::Duration;

use backlog::short_listener;
use epore::net::{UnixListener, UnixStream};
use epore::time::timeout;
use support::child::in_own_process;
use support::polls::{count_polls, drop_at, run, turns};
use support::unix::{Scratch, abstract_path};

fn assert_refused(path: &str, kind: ErrorKind) {
    let error = run(UnixStream::connect(path)).unwrap_err();
    assert_eq!(error.kind(), kind);
    let shown = path.replace('\0', "@");
    assert!(error.to_string().starts_with(&format!("cannot connect to {shown}: ")), "{error}");
}

/// R22. Alone, as a child that another test starts would hold the listener for a moment after it is dropped here.
#[test]
fn where_nobody_listens_the_error_names_the_path() {
    in_own_process("where_nobody_listens_the_error_names_the_path", || {
        let scratch = Scratch::new().unwrap();
        let path = scratch.to_str().unwrap();
        assert_refused(path, ErrorKind::NotFound);
        assert_refused(&format!("{path}/in/nowhere"), ErrorKind::NotFound);
        assert_refused(&abstract_path(), ErrorKind::ConnectionRefused);
        drop(UnixListener::bind(path).unwrap());
        assert_refused(path, ErrorKind::ConnectionRefused);
        assert_refused(&format!("{path}/below"), ErrorKind::NotADirectory);
        let file = scratch.with_file_name("file");
        File::create(&file).unwrap();
        assert_refused(file.to_str().unwrap(), ErrorKind::ConnectionRefused);
        assert_refused(scratch.parent().unwrap().to_str().unwrap(), ErrorKind::ConnectionRefused);
    });
}

/// R22
#[test]
fn a_socket_that_takes_messages_is_not_connected_to() -> io::Result<()> {
    let scratch = Scratch::new()?;
    let _datagrams = net::UnixDatagram::bind(&scratch)?;
    let error = run(UnixStream::connect(&scratch)).unwrap_err();
    assert!(error.to_string().contains("socket: Protocol wrong type for socket"), "{error}");
    Ok(())
}

/// R22
#[test]
fn a_socket_that_is_not_for_us_is_an_error_that_names_it() {
    in_own_process("a_socket_that_is_not_for_us_is_an_error_that_names_it", || {
        let scratch = Scratch::new().unwrap();
        let _listener = UnixListener::bind(&scratch).unwrap();
        fs::set_permissions(&scratch, fs::Permissions::from_mode(0o0)).unwrap();
        // SAFETY: the calls take no pointer.
        let own = unsafe { libc::geteuid() };
        let set = |uid| {
            // SAFETY: the call takes no pointer.
            assert!(own != 0 || unsafe { libc::seteuid(uid) } == 0);
        };
        // The superuser may connect to all.
        set(65534);
        let error = run(UnixStream::connect(&scratch)).unwrap_err();
        set(own);
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().starts_with(&format!("cannot connect to {}: ", scratch.display())), "{error}");
    });
}

/// R22: the system says `EAGAIN`, and no event ever comes.
#[test]
fn connecting_waits_for_room_in_a_full_backlog() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = short_listener(&path)?;
        let first = UnixStream::connect(&path).await?;
        let waiting = [(); 3].map(|()| {
            let path = path.clone();
            epore::spawn(async move { UnixStream::connect(path).await })
        });
        turns(3).await;
        assert!(waiting.iter().all(|connecting| !connecting.is_finished()));
        let mut peers = vec![listener.accept()?.0];
        let mut streams = vec![first];
        let accepting = thread::spawn(move || {
            peers.extend((0..3).map(|_| listener.accept().unwrap().0));
            peers
        });
        for connecting in waiting {
            streams.push(connecting.await.unwrap()?);
        }
        let mut peers = accepting.join().unwrap();
        for stream in &streams {
            assert!(stream.peer_addr()?.as_abstract_name().is_some(), "it is connected");
            stream.write_all(b"x").await?;
        }
        for peer in &mut peers {
            peer.read_exact(&mut [0; 1])?;
        }
        Ok(())
    })
}

/// R22
#[test]
fn waiting_for_room_in_a_full_backlog_does_not_spin() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let _listener = short_listener(&path)?;
        let _first = UnixStream::connect(&path).await?;
        let (connecting, polls) = count_polls(UnixStream::connect(&path));
        assert!(timeout(Duration::from_millis(150), connecting).await.is_err());
        // One poll, one for each wait of 1, 2, 4, 8, 16, 32 and 64 ms, and one for the end.
        assert!((2..=9).contains(&polls.get()), "{} polls", polls.get());
        Ok(())
    })
}

/// R22
#[test]
fn a_listener_that_goes_while_its_backlog_is_full_refuses() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = short_listener(&path)?;
        let _first = UnixStream::connect(&path).await?;
        let connecting = epore::spawn(async move { UnixStream::connect(path).await });
        turns(2).await;
        assert!(!connecting.is_finished());
        drop(listener);
        assert_eq!(connecting.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionRefused);
        Ok(())
    })
}

#[test]
fn giving_up_a_connect_connects_to_nobody() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = short_listener(&path)?;
        let _first = UnixStream::connect(&path).await?;
        for nth in 1..4 {
            assert!(drop_at(nth, UnixStream::connect(&path)).await.is_none());
        }
        listener.accept()?;
        listener.set_nonblocking(true)?;
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        Ok(())
    })
}

#[test]
fn giving_up_a_connect_closes_its_socket() {
    in_own_process("giving_up_a_connect_closes_its_socket", || {
        run(async {
            let path = abstract_path();
            let _listener = short_listener(&path)?;
            let _first = UnixStream::connect(&path).await?;
            let open = support::open_descriptors().len();
            assert!(drop_at(2, UnixStream::connect(&path)).await.is_none());
            assert_eq!(support::open_descriptors().len(), open);
            io::Result::Ok(())
        })
        .unwrap();
    });
}
