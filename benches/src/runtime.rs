use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

/// What a workload asks of a runtime.
///
/// All but the first two are called from within `block_on`. Buffers are vectors, so that runtimes which hand them to the
/// kernel can take them and put them back; the others borrow them.
pub trait Runtime: Sized + 'static {
    /// A socket that accepts connections.
    type Listener: 'static;
    /// A connection.
    type Stream: 'static;
    /// A socket for datagrams.
    type Socket: 'static;

    fn new() -> Self;

    fn block_on<T: 'static>(&mut self, future: impl Future<Output = T> + 'static) -> T;

    fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> + 'static;

    fn yield_now() -> impl Future<Output = ()>;

    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static;

    /// Whether `future` was ready in time.
    fn timeout(duration: Duration, future: impl Future<Output = ()>) -> impl Future<Output = bool>;

    /// Takes over a listener that is non-blocking.
    fn listen(listener: TcpListener) -> Self::Listener;

    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Stream>>;

    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>>;

    /// Reads into the whole of `buffer` at most, whose length stays.
    fn read(stream: &mut Self::Stream, buffer: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>>;

    /// Writes the first `length` bytes of `buffer`.
    fn write_all(
        stream: &mut Self::Stream,
        buffer: &mut Vec<u8>,
        length: usize,
    ) -> impl Future<Output = io::Result<()>>;

    /// Takes over a socket that is non-blocking.
    fn socket(socket: UdpSocket) -> Self::Socket;

    /// Sends all of `buffer` as one datagram.
    fn send_to(
        socket: &mut Self::Socket,
        buffer: &mut Vec<u8>,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<usize>>;

    /// Receives a datagram, of the length of `buffer` at most, which stays.
    fn recv_from(
        socket: &mut Self::Socket,
        buffer: &mut Vec<u8>,
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>>;
}

/// Runs `future` in a spawned task: in some runtimes the future of `block_on` is woken otherwise, and at more cost.
pub fn in_task<R: Runtime, T: 'static>(runtime: &mut R, future: impl Future<Output = T> + 'static) -> T {
    runtime.block_on(async move { R::spawn(future).await })
}
