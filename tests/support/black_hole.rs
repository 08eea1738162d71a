//! An address that neither accepts nor refuses.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

use epore::net::TcpSocket;

/// An address that answers nothing: the queue of its listener is full, so the kernel drops what else comes.
pub struct BlackHole {
    listener: TcpListener,
    _queued: TcpStream,
    pub addr: SocketAddr,
}

impl BlackHole {
    pub fn new() -> io::Result<BlackHole> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(0)?.into_std()?;
        listener.set_nonblocking(false)?;
        let addr = listener.local_addr()?;
        // A queue of no length has room for one.
        Ok(BlackHole { _queued: TcpStream::connect(addr)?, listener, addr })
    }

    /// Makes room. Whoever is connecting is answered when it asks again, a second after it has asked first.
    pub fn begin_to_answer(&self) -> io::Result<()> {
        self.listener.accept().map(drop)
    }

    /// How many sockets wait for its answer.
    pub fn waiting(&self) -> usize {
        let table = std::fs::read_to_string("/proc/self/net/tcp").expect("/proc is mounted");
        let IpAddr::V4(ip) = self.addr.ip() else { unreachable!("it was bound to 127.0.0.1") };
        let name = format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), self.addr.port());
        // The fields are a number, the local address, the remote one, and the state: 2 is SYN_SENT.
        let waits = |line: &&str| line.split_whitespace().skip(2).take(2).eq([name.as_str(), "02"]);
        table.lines().filter(waits).count()
    }
}
