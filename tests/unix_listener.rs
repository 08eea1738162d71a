mod support;

use std::cell::Cell;
use std::fs::{self, File};
use std::future::poll_fn;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use epore::net::UnixListener;
use support::child::in_own_process;
use support::polls::{poll_once, run, turns};
use support::unix::{Scratch, abstract_path, std_addr};

fn connect(path: &str) -> io::Result<UnixStream> {
    UnixStream::connect_addr(&std_addr(path)?)
}

#[test]
fn a_connection_is_accepted_with_the_address_of_its_peer() -> io::Result<()> {
    run(async {
        let scratch = Scratch::new()?;
        let listener = UnixListener::bind(&scratch)?;
        assert_eq!(listener.local_addr()?.as_pathname(), Some(&*scratch));
        let mut client = UnixStream::connect(&scratch)?;
        let (stream, peer) = listener.accept().await?;
        assert!(peer.is_unnamed());
        client.write_all(b"hello")?;
        assert_eq!(stream.read(&mut [0; 16]).await?, 5);
        Ok(())
    })
}

/// The standard library binds no stream before it connects it, but others do.
#[test]
fn a_peer_that_has_a_name_is_accepted_with_it() -> io::Result<()> {
    let Some(python) = support::program("python3") else { return Ok(()) };
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        let scratch = Scratch::new()?;
        let script = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1].replace('@', '\\0'))\n\
                      s.connect('\\0' + sys.argv[2])\ns.recv(1)";
        for name in [scratch.to_str().unwrap(), &abstract_path().replace('\0', "@")] {
            let mut child = std::process::Command::new(&python).args(["-c", script, name, &path[1..]]).spawn()?;
            let (stream, peer) = listener.accept().await?;
            assert_eq!(peer.to_string(), name);
            assert_eq!(stream.peer_addr()?, peer);
            stream.write_all(b"!").await?;
            assert!(child.wait()?.success());
        }
        Ok(())
    })
}

#[test]
fn a_stale_file_is_not_removed_and_the_error_says_so() -> io::Result<()> {
    let scratch = Scratch::new()?;
    drop(UnixListener::bind(&scratch)?);
    assert!(fs::exists(&scratch)?);
    let error = UnixListener::bind(&scratch).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    let expected = format!(
        "cannot listen on {} (a stale socket, if no process has it open: then remove it first): Address already in use (os \
         error 98)",
        scratch.display()
    );
    assert_eq!(error.to_string(), expected);
    fs::remove_file(&scratch)?;

    fs::write(&scratch, "no socket")?;
    let error = UnixListener::bind(&scratch).unwrap_err();
    let expected =
        format!("cannot listen on {} (which is no socket): Address already in use (os error 98)", scratch.display());
    assert_eq!(error.to_string(), expected);
    fs::remove_file(&scratch)?;
    UnixListener::bind(&scratch).map(|_| ())
}

/// Alone, as a child that another test starts would hold the listener for a moment after it is dropped here.
#[test]
fn an_abstract_name_in_use_is_named_and_is_free_when_its_listener_goes() {
    in_own_process("an_abstract_name_in_use_is_named_and_is_free_when_its_listener_goes", || {
        let path = abstract_path();
        let listener = UnixListener::bind(&path).unwrap();
        let error = UnixListener::bind_addr(&listener.local_addr().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert_eq!(
            error.to_string(),
            format!("cannot listen on @{}: Address already in use (os error 98)", &path[1..])
        );
        drop(listener);
        UnixListener::bind(&path).unwrap();
    });
}

#[test]
fn a_folder_that_is_missing_is_named() -> io::Result<()> {
    let scratch = Scratch::new()?;
    let error = UnixListener::bind(scratch.join("in/nowhere")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("socket/in/nowhere: "), "{error}");
    Ok(())
}

#[test]
fn many_that_are_queued_are_all_accepted() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        for _ in 0..3 {
            let _clients: Vec<_> = (0..100).map(|_| connect(&path)).collect::<io::Result<_>>()?;
            for _ in 0..100 {
                listener.accept().await?;
            }
            assert!(poll_once(pin!(listener.accept())).await.is_pending());
        }
        assert!(listener.take_error()?.is_none());
        Ok(())
    })
}

/// More than the 128 that the standard library asks for.
#[test]
fn the_backlog_is_as_long_as_the_system_allows() -> io::Result<()> {
    let most: usize = fs::read_to_string("/proc/sys/net/core/somaxconn")?.trim().parse().expect("a number");
    let path = abstract_path();
    let _listener = UnixListener::bind(&path)?;
    run(async {
        let mut clients = Vec::new();
        for count in 0..most.min(300) {
            let Poll::Ready(client) = poll_once(pin!(epore::net::UnixStream::connect(&path))).await else {
                panic!("the backlog is full after {count}");
            };
            clients.push(client?);
        }
        Ok(())
    })
}

#[test]
fn dropping_a_pending_accept_loses_no_connection() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        for round in 0..100 {
            let mut client = {
                let mut accept = pin!(listener.accept());
                assert!(poll_once(accept.as_mut()).await.is_pending());
                let client = connect(&path)?;
                turns(1).await;
                client
            };
            client.write_all(&[round])?;
            let mut buffer = [0];
            listener.accept().await?.0.read_exact(&mut buffer).await?;
            assert_eq!(buffer, [round]);
        }
        Ok(())
    })
}

#[test]
fn a_blocking_listener_of_the_standard_library_does_not_block_the_runtime() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let blocking = std::os::unix::net::UnixListener::bind_addr(&std_addr(&path)?)?;
        let listener = UnixListener::from_std(blocking)?;
        assert!(poll_once(pin!(listener.accept())).await.is_pending());
        let listener = UnixListener::from_std(listener.into_std()?)?;
        let _client = connect(&path)?;
        assert!(poll_fn(|cx| listener.poll_accept(cx)).await?.1.is_unnamed());
        Ok(())
    })
}

#[test]
fn accepted_streams_are_closed_on_exec() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        let client = epore::net::UnixStream::connect(&path).await?;
        let (stream, _) = listener.accept().await?;
        for fd in [listener.as_raw_fd(), client.as_raw_fd(), stream.as_raw_fd()] {
            // SAFETY: the call takes no pointer.
            assert_eq!(unsafe { libc::fcntl(fd, libc::F_GETFD) }, libc::FD_CLOEXEC);
        }
        Ok(())
    })
}

#[test]
fn listeners_are_send_and_sync() -> io::Result<()> {
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    fn is_send<T: Send>(_: &T) {}
    let listener = UnixListener::bind(abstract_path())?;
    is_send_and_sync(&listener);
    is_send(&listener.accept());
    Ok(())
}

const LIMIT: u64 = 64;

/// R6
#[test]
fn accepting_at_the_descriptor_limit_waits_for_others_to_close() {
    in_own_process("accepting_at_the_descriptor_limit_waits_for_others_to_close", || {
        run(async {
            let path = abstract_path();
            let listener = UnixListener::bind(&path)?;
            let _client = connect(&path)?;
            let hoard: Vec<_> = (0..LIMIT).map(|_| File::open("/dev/null")).collect::<io::Result<_>>()?;
            let limit = libc::rlimit { rlim_cur: LIMIT, rlim_max: LIMIT };
            // SAFETY: the pointer is to a live limit, which the kernel only reads.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);

            let ticks = Rc::new(Cell::new(0));
            let ticking = Rc::clone(&ticks);
            let _ticker = epore::spawn(async move {
                loop {
                    turns(1).await;
                    ticking.set(ticking.get() + 1);
                }
            });
            assert!(listener.accept().await.unwrap_err().to_string().ends_with("Too many open files (os error 24)"));
            assert!(ticks.get() > 0, "other tasks run meanwhile");
            drop(hoard);
            listener.accept().await.map(|_| ())
        })
        .unwrap();
    });
}
