#![forbid(unsafe_code)]

mod support;

use std::io::{self, ErrorKind, Read};

use epore::io::BufWriter;
use futures::future::join;
use support::polls::{drop_at, run, turns};
use support::tcp::{fill, pair, pattern, reset};

#[test]
fn small_writes_are_sent_together() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut writer = BufWriter::with_capacity(10, stream);
        assert_eq!(writer.write(b"12345").await?, 5);
        writer.write_all(b"67890").await?;
        assert_eq!(writer.buffer(), b"1234567890");
        peer.set_nonblocking(true)?;
        assert_eq!(peer.read(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
        peer.set_nonblocking(false)?;

        writer.write_all(b"ab").await?;
        assert_eq!(writer.buffer(), b"ab");
        let mut received = [0; 10];
        peer.read_exact(&mut received)?;
        assert_eq!(&received, b"1234567890");

        writer.flush().await?;
        assert_eq!(writer.buffer(), b"");
        peer.read_exact(&mut received[..2])?;
        assert_eq!(&received[..2], b"ab");
        Ok(())
    })
}

/// R24
#[test]
fn a_flush_that_is_dropped_goes_on_where_it_was() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let sent = pattern(16 << 20);
        let mut writer = BufWriter::with_capacity(sent.len() + 1, stream);
        writer.write_all(&sent).await?;
        assert!(drop_at(1, writer.flush()).await.is_none());
        let left = writer.buffer().len();
        assert!(0 < left && left < sent.len(), "{left}");
        let drain = std::thread::spawn(move || {
            let mut received = Vec::new();
            peer.read_to_end(&mut received).map(|_| received)
        });
        writer.shutdown().await?;
        assert!(drain.join().unwrap()? == sent);
        Ok(())
    })
}

#[test]
fn large_writes_pass_by_the_buffer_in_order() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut writer = BufWriter::with_capacity(10, stream);
        writer.write_all(&pattern(30)[..5]).await?;
        writer.write_all(&pattern(30)[5..]).await?;
        assert_eq!(writer.buffer(), b"");
        let mut received = [0; 30];
        peer.read_exact(&mut received)?;
        assert!(received[..] == pattern(30));
        Ok(())
    })
}

#[test]
fn without_a_buffer_all_passes_on() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut writer = BufWriter::with_capacity(0, &stream);
        writer.write_all(b"").await?;
        writer.write_all(b"hello").await?;
        let mut received = [0; 5];
        peer.read_exact(&mut received)?;
        assert_eq!(&received, b"hello");
        Ok(())
    })
}

#[test]
fn shutdown_sends_what_is_there_and_ends_the_stream() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let mut writer = BufWriter::new(stream.into_split().1);
        writer.write_all(b"good").await?;
        writer.write_all(b"bye").await?;
        writer.shutdown().await?;
        let mut received = Vec::new();
        peer.read_to_end(&mut received)?;
        assert_eq!(received, b"goodbye");
        assert_eq!(writer.get_ref().local_addr()?, writer.get_mut().local_addr()?);
        writer.into_inner().forget();
        Ok(())
    })
}

#[test]
fn what_could_not_be_sent_stays() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        let mut writer = BufWriter::new(stream);
        writer.write_all(b"too late").await?;
        reset(peer)?;
        assert_eq!(writer.flush().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(writer.flush().await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(writer.buffer(), b"too late");
        Ok(())
    })
}

/// R24
#[test]
fn writes_and_flushes_that_are_dropped_lose_nothing_and_send_nothing_twice() -> io::Result<()> {
    run(async {
        let (stream, mut peer) = pair()?;
        let filled = fill(&stream)?;
        let mut writer = BufWriter::with_capacity(3000, &stream);
        let sent = pattern(2 << 20);
        let drain = std::thread::spawn(move || {
            peer.read_exact(&mut vec![0; filled])?;
            let mut received = Vec::new();
            peer.read_to_end(&mut received).map(|_| received)
        });
        let (mut place, mut drops, mut nth) = (0, 0, 1);
        while place < sent.len() {
            let end = sent.len().min(place + 1 + place % 5000);
            let (written, ()) = join(drop_at(nth, writer.write(&sent[place..end])), turns(1)).await;
            match written {
                Some(count) => place += count?,
                None => drops += 1,
            }
            if drop_at(nth, writer.flush()).await.transpose()?.is_none() {
                drops += 1;
            }
            nth = nth % 2 + 1;
        }
        writer.flush().await?;
        drop(stream);
        assert!(drain.join().unwrap()? == sent);
        assert!(drops > 0);
        Ok(())
    })
}

#[test]
fn writing_can_be_sent_to_another_thread() -> io::Result<()> {
    fn assert_send(_: &impl Send) {}
    let (stream, _peer) = pair()?;
    let mut writer = BufWriter::new(stream);
    assert_send(&writer.write_all(b""));
    assert_send(&writer.shutdown());
    Ok(())
}
