use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime, Runtime as CurrentThread};
use tokio::task::{LocalSet, spawn_local};

use crate::Runtime;

/// Implements `Runtime` but for what differs between tokio's three ways to have tasks on one thread.
macro_rules! runtime {
    ($name:ident, $fields:ty, $new:expr, $block_on:expr, $spawn:expr) => {
        pub struct $name($fields);

        impl Runtime for $name {
            type Listener = TcpListener;
            type Stream = TcpStream;
            type Socket = UdpSocket;

            fn new() -> $name {
                $name($new)
            }

            fn block_on<T: 'static>(&mut self, future: impl Future<Output = T> + 'static) -> T {
                $block_on(&self.0, future)
            }

            fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static {
                $spawn(future)
            }

            fn yield_now() -> impl Future<Output = ()> {
                tokio::task::yield_now()
            }

            fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
                tokio::time::sleep(duration)
            }

            async fn timeout(duration: Duration, future: impl Future<Output = ()>) -> bool {
                tokio::time::timeout(duration, future).await.is_ok()
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
    };
}

runtime!(
    TokioLocalSet,
    (CurrentThread, LocalSet),
    (builder().build().unwrap(), LocalSet::new()),
    |(runtime, tasks): &(CurrentThread, LocalSet), future| tasks.block_on(runtime, future),
    join_local
);

runtime!(
    TokioLocalRuntime,
    LocalRuntime,
    builder().build_local(LocalOptions::default()).unwrap(),
    |runtime: &LocalRuntime, future| runtime.block_on(future),
    join_local
);

runtime!(
    TokioSpawn,
    CurrentThread,
    builder().build().unwrap(),
    |runtime: &CurrentThread, future| runtime.block_on(future),
    join_sent
);

fn builder() -> Builder {
    let mut builder = Builder::new_current_thread();
    builder.enable_all();
    builder
}

fn join_local<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static {
    let task = spawn_local(future);
    async { task.await.unwrap() }
}

/// `tokio::spawn`, which asks for futures and results that may be sent to other threads.
fn join_sent<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static {
    let task = tokio::spawn(OnOneThread(async { OnOneThread(future.await) }));
    async { task.await.unwrap().0 }
}

/// Says of its content that it may be sent to other threads.
struct OnOneThread<T>(T);

// SAFETY: the tasks of a current-thread runtime are polled and dropped by the thread that is in `block_on`, which here is
// always the same, and is the one that spawns and joins them.
unsafe impl<T> Send for OnOneThread<T> {}

impl<F: Future> Future for OnOneThread<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the field is pinned with the whole, and never moved out.
        unsafe { self.map_unchecked_mut(|this| &mut this.0) }.poll(cx)
    }
}
