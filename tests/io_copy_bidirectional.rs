//! R25: a proxy copies ends as it copies bytes.

mod support;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsRawFd;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use std::{fs, thread};

use epore::JoinHandle;
use epore::io::copy_bidirectional;
use epore::net::{TcpStream, UnixStream};
use futures::future::try_join;
use support::child::in_own_process;
use support::open_descriptors;
use support::polls::{count_polls, drop_at, poll_once, run, turns};
use support::tcp::{fill, pair, pattern, std_pair};

/// What each direction of a copy that is dropped may hold.
const BUFFER_SIZE: usize = 32 * 1024;

type Copied = io::Result<(u64, u64)>;

fn stream_pair() -> io::Result<(TcpStream, TcpStream)> {
    let (stream, peer) = pair()?;
    Ok((stream, TcpStream::from_std(peer)?))
}

/// A client and a server, and the task between them.
struct Proxied {
    client: TcpStream,
    server: TcpStream,
    proxy: JoinHandle<Copied>,
    /// The addresses of the proxy's sockets, each with that of its peer.
    legs: [(SocketAddr, SocketAddr); 2],
}

impl Proxied {
    fn new() -> io::Result<Proxied> {
        let ((inbound, client), (outbound, server)) = (stream_pair()?, stream_pair()?);
        let legs = [(inbound.local_addr()?, inbound.peer_addr()?), (outbound.local_addr()?, outbound.peer_addr()?)];
        let proxy = epore::spawn(async move { copy_bidirectional(&inbound, &outbound).await });
        Ok(Proxied { client, server, proxy, legs })
    }
}

/// How a peer ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// It ends its stream, and still reads.
    Fin,
    /// It closes its socket, all having been read.
    Close,
    Reset,
}

/// Gives the stream back if it is still open.
async fn end(peer: TcpStream, how: End) -> io::Result<Option<TcpStream>> {
    match how {
        End::Fin => return peer.shutdown().await.map(|()| Some(peer)),
        End::Close => {}
        End::Reset => peer.set_linger(Some(Duration::ZERO))?,
    }
    Ok(None)
}

async fn say(from: &TcpStream, to: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    let mut heard = vec![0; bytes.len()];
    try_join(from.write_all(bytes), to.read_exact(&mut heard)).await?;
    assert!(heard == bytes);
    Ok(())
}

/// Whether the system still has this socket, waiting for its owner to close it. See proc_pid_net(5).
fn waits_to_be_closed((local, peer): (SocketAddr, SocketAddr)) -> bool {
    const CLOSE_WAIT: &str = "08";
    let [local, peer] = [local, peer].map(|addr| format!("0100007F:{:04X}", addr.port()));
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
    sockets.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields[1..4] == [&local, &peer, CLOSE_WAIT]
    })
}

/// One peer ends, then the other. All that both said arrives, and the ends, and the proxy closes its sockets.
async fn two_ends(is_client_first: bool, [first_end, second_end]: [End; 2]) -> io::Result<()> {
    let Proxied { client, server, proxy, legs } = Proxied::new()?;
    let bytes = pattern(100_000);
    say(&client, &server, &bytes).await?;
    say(&server, &client, &bytes[..50_000]).await?;
    let (first, second) = if is_client_first { (client, server) } else { (server, client) };

    let first = end(first, first_end).await?;
    assert_eq!(second.read(&mut [0; 16]).await?, 0, "the end arrives");
    let mut last_words = 0;
    if let Some(first) = &first {
        say(&second, first, b"last words").await?;
        last_words = 10;
    }
    let _second = end(second, second_end).await?;
    let copied = proxy.await.unwrap();
    if first_end == End::Reset || second_end == End::Reset {
        assert_eq!(copied.unwrap_err().kind(), ErrorKind::ConnectionReset);
    } else if is_client_first {
        assert_eq!(copied?, (100_000, 50_000 + last_words));
    } else {
        assert_eq!(copied?, (100_000 + last_words, 50_000));
    }
    assert!(!legs.into_iter().any(waits_to_be_closed));
    Ok(())
}

#[test]
fn ends_pass_through_in_every_order() {
    in_own_process("ends_pass_through_in_every_order", || {
        let before = open_descriptors();
        for is_client_first in [true, false] {
            for first in [End::Fin, End::Close, End::Reset] {
                for second in [End::Fin, End::Close, End::Reset] {
                    run(two_ends(is_client_first, [first, second]))
                        .unwrap_or_else(|error| panic!("{is_client_first} {first:?} {second:?}: {error}"));
                    assert_eq!(open_descriptors(), before, "{is_client_first} {first:?} {second:?}");
                }
            }
        }
    });
}

#[test]
fn a_reset_ends_all_though_the_other_peer_is_idle() -> io::Result<()> {
    for is_client_reset in [true, false] {
        run(async {
            let Proxied { client, server, proxy, legs } = Proxied::new()?;
            say(&client, &server, b"request").await?;
            let (reset, idle) = if is_client_reset { (client, server) } else { (server, client) };
            end(reset, End::Reset).await?;
            assert_eq!(proxy.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
            assert_eq!(idle.read(&mut [0; 16]).await?, 0);
            assert!(!legs.into_iter().any(waits_to_be_closed));
            io::Result::Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_peer_that_ends_and_then_breaks_off_ends_all_though_the_other_is_idle() -> io::Result<()> {
    for is_client_gone in [true, false] {
        run(async {
            let Proxied { client, server, proxy, .. } = Proxied::new()?;
            say(&client, &server, b"request").await?;
            let (gone, idle) = if is_client_gone { (client, server) } else { (server, client) };
            gone.shutdown().await?;
            assert_eq!(idle.read(&mut [0; 16]).await?, 0);
            say(&idle, &gone, b"answer").await?;
            turns(3).await;
            assert!(!proxy.is_finished());
            end(gone, End::Reset).await?;
            assert_eq!(proxy.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
            assert_eq!(
                idle.write(b"more").await.and(idle.write(b"more").await).unwrap_err().kind(),
                ErrorKind::BrokenPipe
            );
            io::Result::Ok(())
        })?;
    }
    Ok(())
}

/// Closes a stream whose system forgets it after a second, and not after a minute: from then on it answers with a reset.
fn close_and_be_forgotten(stream: TcpStream) {
    set_option(&stream, libc::IPPROTO_TCP, libc::TCP_LINGER2, 1);
}

/// Has the system ask after a silent peer every second.
fn keep_alive(stream: &TcpStream) {
    set_option(stream, libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1);
    set_option(stream, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, 1);
    set_option(stream, libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, 1);
}

fn set_option(stream: &TcpStream, level: libc::c_int, name: libc::c_int, value: libc::c_int) {
    let size = size_of_val(&value) as libc::socklen_t;
    // SAFETY: the call reads an integer of the size given from where the pointer points.
    let result = unsafe { libc::setsockopt(stream.as_raw_fd(), level, name, (&raw const value).cast(), size) };
    assert_eq!(result, 0);
}

#[test]
fn keepalive_finds_out_that_a_peer_has_closed_though_the_other_is_idle() -> io::Result<()> {
    run(async {
        let ((inbound, client), (outbound, server)) = (stream_pair()?, stream_pair()?);
        keep_alive(&inbound);
        let proxy = epore::spawn(async move { copy_bidirectional(&inbound, &outbound).await });
        close_and_be_forgotten(client);
        assert_eq!(server.read(&mut [0; 16]).await?, 0);
        assert_eq!(proxy.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
        Ok(())
    })
}

#[test]
fn a_unix_peer_that_is_gone_ends_the_whole_in_good_order() -> io::Result<()> {
    run(async {
        let (inbound, client) = std::os::unix::net::UnixStream::pair()?;
        let (outbound, server) = stream_pair()?;
        let inbound = UnixStream::from_std(inbound)?;
        let proxy = epore::spawn(async move { copy_bidirectional(&inbound, &outbound).await });
        turns(3).await;
        drop(client);
        assert_eq!(server.read(&mut [0; 16]).await?, 0);
        assert_eq!(proxy.await.unwrap()?, (0, 0), "though the server is silent");
        Ok(())
    })
}

/// Their bytes can reach nobody: that is an error, as with TCP.
/// Alone, as a child that another test starts would hold the client for a moment after it is dropped here.
#[test]
fn what_the_other_said_to_a_unix_peer_that_is_gone_is_an_error() {
    in_own_process("what_the_other_said_to_a_unix_peer_that_is_gone_is_an_error", || {
        run(async {
            let (inbound, client) = std::os::unix::net::UnixStream::pair()?;
            let (outbound, mut server) = std::os::unix::net::UnixStream::pair()?;
            let (inbound, outbound) = (UnixStream::from_std(inbound)?, UnixStream::from_std(outbound)?);
            let proxy = epore::spawn(async move { copy_bidirectional(&inbound, &outbound).await });
            turns(3).await;
            // Both have happened when the proxy looks next.
            server.write_all(b"answer")?;
            drop(client);
            assert_eq!(proxy.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
            assert_eq!(server.read(&mut [0; 16])?, 0);
            io::Result::Ok(())
        })
        .unwrap();
    });
}

#[test]
fn copying_can_be_sent_to_another_thread() -> io::Result<()> {
    fn assert_send(_: &impl Send) {}
    let (stream, _peer) = pair()?;
    assert_send(&copy_bidirectional(&stream, &stream));
    Ok(())
}

#[test]
fn an_end_leaves_the_other_way_open_and_costs_no_poll() -> io::Result<()> {
    run(async {
        let ((inbound, client), (outbound, server)) = (stream_pair()?, stream_pair()?);
        let (proxy, polls) = count_polls(async move { copy_bidirectional(inbound, outbound).await });
        let proxy = epore::spawn(proxy);
        client.shutdown().await?;
        assert_eq!(server.read(&mut [0; 16]).await?, 0);
        turns(10).await;
        let polled = polls.get();
        turns(100).await;
        assert_eq!(polls.get(), polled);
        assert!(!proxy.is_finished());

        for _ in 0..3 {
            say(&server, &client, &pattern(100_000)).await?;
        }
        drop(server);
        assert_eq!(client.read(&mut [0; 16]).await?, 0);
        assert_eq!(proxy.await.unwrap()?, (0, 300_000));
        Ok(())
    })
}

/// As a server does that refuses a request before it has read it.
#[test]
fn what_a_peer_said_before_it_broke_off_arrives() -> io::Result<()> {
    for is_server in [true, false] {
        run(async {
            let Proxied { client, server, proxy, .. } = Proxied::new()?;
            say(&client, &server, b"request").await?;
            let (sender, refuser) = if is_server { (client, server) } else { (server, client) };
            turns(3).await;
            // All of this has happened when the proxy looks next.
            sender.try_write(b"the rest of the request")?;
            assert_eq!(refuser.try_write(b"refused")?, 7);
            end(refuser, End::Reset).await?;

            // Then comes the end, or a reset if the proxy had to leave something unread.
            let mut answer = [0; 7];
            sender.read_exact(&mut answer).await?;
            assert_eq!(&answer, b"refused");
            let error = proxy.await.unwrap().unwrap_err();
            assert!([ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind()), "{error}");
            io::Result::Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_way_that_is_blocked_does_not_block_the_other() -> io::Result<()> {
    run(async {
        let Proxied { client, server, proxy, .. } = Proxied::new()?;
        let mut flooded = fill(&server)?;
        // Until the client, who does not read, lets no more through.
        loop {
            turns(10).await;
            match fill(&server)? {
                0 => break,
                count => flooded += count,
            }
        }
        for _ in 0..100 {
            say(&client, &server, &pattern(10_000)).await?;
        }
        client.shutdown().await?;
        assert_eq!(server.read(&mut [0; 16]).await?, 0);
        let mut received = Vec::new();
        let draining = async {
            server.shutdown().await?;
            client.read_to_end(&mut received).await
        };
        assert_eq!(draining.await?, flooded);
        assert_eq!(proxy.await.unwrap()?, (1_000_000, flooded as u64));
        Ok(())
    })
}

/// R11
#[test]
fn a_way_that_is_always_busy_starves_neither_the_other_nor_other_tasks() -> io::Result<()> {
    let ((inbound, client), (outbound, server)) = (std_pair()?, std_pair()?);
    let is_enough = Arc::new(AtomicBool::new(false));
    let (mut flooding, stop) = (client.try_clone()?, Arc::clone(&is_enough));
    let flood = thread::spawn(move || {
        while !stop.load(Relaxed) {
            flooding.write_all(&[7; 256 * 1024])?;
        }
        flooding.shutdown(Shutdown::Write)
    });
    let mut draining = server.try_clone()?;
    let drain = thread::spawn(move || io::copy(&mut draining, &mut io::sink()));
    let (mut client, mut server) = (client, server);
    let talk = thread::spawn(move || {
        for _ in 0..100 {
            server.write_all(b"message")?;
            client.read_exact(&mut [0; 7])?;
        }
        is_enough.store(true, Relaxed);
        server.shutdown(Shutdown::Write)
    });
    let (sent, received) = run(async {
        let other = epore::spawn(async {
            for _ in 0..100 {
                epore::yield_now().await;
            }
        });
        let copied = copy_bidirectional(TcpStream::from_std(inbound)?, TcpStream::from_std(outbound)?).await;
        assert!(other.is_finished());
        copied
    })?;
    for thread in [flood, talk] {
        thread.join().unwrap()?;
    }
    assert_eq!((sent, received), (drain.join().unwrap()?, 700));
    Ok(())
}

#[test]
fn a_hundred_megabytes_pass_each_way_unchanged() -> io::Result<()> {
    const TIMES: usize = 100;
    let ((inbound, client), (outbound, server)) = (std_pair()?, std_pair()?);
    let bytes: Arc<[u8]> = pattern(1 << 20).into();
    let mut threads = Vec::new();
    for peer in [client, server] {
        let (mut sending, sent) = (peer.try_clone()?, Arc::clone(&bytes));
        threads.push(thread::spawn(move || {
            (0..TIMES).try_for_each(|_| sending.write_all(&sent))?;
            sending.shutdown(Shutdown::Write)
        }));
        let (mut receiving, expected) = (peer, Arc::clone(&bytes));
        threads.push(thread::spawn(move || {
            let mut received = vec![0; expected.len()];
            for _ in 0..TIMES {
                receiving.read_exact(&mut received)?;
                assert!(received[..] == expected[..]);
            }
            assert_eq!(receiving.read(&mut received)?, 0);
            Ok(())
        }));
    }
    let streams = (TcpStream::from_std(inbound)?, TcpStream::from_std(outbound)?);
    let all = (TIMES << 20) as u64;
    assert_eq!(run(async { copy_bidirectional(streams.0, streams.1).await })?, (all, all));
    threads.into_iter().try_for_each(|thread| thread.join().unwrap())
}

#[test]
fn a_tcp_client_talks_to_a_unix_server() -> io::Result<()> {
    run(async {
        let (inbound, client) = stream_pair()?;
        let (outbound, server) = std::os::unix::net::UnixStream::pair()?;
        let (mut outbound, server) = (UnixStream::from_std(outbound)?, UnixStream::from_std(server)?);
        let mut inbound = inbound;
        let proxy = epore::spawn(async move { copy_bidirectional(&mut inbound, &mut outbound).await });
        client.write_all(b"ping").await?;
        client.shutdown().await?;
        let mut request = Vec::new();
        server.read_to_end(&mut request).await?;
        assert_eq!(request, b"ping");
        server.write_all(b"pong!").await?;
        drop(server);
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await?;
        assert_eq!(answer, b"pong!");
        assert_eq!(proxy.await.unwrap()?, (4, 5));
        Ok(())
    })
}

/// R24
#[test]
fn a_proxy_that_is_dropped_loses_no_more_than_its_buffers() -> io::Result<()> {
    const LEN: usize = 8 << 20;
    let sent: Rc<[u8]> = pattern(LEN).into();
    let mut dropped = 0;
    for nth in 1..40 {
        let completed = run(async {
            let ((inbound, client), (outbound, server)) = (stream_pair()?, stream_pair()?);
            let peers = [client, server].map(|peer| {
                let sent = Rc::clone(&sent);
                epore::spawn(async move {
                    let mut received = Vec::new();
                    let sending = async {
                        peer.write_all(&sent).await?;
                        peer.shutdown().await
                    };
                    try_join(sending, peer.read_to_end(&mut received)).await.map(|_| received)
                })
            });
            let copied = drop_at(nth, copy_bidirectional(&inbound, &outbound)).await.transpose()?;
            // What the proxy has not read yet.
            let (mut from_client, mut from_server) = (Vec::new(), Vec::new());
            inbound.shutdown().await?;
            outbound.shutdown().await?;
            try_join(inbound.read_to_end(&mut from_client), outbound.read_to_end(&mut from_server)).await?;
            for (peer, rest) in peers.into_iter().zip([from_server, from_client]) {
                let received = peer.await.unwrap()?;
                let lost = LEN - received.len() - rest.len();
                assert!(lost <= BUFFER_SIZE, "{lost} bytes are lost");
                assert!(sent.starts_with(&received) && sent.ends_with(&rest));
                assert!(copied.is_none() || received.len() == LEN);
            }
            io::Result::Ok(copied.is_some())
        })?;
        if completed {
            break;
        }
        dropped += 1;
    }
    assert!(dropped > 3, "{dropped}");
    Ok(())
}

#[test]
fn a_proxy_that_is_dropped_waits_for_nothing() -> io::Result<()> {
    for has_ended in [false, true] {
        run(async {
            let ((inbound, client), (outbound, server)) = (stream_pair()?, stream_pair()?);
            if has_ended {
                client.shutdown().await?;
            }
            let streams = Rc::new((inbound, outbound));
            let kept = Rc::clone(&streams);
            let (other, polls) = count_polls(async move {
                {
                    let mut proxy = pin!(copy_bidirectional(&kept.0, &kept.1));
                    assert!(poll_once(proxy.as_mut()).await.is_pending());
                }
                std::future::pending::<()>().await;
            });
            let _other = epore::spawn(other);
            turns(2).await;
            server.write_all(b"hello").await?;
            streams.1.readable().await?;
            end(client, End::Reset).await?;
            streams.0.readable().await?;
            turns(2).await;
            assert_eq!(polls.get(), 1);
            io::Result::Ok(())
        })?;
    }
    Ok(())
}
