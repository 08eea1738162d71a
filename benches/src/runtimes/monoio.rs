use std::future::poll_fn;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;

use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::udp::UdpSocket;
use monoio::net::{TcpListener, TcpStream};
use monoio::time::TimeDriver;
use monoio::{IoUringDriver, LegacyDriver, RuntimeBuilder};

use crate::Runtime;

/// Implements `Runtime` on one of monoio's drivers.
macro_rules! runtime {
    ($name:ident, $driver:ty) => {
        pub struct $name(monoio::Runtime<TimeDriver<$driver>>);

        impl Runtime for $name {
            type Listener = TcpListener;
            type Stream = TcpStream;
            type Socket = UdpSocket;

            fn new() -> $name {
                $name(RuntimeBuilder::<$driver>::new().enable_timer().build().unwrap())
            }

            fn block_on<T: 'static>(&mut self, future: impl Future<Output = T> + 'static) -> T {
                self.0.block_on(future)
            }

            fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static {
                monoio::spawn(future)
            }

            /// Monoio has none of its own.
            async fn yield_now() {
                let mut yielded = false;
                poll_fn(|cx| {
                    if mem::replace(&mut yielded, true) {
                        return Poll::Ready(());
                    }
                    cx.waker().wake_by_ref();
                    Poll::Pending
                })
                .await
            }

            fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
                monoio::time::sleep(duration)
            }

            async fn timeout(duration: Duration, future: impl Future<Output = ()>) -> bool {
                monoio::time::timeout(duration, future).await.is_ok()
            }

            fn listen(listener: std::net::TcpListener) -> TcpListener {
                TcpListener::from_std(listener).unwrap()
            }

            async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
                Ok(listener.accept().await?.0)
            }

            async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
                TcpStream::connect_addr(address).await
            }

            async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<usize> {
                let length = buffer.len();
                let (result, taken) = stream.read(mem::take(buffer)).await;
                *buffer = taken;
                // SAFETY: all of it was initialized before the read, which has shortened it.
                unsafe { buffer.set_len(length) };
                result
            }

            async fn write_all(stream: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
                let (result, taken) = stream.write_all(monoio::buf::SliceMut::new(mem::take(buffer), 0, length)).await;
                *buffer = taken.into_inner();
                result.map(drop)
            }

            fn socket(socket: std::net::UdpSocket) -> UdpSocket {
                UdpSocket::from_std(socket).unwrap()
            }

            async fn send_to(socket: &mut UdpSocket, buffer: &mut Vec<u8>, address: SocketAddr) -> io::Result<usize> {
                let (result, taken) = socket.send_to(mem::take(buffer), address).await;
                *buffer = taken;
                result
            }

            async fn recv_from(socket: &mut UdpSocket, buffer: &mut Vec<u8>) -> io::Result<(usize, SocketAddr)> {
                let length = buffer.len();
                let (result, taken) = socket.recv_from(mem::take(buffer)).await;
                *buffer = taken;
                // SAFETY: all of it was initialized before the call, which has shortened it.
                unsafe { buffer.set_len(length) };
                result
            }
        }
    };
}

runtime!(MonoioEpoll, LegacyDriver);
runtime!(MonoioUring, IoUringDriver);
