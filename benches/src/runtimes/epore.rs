use std::env;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use epore::net::{TcpListener, TcpStream, UdpSocket};

use crate::Runtime;
use crate::catalog::{SPIN, TIMER_SLACK};

pub struct Epore(epore::Runtime);

impl Runtime for Epore {
    type Listener = TcpListener;
    type Stream = TcpStream;
    type Socket = UdpSocket;

    fn new() -> Epore {
        Epore(builder().build().unwrap())
    }

    fn block_on<T: 'static>(&mut self, future: impl Future<Output = T> + 'static) -> T {
        self.0.block_on(future)
    }

    fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static {
        let task = epore::spawn(future);
        async { task.await.unwrap() }
    }

    fn yield_now() -> impl Future<Output = ()> {
        epore::yield_now()
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
        epore::time::sleep(duration)
    }

    async fn timeout(duration: Duration, future: impl Future<Output = ()>) -> bool {
        epore::time::timeout(duration, future).await.is_ok()
    }

    fn listen(listener: std::net::TcpListener) -> TcpListener {
        TcpListener::from_std(listener).unwrap()
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        Ok(listener.accept().await?.0)
    }

    async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }

    async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<usize> {
        stream.read(buffer).await
    }

    async fn write_all(stream: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
        stream.write_all(&buffer[..length]).await
    }

    fn socket(socket: std::net::UdpSocket) -> UdpSocket {
        UdpSocket::from_std(socket).unwrap()
    }

    async fn send_to(socket: &mut UdpSocket, buffer: &mut Vec<u8>, address: SocketAddr) -> io::Result<usize> {
        socket.send_to(buffer, address).await
    }

    async fn recv_from(socket: &mut UdpSocket, buffer: &mut Vec<u8>) -> io::Result<(usize, SocketAddr)> {
        socket.recv_from(buffer).await
    }
}

/// As it comes, but for what the environment says.
fn builder() -> epore::Builder {
    let mut builder = epore::Builder::new();
    if let Some(nanos) = setting(TIMER_SLACK) {
        builder = builder.timer_slack(Duration::from_nanos(nanos));
    }
    if let Some(micros) = setting(SPIN) {
        builder = builder.spin_before_park(Duration::from_micros(micros));
    }
    builder
}

fn setting(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}
