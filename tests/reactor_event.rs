//! `Event`: what hang-ups, errors and exceptional conditions are reported as.

mod support;

use std::io::{ErrorKind, Read, Write, pipe};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::ptr;

use epore::reactor::{Interest, Poll, Token};
use support::reactor::{poll_now, poll_one, poll_until};

fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

/// Makes closing reset the connection.
fn set_linger_zero(stream: &TcpStream) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let size = size_of::<libc::linger>() as libc::socklen_t;
    let value = ptr::from_ref(&linger).cast();
    // SAFETY: `value` points to `size` bytes that live until the call returns.
    let result = unsafe { libc::setsockopt(stream.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, value, size) };
    assert_eq!(result, 0);
}

fn send_out_of_band(stream: &TcpStream, byte: u8) {
    let buffer = ptr::from_ref(&byte).cast();
    // SAFETY: `buffer` points to the one byte that is sent, and lives until the call returns.
    let count = unsafe { libc::send(stream.as_raw_fd(), buffer, 1, libc::MSG_OOB | libc::MSG_NOSIGNAL) };
    assert_eq!(count, 1);
}

/// R5: HUP comes without IN.
#[test]
fn a_drained_pipe_whose_writer_is_gone_is_readable() {
    let mut poll = Poll::new().unwrap();
    let (mut reader, mut writer) = pipe().unwrap();
    writer.write_all(b"x").unwrap();
    reader.read_exact(&mut [0]).unwrap();
    poll.registry().register(&reader, 1, Interest::READABLE).unwrap();
    assert!(poll_now(&mut poll).is_empty());

    drop(writer);
    let event = poll_one(&mut poll);
    assert!(event.is_readable() && event.is_read_closed() && !event.is_error(), "{event:?}");
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}

/// R5: ERR comes without OUT.
#[test]
fn a_full_pipe_whose_reader_is_gone_is_writable() {
    let mut poll = Poll::new().unwrap();
    let (reader, mut writer) = pipe().unwrap();
    poll.registry().register(&writer, 1, Interest::WRITABLE.level()).unwrap();
    while !poll_now(&mut poll).is_empty() {
        writer.write_all(&[0; 4096]).unwrap();
    }

    drop(reader);
    let event = poll_one(&mut poll);
    assert!(event.is_writable() && event.is_error() && !event.is_read_closed(), "{event:?}");
    assert_eq!(writer.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
}

/// R5: errors and hang-ups wake whoever waits, in either direction.
#[test]
fn a_unix_peer_that_is_gone_wakes_both_directions() {
    for interest in [Interest::READABLE, Interest::WRITABLE, Interest::PRIORITY] {
        let mut poll = Poll::new().unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        poll.registry().register(&ours, 1, interest).unwrap();
        let event = poll_one(&mut poll);
        assert!(event.is_readable() && event.is_writable(), "{interest:?}: {event:?}");
        assert!(event.is_read_closed() && event.is_write_closed(), "{interest:?}: {event:?}");
    }
}

/// R5: a reset is an error in both directions, and the read says which.
#[test]
fn a_tcp_connection_that_is_reset_wakes_both_directions() {
    for interest in [Interest::READABLE, Interest::WRITABLE, Interest::PRIORITY] {
        let mut poll = Poll::new().unwrap();
        let (mut ours, theirs) = tcp_pair();
        set_linger_zero(&theirs);
        drop(theirs);
        poll.registry().register(&ours, 1, interest).unwrap();
        let event = poll_until(&mut poll, |event| event.is_error());
        assert!(event.is_readable() && event.is_writable(), "{interest:?}: {event:?}");
        assert!(event.is_read_closed() && event.is_write_closed(), "{interest:?}: {event:?}");
        assert_eq!(ours.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

/// R4: the half of the connection that is left still works.
#[test]
fn a_peer_that_has_ended_its_half_is_read_closed_only() {
    let mut poll = Poll::new().unwrap();
    let (mut ours, mut theirs) = tcp_pair();
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    theirs.shutdown(std::net::Shutdown::Write).unwrap();

    let event = poll_one(&mut poll);
    assert!(event.is_readable() && event.is_read_closed(), "{event:?}");
    assert!(!event.is_writable() && !event.is_write_closed() && !event.is_error(), "{event:?}");

    ours.write_all(b"still here").unwrap();
    drop(ours);
    let mut text = String::new();
    theirs.read_to_string(&mut text).unwrap();
    assert_eq!(text, "still here");
}

#[test]
fn data_and_end_of_stream_can_come_as_one_event() {
    let mut poll = Poll::new().unwrap();
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(b"last words").unwrap();
    drop(theirs);
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    let event = poll_one(&mut poll);
    assert!(event.is_readable() && event.is_read_closed());
    assert!(poll_now(&mut poll).is_empty());

    let mut text = String::new();
    ours.read_to_string(&mut text).unwrap();
    assert_eq!(text, "last words");
}

#[test]
fn both_halves_ended_are_write_closed() {
    let mut poll = Poll::new().unwrap();
    let (ours, theirs) = tcp_pair();
    ours.shutdown(std::net::Shutdown::Write).unwrap();
    theirs.shutdown(std::net::Shutdown::Write).unwrap();
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    let event = poll_until(&mut poll, |event| event.is_write_closed());
    assert!(event.is_readable() && event.is_writable() && event.is_read_closed() && !event.is_error(), "{event:?}");
}

#[test]
fn out_of_band_data_is_a_priority_event() {
    let mut poll = Poll::new().unwrap();
    let (ours, theirs) = tcp_pair();
    poll.registry().register(&ours, 1, Interest::PRIORITY).unwrap();
    assert!(poll_now(&mut poll).is_empty());
    send_out_of_band(&theirs, b'!');
    let event = poll_one(&mut poll);
    assert!(event.is_priority() && !event.is_readable() && !event.is_writable() && !event.is_error(), "{event:?}");
}

#[test]
fn out_of_band_data_is_not_reported_to_who_asked_for_none() {
    let mut poll = Poll::new().unwrap();
    let (ours, mut theirs) = tcp_pair();
    poll.registry().register(&ours, 1, Interest::READABLE).unwrap();
    send_out_of_band(&theirs, b'!');
    theirs.write_all(b"x").unwrap();
    assert!(!poll_until(&mut poll, |event| event.is_readable()).is_priority());
}

#[test]
fn the_debug_form_names_the_token_and_the_conditions() {
    let mut poll = Poll::new().unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    poll.registry().register(&ours.as_fd(), 6, Interest::READABLE).unwrap();
    theirs.write_all(b"x").unwrap();
    let event = poll_one(&mut poll);
    let text = format!("{event:?}");
    assert_eq!(event.token(), Token(6));
    assert!(text.contains("token: Token(6)") && text.contains("readable: true"), "{text}");
    assert!(text.contains("writable: false") && text.contains("error: false"), "{text}");
}
