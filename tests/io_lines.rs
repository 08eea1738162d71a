#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use epore::io::{BufReader, Lines};
use epore::net::TcpStream;
use epore::net::tcp::OwnedReadHalf;
use epore::time::timeout;
use support::polls::run;
use support::tcp::pair;

async fn lines_of(bytes: &[u8]) -> io::Result<Vec<String>> {
    let (stream, mut peer) = pair()?;
    peer.write_all(bytes)?;
    drop(peer);
    let mut lines = BufReader::with_capacity(3, stream).lines();
    let mut all = Vec::new();
    while let Some(line) = lines.next_line().await? {
        all.push(line);
    }
    assert_eq!(lines.next_line().await?, None, "the end stays");
    Ok(all)
}

#[test]
fn lines_end_with_a_newline_or_a_carriage_return_and_one() -> io::Result<()> {
    run(async {
        assert_eq!(lines_of(b"one\ntwo\r\n\n\r\nthree\n").await?, ["one", "two", "", "", "three"]);
        Ok(())
    })
}

#[test]
fn the_last_line_needs_no_end() -> io::Result<()> {
    run(async {
        assert_eq!(lines_of(b"one\ntwo").await?, ["one", "two"]);
        assert!(lines_of(b"").await?.is_empty());
        assert_eq!(lines_of(b"\n").await?, [""]);
        Ok(())
    })
}

#[test]
fn a_carriage_return_alone_ends_nothing() -> io::Result<()> {
    run(async {
        assert_eq!(lines_of(b"o\rne\r\r\ntwo\r").await?, ["o\rne\r", "two\r"]);
        Ok(())
    })
}

#[test]
fn a_line_that_is_not_utf8_is_an_error_and_the_next_one_comes() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        peer.write_all(b"\xff\ntwo\n")?;
        let mut lines = BufReader::new(stream).lines();
        assert_eq!(lines.next_line().await.unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
        Ok(())
    })
}

/// R24
#[test]
fn a_line_that_is_given_up_again_and_again_comes_whole() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut lines = BufReader::with_capacity(2, stream).lines();
        let sent = "a line that comes byte by byte";
        for byte in sent.bytes().chain(*b"\r") {
            peer.write_all(&[byte])?;
            lines.get_ref().get_ref().readable().await?;
            assert!(timeout(Duration::ZERO, lines.next_line()).await.is_err());
        }
        peer.write_all(b"\n")?;
        assert_eq!(lines.next_line().await?.as_deref(), Some(sent));
        Ok(())
    })
}

#[test]
fn their_type_can_be_named_as_in_a_struct() -> io::Result<()> {
    struct Member {
        lines: Lines<BufReader<OwnedReadHalf>>,
    }
    run(async {
        let (stream, mut peer): (TcpStream, _) = pair()?;
        let (read_half, _write_half) = stream.into_split();
        let mut member = Member { lines: BufReader::new(read_half).lines() };
        peer.write_all(b"one\ntwo\n")?;
        assert_eq!(member.lines.next_line().await?.as_deref(), Some("one"));
        assert_eq!(member.lines.get_mut().fill_buf().await?, b"two\n");
        assert_eq!(member.lines.into_inner().buffer(), b"two\n");
        Ok(())
    })
}
