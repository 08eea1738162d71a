//! How many system calls things cost, exactly.

mod support;

use std::fs::File;
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::mem;
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::pin::pin;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use epore::net::udp::{Outgoing, RecvBatch};
use epore::net::{TcpListener, UdpSocket};
use epore::time::{sleep, timeout};
use support::polls::poll_once;
use support::strace::{ADDRESS, Server, calls, count};
use support::{unix, wait_until};

/// A listener whose address the client knows, and that the client has made all connections to that it needs at first.
async fn prepared_listener() -> io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{ADDRESS}{}", listener.local_addr()?);
    io::stdin().read_line(&mut String::new())?;
    Ok(listener)
}

async fn echo(times: usize) -> io::Result<()> {
    let (stream, _) = prepared_listener().await?.accept().await?;
    // Nothing comes before this is sent: the socket is registered by then, and the first read waits like all others.
    stream.writable().await?;
    stream.write_all(b"!").await?;
    let mut buffer = [0; 1024];
    for _ in 0..times {
        let count = stream.read(&mut buffer).await?;
        stream.write_all(&buffer[..count]).await?;
    }
    Ok(())
}

fn expect_echo(times: usize, server: &mut Server) -> io::Result<()> {
    let mut stream = server.connect()?;
    server.prepared()?;
    stream.read_exact(&mut [0; 1])?;
    let mut buffer = [7; 64];
    for _ in 0..times {
        stream.write_all(&buffer)?;
        stream.read_exact(&mut buffer)?;
    }
    Ok(())
}

#[test]
fn an_echoed_message_is_one_wait_one_receive_one_send() {
    let counted = count("an_echoed_message_is_one_wait_one_receive_one_send", [100, 300], echo, expect_echo);
    if let Some(counted) = counted {
        assert_eq!(counted, calls([("epoll_wait", 200), ("recvfrom", 200), ("sendto", 200)]));
    }
}

/// The client is a thread beside the runtime's, whose calls are not counted. Unix sockets report each room that is made, which
/// wakes nobody who has never had to wait for it.
#[test]
fn an_echoed_message_of_a_unix_stream_is_one_wait_one_receive_one_send() {
    let test = "an_echoed_message_of_a_unix_stream_is_one_wait_one_receive_one_send";
    let echo = async |times| {
        let (stream, mut peer) = unix::pair()?;
        assert!(poll_once(pin!(stream.read(&mut [0; 16]))).await.is_pending());
        let client = thread::spawn(move || {
            let mut buffer = [7; 64];
            for _ in 0..times {
                peer.write_all(&buffer)?;
                peer.read_exact(&mut buffer)?;
            }
            io::Result::Ok(())
        });
        let mut buffer = [0; 1024];
        for _ in 0..times {
            let count = stream.read(&mut buffer).await?;
            stream.write_all(&buffer[..count]).await?;
        }
        client.join().unwrap()
    };
    if let Some(counted) = count(test, [100, 300], echo, no_client) {
        assert_eq!(counted, calls([("epoll_wait", 200), ("recvmsg", 200), ("sendto", 200)]));
    }
}

#[test]
fn accepting_a_unix_stream_that_is_there_is_one_call() {
    let test = "accepting_a_unix_stream_that_is_there_is_one_call";
    let accept = async |times| {
        let path = unix::abstract_path();
        let listener = epore::net::UnixListener::bind(&path)?;
        let connect = move || {
            for _ in 0..times {
                mem::forget(std::os::unix::net::UnixStream::connect_addr(&unix::std_addr(&path)?)?);
            }
            io::Result::Ok(())
        };
        thread::spawn(connect).join().unwrap()?;
        for _ in 0..times {
            mem::forget(listener.accept().await?);
        }
        Ok(())
    };
    if let Some(counted) = count(test, [10, 60], accept, no_client) {
        assert_eq!(counted, calls([("accept4", 50)]));
    }
}

#[test]
fn connecting_a_unix_stream_is_two_calls() {
    let connect = async |times| {
        let path = unix::abstract_path();
        let _listener = epore::net::UnixListener::bind(&path)?;
        for _ in 0..times {
            mem::forget(epore::net::UnixStream::connect(&path).await?);
        }
        Ok(())
    };
    if let Some(counted) = count("connecting_a_unix_stream_is_two_calls", [10, 60], connect, no_client) {
        assert_eq!(counted, calls([("socket", 50), ("connect", 50)]));
    }
}

/// R20: a timer further away than 31 bits of milliseconds makes no wait end early.
#[test]
fn a_timer_far_away_adds_no_call() {
    let limited = async |times| timeout(Duration::from_secs(25 * 24 * 60 * 60), echo(times)).await?;
    if let Some(counted) = count("a_timer_far_away_adds_no_call", [100, 300], limited, expect_echo) {
        assert_eq!(counted, calls([("epoll_wait", 200), ("recvfrom", 200), ("sendto", 200)]));
    }
}

async fn echo_by_copying(_: usize) -> io::Result<()> {
    let (stream, _) = prepared_listener().await?.accept().await?;
    stream.writable().await?;
    stream.write_all(b"!").await?;
    let (mut reader, mut writer) = stream.split();
    epore::io::copy(&mut reader, &mut writer).await.map(drop)
}

#[test]
fn a_copied_message_is_one_wait_one_receive_one_send() {
    let counted = count("a_copied_message_is_one_wait_one_receive_one_send", [100, 300], echo_by_copying, expect_echo);
    if let Some(counted) = counted {
        assert_eq!(counted, calls([("epoll_wait", 200), ("recvfrom", 200), ("sendto", 200)]));
    }
}

/// Sends a message and gets it back by way of a proxy, all in one thread.
async fn exchange_by_proxy(times: usize) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = epore::net::TcpStream::connect(listener.local_addr()?).await?;
    let (inbound, _) = listener.accept().await?;
    let outbound = epore::net::TcpStream::connect(listener.local_addr()?).await?;
    let (server, _) = listener.accept().await?;
    let _proxy = epore::spawn(async move { epore::io::copy_bidirectional(inbound, outbound).await });
    let mut buffer = [7; 1024];
    for _ in 0..times {
        client.write_all(&[7; 64]).await?;
        let count = server.read(&mut buffer).await?;
        server.write_all(&buffer[..count]).await?;
        client.read(&mut buffer).await?;
    }
    Ok(())
}

#[test]
fn a_message_through_a_proxy_and_back_is_a_receive_and_a_send_each_way() {
    let test = "a_message_through_a_proxy_and_back_is_a_receive_and_a_send_each_way";
    if let Some(counted) = count(test, [100, 300], exchange_by_proxy, no_client) {
        // Half of it by the proxy.
        assert_eq!(counted, calls([("epoll_wait", 800), ("recvfrom", 800), ("sendto", 800)]));
    }
}

#[test]
fn lines_that_come_together_are_one_receive() {
    let read_lines = async |_| {
        let (stream, _) = prepared_listener().await?.accept().await?;
        stream.writable().await?;
        let (read_half, write_half) = stream.into_split();
        let mut lines = epore::io::BufReader::new(read_half).lines();
        let mut writer = epore::io::BufWriter::new(write_half);
        writer.write_all(b"!").await?;
        writer.flush().await?;
        let mut count = 0;
        while let Some(line) = lines.next_line().await? {
            writer.write_all(line.as_bytes()).await?;
            count += 1;
            if count % 8 == 0 {
                writer.flush().await?;
            }
        }
        Ok(())
    };
    // Messages of eight lines each, which come back without their ends.
    let client = |times, server: &mut Server| {
        let mut stream = server.connect()?;
        server.prepared()?;
        stream.read_exact(&mut [0; 1])?;
        for _ in 0..times {
            stream.write_all(&b"1234567\n".repeat(8))?;
            stream.read_exact(&mut [0; 7 * 8])?;
        }
        Ok(())
    };
    if let Some(counted) = count("lines_that_come_together_are_one_receive", [100, 300], read_lines, client) {
        assert_eq!(counted, calls([("epoll_wait", 200), ("recvfrom", 200), ("sendto", 200)]));
    }
}

async fn answer_when_told(times: usize) -> io::Result<()> {
    let listener = prepared_listener().await?;
    for _ in 0..times {
        let (stream, _) = listener.accept().await?;
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).await?;
        stream.write_all(&buffer[..count]).await?;
    }
    Ok(())
}

/// Waits until all that was sent has arrived.
fn wait_until_arrived(stream: &TcpStream) {
    wait_until("the request has arrived", || {
        let mut queued: libc::c_int = 0;
        // SAFETY: the call writes one integer to where the pointer points.
        let result = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut queued) };
        assert_eq!(result, 0);
        queued == 0
    });
}

#[test]
fn a_connection_whose_request_is_there_is_never_registered() {
    let client = |times, server: &mut Server| {
        let mut streams = Vec::new();
        for _ in 0..times {
            let mut stream = server.connect()?;
            stream.write_all(b"request")?;
            wait_until_arrived(&stream);
            streams.push(stream);
        }
        server.prepared()?;
        for mut stream in streams {
            let mut reply = String::new();
            stream.read_to_string(&mut reply)?;
            assert_eq!(reply, "request");
        }
        Ok(())
    };
    let test = "a_connection_whose_request_is_there_is_never_registered";
    if let Some(counted) = count(test, [50, 150], answer_when_told, client) {
        let mut expected = calls([("accept4", 100), ("recvfrom", 100), ("sendto", 100), ("close", 100)]);
        if cfg!(debug_assertions) {
            // The standard library's own check of each descriptor that it closes.
            expected.insert("fcntl".to_owned(), 100);
        }
        assert_eq!(counted, expected);
    }
}

#[test]
fn writing_is_watched_from_the_first_write_that_has_to_wait() {
    let test = "writing_is_watched_from_the_first_write_that_has_to_wait";
    let write = async |times| {
        for _ in 0..times {
            let (stream, mut peer) = unix::pair()?;
            assert!(poll_once(pin!(stream.read(&mut [0; 16]))).await.is_pending());
            for _ in 0..3 {
                let filled = unix::fill(&stream)?;
                let mut write = pin!(stream.write_all(b"the rest"));
                assert!(poll_once(write.as_mut()).await.is_pending());
                peer.read_exact(&mut vec![0; filled])?;
                write.await?;
            }
        }
        Ok(())
    };
    if let Some(counted) = count(test, [10, 60], write, no_client) {
        assert_eq!(counted["epoll_ctl"], 2 * 50);
    }
}

fn no_client(_: usize, _: &mut Server) -> io::Result<()> {
    Ok(())
}

#[test]
fn tasks_cost_no_call_but_a_look_at_the_reactor_every_128_polls() {
    let tasks = async |times| {
        for _ in 0..times {
            // Two polls: of the task, and of this future, which waits for it.
            epore::spawn(async {}).await?;
            // One poll each.
            epore::yield_now().await;
            let mut woken = false;
            poll_fn(|cx| {
                if mem::replace(&mut woken, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                let clone = cx.waker().clone();
                clone.wake();
                Poll::Pending
            })
            .await;
        }
        Ok(())
    };
    let test = "tasks_cost_no_call_but_a_look_at_the_reactor_every_128_polls";
    if let Some(counted) = count(test, [1280, 3840], tasks, no_client) {
        assert_eq!(counted, calls([("epoll_wait", 2560 * 4 / 128)]));
    }
}

#[test]
fn a_timeout_of_what_is_ready_makes_no_call() {
    let limits = async |times| {
        for _ in 0..times {
            timeout(Duration::from_secs(1), async {}).await?;
        }
        Ok(())
    };
    if let Some(counted) = count("a_timeout_of_what_is_ready_makes_no_call", [100, 300], limits, no_client) {
        assert_eq!(counted, calls([]));
    }
}

#[test]
fn arming_and_cancelling_a_timeout_makes_no_call() {
    let limits = async |times| {
        for _ in 0..times {
            timeout(Duration::from_secs(1), epore::yield_now()).await?;
        }
        Ok(())
    };
    if let Some(counted) = count("arming_and_cancelling_a_timeout_makes_no_call", [1280, 3840], limits, no_client) {
        assert_eq!(counted, calls([("epoll_wait", 2560 / 128)]));
    }
}

#[test]
fn a_sleep_is_one_wait() {
    let sleeps = async |times| {
        for _ in 0..times {
            sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    };
    if let Some(counted) = count("a_sleep_is_one_wait", [10, 60], sleeps, no_client) {
        assert_eq!(counted, calls([("epoll_wait", 50)]));
    }
}

#[test]
fn connecting_to_one_address_makes_one_call_for_each_step() {
    let connect = async |times| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        for _ in 0..times {
            // Kept open on both sides, so that closing is not counted.
            mem::forget(epore::net::TcpStream::connect(addr).await?);
            mem::forget(listener.accept()?);
        }
        Ok(())
    };
    if let Some(counted) = count("connecting_to_one_address_makes_one_call_for_each_step", [10, 60], connect, no_client)
    {
        // The wait finds what the handshake on loopback has brought already, and says that there was no error.
        let names = ["socket", "connect", "epoll_ctl", "epoll_wait", "accept4"];
        assert_eq!(counted, calls(names.map(|name| (name, 50))));
    }
}

#[test]
fn a_datagram_that_is_there_is_one_call_and_the_socket_never_registered() {
    let exchange = async |times| {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let addr = socket.local_addr()?;
        for _ in 0..times {
            socket.send_to(b"hello", addr).await?;
            assert_eq!(socket.recv_from(&mut [0; 16]).await?, (5, addr));
        }
        Ok(())
    };
    let test = "a_datagram_that_is_there_is_one_call_and_the_socket_never_registered";
    // Below the budget of one poll, after which there is a look at the reactor.
    if let Some(counted) = count(test, [10, 60], exchange, no_client) {
        assert_eq!(counted, calls([("sendto", 50), ("recvfrom", 50)]));
    }
}

#[test]
fn a_full_batch_of_64_datagrams_is_one_call_each_way() {
    let exchange = async |times| {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let addr = socket.local_addr()?;
        let mut batch = RecvBatch::new(64, 16);
        for _ in 0..times {
            assert_eq!(socket.send_batch(&[Outgoing::new(b"hello").to(addr); 64]).await?, 64);
            assert_eq!(socket.recv_batch(&mut batch).await?, 64);
        }
        Ok(())
    };
    let test = "a_full_batch_of_64_datagrams_is_one_call_each_way";
    if let Some(counted) = count(test, [10, 60], exchange, no_client) {
        assert_eq!(counted, calls([("sendmmsg", 50), ("recvmmsg", 50)]));
    }
}

/// It has drained the socket, so nothing is asked for again before the next event.
#[test]
fn a_batch_that_is_not_full_is_one_wait_and_one_call() {
    let exchange = async |times| {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let addr = socket.local_addr()?;
        let mut batch = RecvBatch::new(64, 16);
        socket.writable().await?;
        for _ in 0..times {
            assert_eq!(socket.send_batch(&[Outgoing::new(b"hello").to(addr); 63]).await?, 63);
            assert_eq!(socket.recv_batch(&mut batch).await?, 63);
        }
        Ok(())
    };
    let test = "a_batch_that_is_not_full_is_one_wait_and_one_call";
    if let Some(counted) = count(test, [10, 60], exchange, no_client) {
        assert_eq!(counted, calls([("sendmmsg", 50), ("epoll_wait", 50), ("recvmmsg", 50)]));
    }
}

#[test]
fn a_batch_that_was_cut_short_is_no_reason_to_wait() {
    let send = async |times| {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        socket.connect(socket.local_addr()?).await?;
        socket.writable().await?;
        let too_long = vec![0; 65_508];
        for _ in 0..times {
            assert_eq!(socket.send_batch(&[Outgoing::new(b""); 65]).await?, 64);
            assert_eq!(socket.send_batch(&[Outgoing::new(b""), Outgoing::new(&too_long)]).await?, 1);
            assert!(socket.send_batch(&[Outgoing::new(&too_long)]).await.is_err());
        }
        Ok(())
    };
    if let Some(counted) = count("a_batch_that_was_cut_short_is_no_reason_to_wait", [10, 40], send, no_client) {
        assert_eq!(counted, calls([("sendmmsg", 90)]));
    }
}

/// R6
#[test]
fn an_accept_at_the_descriptor_limit_asks_once_for_each_error() {
    let accept = async |times| {
        let listener = prepared_listener().await?;
        let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
        // SAFETY: the pointer is to a live limit, which the kernel only reads.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
        let _hoard: Vec<_> = (0..64).map_while(|_| File::open("/dev/null").ok()).collect();
        for _ in 0..times {
            assert!(listener.accept().await.unwrap_err().to_string().ends_with("Too many open files (os error 24)"));
        }
        Ok(())
    };
    let client = |_, server: &mut Server| {
        let _waiting = server.connect()?;
        server.prepared()?;
        server.wait_for_its_end()
    };
    if let Some(counted) = count("an_accept_at_the_descriptor_limit_asks_once_for_each_error", [1, 4], accept, client) {
        // The error names the address.
        assert_eq!(counted, calls([("accept4", 3), ("epoll_wait", 3), ("getsockname", 3)]));
    }
}
