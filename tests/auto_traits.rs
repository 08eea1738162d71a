//! The public handles can be sent to other threads and shared with them: that is part of the interface.

#![forbid(unsafe_code)]

use std::os::fd::OwnedFd;

use epore::io::{BufReader, BufWriter, Lines};
use epore::net::{
    AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard, Stream, TcpListener, TcpSocket, TcpStream, UdpSocket,
    UnixDatagram, UnixListener, UnixStream, tcp, unix,
};
use epore::signal::{Signal, SignalKind};
use epore::time::{Interval, Sleep, Timeout};
use epore::{AbortHandle, Builder, Cancelled, Handle, JoinError, RemoteHandle, TaskGroup};

fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn sockets_are_send_and_sync() {
    is_send_and_sync::<TcpStream>();
    is_send_and_sync::<TcpListener>();
    is_send_and_sync::<TcpSocket>();
    is_send_and_sync::<UdpSocket>();
    is_send_and_sync::<UnixStream>();
    is_send_and_sync::<UnixListener>();
    is_send_and_sync::<UnixDatagram>();
    is_send_and_sync::<Stream<std::net::TcpStream>>();
    is_send_and_sync::<unix::SocketAddr>();
    is_send_and_sync::<unix::UCred>();
}

#[test]
fn halves_are_send_and_sync() {
    is_send_and_sync::<tcp::ReadHalf<'_>>();
    is_send_and_sync::<tcp::WriteHalf<'_>>();
    is_send_and_sync::<tcp::OwnedReadHalf>();
    is_send_and_sync::<tcp::OwnedWriteHalf>();
    is_send_and_sync::<tcp::ReuniteError>();
    is_send_and_sync::<unix::ReadHalf<'_>>();
    is_send_and_sync::<unix::WriteHalf<'_>>();
    is_send_and_sync::<unix::OwnedReadHalf>();
    is_send_and_sync::<unix::OwnedWriteHalf>();
    is_send_and_sync::<unix::ReuniteError>();
}

#[test]
fn descriptors_and_their_guards_are_send_and_sync() {
    is_send_and_sync::<AsyncFd<OwnedFd>>();
    is_send_and_sync::<AsyncFdReadyGuard<'_, OwnedFd>>();
    is_send_and_sync::<AsyncFdReadyMutGuard<'_, OwnedFd>>();
}

#[test]
fn buffers_are_send_and_sync() {
    is_send_and_sync::<BufReader<TcpStream>>();
    is_send_and_sync::<BufWriter<TcpStream>>();
    is_send_and_sync::<Lines<TcpStream>>();
}

#[test]
fn timers_and_signals_are_send_and_sync() {
    is_send_and_sync::<Sleep>();
    is_send_and_sync::<Interval>();
    is_send_and_sync::<Timeout<std::future::Ready<()>>>();
    is_send_and_sync::<Signal>();
    is_send_and_sync::<SignalKind>();
}

#[test]
fn handles_of_tasks_and_runtimes_are_send_and_sync() {
    is_send_and_sync::<AbortHandle>();
    is_send_and_sync::<Handle>();
    is_send_and_sync::<RemoteHandle<()>>();
    is_send_and_sync::<TaskGroup>();
    is_send_and_sync::<Cancelled>();
    is_send_and_sync::<JoinError>();
    is_send_and_sync::<Builder>();
}
