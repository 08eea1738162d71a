#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind};
use std::path::Path;

use epore::net::unix::SocketAddr;
use epore::net::{UnixDatagram, UnixListener, UnixStream};
use support::polls::run;
use support::unix::{Scratch, abstract_path, std_addr};

#[test]
fn a_path_stays_what_it_is() -> io::Result<()> {
    let addr = SocketAddr::from_pathname("/run/a.sock")?;
    assert_eq!(addr.as_pathname(), Some(Path::new("/run/a.sock")));
    assert_eq!((addr.is_unnamed(), addr.as_abstract_name()), (false, None));
    assert_eq!((format!("{addr}"), format!("{addr:?}")), ("/run/a.sock".to_owned(), "\"/run/a.sock\"".to_owned()));
    Ok(())
}

#[test]
fn an_abstract_name_may_hold_any_bytes() -> io::Result<()> {
    for name in [&b"name"[..], b"", b"\0\xFF\0"] {
        let addr = SocketAddr::from_abstract_name(name)?;
        assert_eq!(addr.as_abstract_name(), Some(name));
        assert_eq!((addr.is_unnamed(), addr.as_pathname()), (false, None));
    }
    let addr = SocketAddr::from_abstract_name("name")?;
    assert_eq!((format!("{addr}"), format!("{addr:?}")), ("@name".to_owned(), "@\"name\"".to_owned()));
    Ok(())
}

#[test]
fn addresses_go_to_the_standard_library_and_come_back() -> io::Result<()> {
    let unnamed = SocketAddr::from(std::os::unix::net::UnixStream::pair()?.0.local_addr()?);
    assert!(unnamed.is_unnamed());
    assert_eq!((unnamed.as_pathname(), unnamed.as_abstract_name()), (None, None));
    assert_eq!((format!("{unnamed}"), format!("{unnamed:?}")), ("(unnamed)".to_owned(), "(unnamed)".to_owned()));
    for addr in [unnamed, SocketAddr::from_pathname("a/b")?, SocketAddr::from_abstract_name("a\0b")?] {
        let std = std::os::unix::net::SocketAddr::try_from(addr.clone())?;
        assert_eq!((std.is_unnamed(), std.as_pathname()), (addr.is_unnamed(), addr.as_pathname()));
        assert_eq!(SocketAddr::from(std), addr);
    }
    Ok(())
}

#[test]
fn a_name_that_is_too_long_is_an_error_that_names_it_and_the_limit() -> io::Result<()> {
    let (longest, too_long) = ("x".repeat(107), "x".repeat(108));
    SocketAddr::from_pathname(&longest)?;
    SocketAddr::from_abstract_name(&longest)?;
    let errors = [
        (SocketAddr::from_pathname(&too_long).unwrap_err(), "path"),
        (SocketAddr::from_abstract_name(&too_long).unwrap_err(), "abstract name"),
        (run(UnixStream::connect(&too_long)).unwrap_err(), "path"),
        (UnixListener::bind(format!("\0{too_long}")).unwrap_err(), "abstract name"),
        (UnixDatagram::bind(&too_long).unwrap_err(), "path"),
        (run(UnixDatagram::unbound()?.send_to(b"x", &too_long)).unwrap_err(), "path"),
    ];
    for (error, what) in errors {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let expected = format!("the {what} of a socket may have 107 bytes, and this has 108: \"{too_long}\"");
        assert_eq!(error.to_string(), expected);
    }
    Ok(())
}

#[test]
fn a_path_with_a_zero_byte_in_it_is_an_error() {
    for error in [SocketAddr::from_pathname("a\0b").unwrap_err(), UnixListener::bind("a\0b").unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), "the path of a socket holds a zero byte: \"a\\0b\"");
    }
    assert_eq!(SocketAddr::from_pathname("\0name").unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn an_empty_path_is_an_error() {
    for error in [SocketAddr::from_pathname("").unwrap_err(), run(UnixStream::connect("")).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), "the path of a socket is empty");
    }
}

#[test]
fn the_longest_names_are_bound_and_reported_whole() -> io::Result<()> {
    let scratch = Scratch::new()?;
    let folder = scratch.parent().unwrap().to_str().unwrap();
    let path = format!("{folder}/{}", "x".repeat(107 - folder.len() - 1));
    let name = abstract_path();
    let name = format!("{name}{}", "x".repeat(108 - name.len()));
    run(async {
        for path in [&path, &name] {
            let (receiver, sender) = (UnixDatagram::bind(path)?, UnixDatagram::unbound()?);
            sender.send_to(b"hello", path).await?;
            assert_eq!(receiver.recv(&mut [0; 16]).await?, 5);
            receiver.send_to_addr(b"to itself", &receiver.local_addr()?).await?;
            let (_, from) = receiver.recv_from(&mut [0; 16]).await?;
            assert_eq!(from, receiver.local_addr()?);
            let reported = from.as_pathname().map(|path| path.to_str().unwrap().to_owned());
            assert!(reported.as_ref().is_none_or(|reported| reported == path));
            assert!(from.as_abstract_name().is_none_or(|name| name == &path.as_bytes()[1..]));
            assert!(!from.is_unnamed());
        }
        Ok(())
    })
}

#[test]
fn a_path_that_begins_with_a_zero_byte_stands_for_an_abstract_name() -> io::Result<()> {
    run(async {
        let path = abstract_path();
        let listener = UnixListener::bind(&path)?;
        assert_eq!(listener.local_addr()?, std_addr(&path)?.into());
        let stream = UnixStream::connect(&path).await?;
        assert_eq!(stream.peer_addr()?.as_abstract_name(), Some(&path.as_bytes()[1..]));
        Ok(())
    })
}
