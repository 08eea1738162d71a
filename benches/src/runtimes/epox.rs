use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use epox::{EpollFlags, Fd};

use crate::Runtime;

pub struct Epox;

impl Runtime for Epox {
    type Listener = Fd<std::net::TcpListener>;
    type Stream = Fd<std::net::TcpStream>;
    type Socket = Fd<std::net::UdpSocket>;

    fn new() -> Epox {
        Epox
    }

    fn block_on<T: 'static>(&mut self, future: impl Future<Output = T> + 'static) -> T {
        epox::block_on(future)
    }

    fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static {
        epox::spawn(future)
    }

    fn yield_now() -> impl Future<Output = ()> {
        epox::yield_now()
    }

    async fn sleep(duration: Duration) {
        epox::time::sleep(duration).await.unwrap();
    }

    async fn timeout(duration: Duration, future: impl Future<Output = ()>) -> bool {
        epox::time::timeout(duration, future).unwrap().await.is_ok()
    }

    fn listen(listener: std::net::TcpListener) -> Self::Listener {
        Fd::new(listener, EpollFlags::EPOLLIN).unwrap()
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
        let (stream, _) = listener.with(|listener, _| listener.accept()).await?;
        register(stream)
    }

    /// Epox has none of its own. On the loopback device the standard library's does not wait.
    async fn connect(address: SocketAddr) -> io::Result<Self::Stream> {
        register(std::net::TcpStream::connect(address)?)
    }

    async fn read(stream: &mut Self::Stream, buffer: &mut Vec<u8>) -> io::Result<usize> {
        stream.with_mut(|stream, _| stream.read(buffer)).await
    }

    async fn write_all(stream: &mut Self::Stream, buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
        let mut written = 0;
        while written < length {
            written += stream.with_mut(|stream, _| stream.write(&buffer[written..length])).await?;
        }
        Ok(())
    }

    fn socket(socket: std::net::UdpSocket) -> Self::Socket {
        Fd::new(socket, EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT).unwrap()
    }

    async fn send_to(socket: &mut Self::Socket, buffer: &mut Vec<u8>, address: SocketAddr) -> io::Result<usize> {
        socket.with(|socket, _| socket.send_to(buffer, address)).await
    }

    async fn recv_from(socket: &mut Self::Socket, buffer: &mut Vec<u8>) -> io::Result<(usize, SocketAddr)> {
        socket.with(|socket, _| socket.recv_from(buffer)).await
    }
}

fn register(stream: std::net::TcpStream) -> io::Result<Fd<std::net::TcpStream>> {
    Fd::new(stream, EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT)
}
