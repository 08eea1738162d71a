use std::io;
use std::net::SocketAddr;
use std::os::fd::{FromRawFd, IntoRawFd};
use std::time::Duration;

use futures_lite::future::yield_now;
use futures_lite::io::{AsyncReadExt, AsyncWriteExt};
use glommio::net::{TcpListener, TcpStream, UdpSocket};
use glommio::timer::{Timer, timeout};
use glommio::{LocalExecutor, LocalExecutorBuilder, Placement};

use crate::Runtime;

pub struct Glommio(LocalExecutor);

impl Runtime for Glommio {
    type Listener = TcpListener;
    type Stream = TcpStream;
    type Socket = UdpSocket;

    fn new() -> Glommio {
        Glommio(LocalExecutorBuilder::new(Placement::Unbound).make().unwrap())
    }

    fn block_on<T: 'static>(&mut self, future: impl Future<Output = T> + 'static) -> T {
        self.0.run(future)
    }

    fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static {
        glommio::spawn_local(future)
    }

    fn yield_now() -> impl Future<Output = ()> {
        yield_now()
    }

    async fn sleep(duration: Duration) {
        Timer::new(duration).await;
    }

    async fn timeout(duration: Duration, future: impl Future<Output = ()>) -> bool {
        let future = async {
            future.await;
            Ok::<(), glommio::GlommioError<()>>(())
        };
        timeout(duration, future).await.is_ok()
    }

    fn listen(listener: std::net::TcpListener) -> TcpListener {
        // SAFETY: the descriptor is a listener, and is given away.
        unsafe { TcpListener::from_raw_fd(listener.into_raw_fd()) }
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        Ok(listener.accept().await?)
    }

    async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        Ok(TcpStream::connect(address).await?)
    }

    async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<usize> {
        stream.read(buffer).await
    }

    async fn write_all(stream: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
        stream.write_all(&buffer[..length]).await
    }

    fn socket(socket: std::net::UdpSocket) -> UdpSocket {
        // SAFETY: the descriptor is a socket for datagrams, and is given away.
        unsafe { UdpSocket::from_raw_fd(socket.into_raw_fd()) }
    }

    async fn send_to(socket: &mut UdpSocket, buffer: &mut Vec<u8>, address: SocketAddr) -> io::Result<usize> {
        Ok(socket.send_to(buffer, address).await?)
    }

    async fn recv_from(socket: &mut UdpSocket, buffer: &mut Vec<u8>) -> io::Result<(usize, SocketAddr)> {
        Ok(socket.recv_from(buffer).await?)
    }
}
