use std::io;
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;

use compio::BufResult;
use compio::buf::{IntoInner, IoBuf};
use compio::driver::{DriverType, ProactorBuilder};
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::{TcpListener, TcpStream, UdpSocket};
use compio::runtime::RuntimeBuilder;

use crate::Runtime;

/// Implements `Runtime` on one of compio's drivers.
macro_rules! runtime {
    ($name:ident, $driver:expr) => {
        pub struct $name(compio::runtime::Runtime);

        impl Runtime for $name {
            type Listener = TcpListener;
            type Stream = TcpStream;
            type Socket = UdpSocket;

            fn new() -> $name {
                let mut proactor = ProactorBuilder::new();
                proactor.driver_type($driver);
                $name(RuntimeBuilder::new().with_proactor(proactor).build().unwrap())
            }

            fn block_on<T: 'static>(&mut self, future: impl Future<Output = T> + 'static) -> T {
                self.0.block_on(future)
            }

            fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static {
                let task = compio::runtime::spawn(future);
                async { task.await.unwrap() }
            }

            fn yield_now() -> impl Future<Output = ()> {
                futures_lite::future::yield_now()
            }

            fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
                compio::time::sleep(duration)
            }

            async fn timeout(duration: Duration, future: impl Future<Output = ()>) -> bool {
                compio::time::timeout(duration, future).await.is_ok()
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
                let length = buffer.len();
                let BufResult(result, taken) = stream.read(mem::take(buffer)).await;
                *buffer = taken;
                // SAFETY: all of it was initialized before the read, which has shortened it.
                unsafe { buffer.set_len(length) };
                result
            }

            async fn write_all(stream: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
                let BufResult(result, taken) = stream.write_all(mem::take(buffer).slice(..length)).await;
                *buffer = taken.into_inner();
                result
            }

            fn socket(socket: std::net::UdpSocket) -> UdpSocket {
                UdpSocket::from_std(socket).unwrap()
            }

            async fn send_to(socket: &mut UdpSocket, buffer: &mut Vec<u8>, address: SocketAddr) -> io::Result<usize> {
                let BufResult(result, taken) = socket.send_to(mem::take(buffer), address).await;
                *buffer = taken;
                result
            }

            async fn recv_from(socket: &mut UdpSocket, buffer: &mut Vec<u8>) -> io::Result<(usize, SocketAddr)> {
                let length = buffer.len();
                let BufResult(result, taken) = socket.recv_from(mem::take(buffer)).await;
                *buffer = taken;
                // SAFETY: all of it was initialized before the call, which has shortened it.
                unsafe { buffer.set_len(length) };
                result
            }
        }
    };
}

runtime!(CompioEpoll, DriverType::Poll);
runtime!(CompioUring, DriverType::IoUring);
