use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use smol::future::{or, yield_now};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream, UdpSocket};
use smol::{Async, LocalExecutor, Timer};

use crate::Runtime;

thread_local! {
    static EXECUTOR: LocalExecutor<'static> = const { LocalExecutor::new() };
}

pub struct Smol;

impl Runtime for Smol {
    type Listener = TcpListener;
    type Stream = TcpStream;
    type Socket = UdpSocket;

    fn new() -> Smol {
        Smol
    }

    fn block_on<T: 'static>(&mut self, future: impl Future<Output = T> + 'static) -> T {
        EXECUTOR.with(|executor| smol::block_on(executor.run(future)))
    }

    fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static {
        EXECUTOR.with(|executor| executor.spawn(future))
    }

    fn yield_now() -> impl Future<Output = ()> {
        yield_now()
    }

    async fn sleep(duration: Duration) {
        Timer::after(duration).await;
    }

    async fn timeout(duration: Duration, future: impl Future<Output = ()>) -> bool {
        let in_time = async {
            future.await;
            true
        };
        or(in_time, async {
            Timer::after(duration).await;
            false
        })
        .await
    }

    fn listen(listener: std::net::TcpListener) -> TcpListener {
        Async::new(listener).unwrap().into()
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
        Async::new(socket).unwrap().into()
    }

    async fn send_to(socket: &mut UdpSocket, buffer: &mut Vec<u8>, address: SocketAddr) -> io::Result<usize> {
        socket.send_to(buffer, address).await
    }

    async fn recv_from(socket: &mut UdpSocket, buffer: &mut Vec<u8>) -> io::Result<(usize, SocketAddr)> {
        socket.recv_from(buffer).await
    }
}
