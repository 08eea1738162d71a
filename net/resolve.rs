#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use super::lookup::{Addrs, Target, ToSocketAddrs, look_up};
use super::tcp::{TcpStream, connect_to, race};

/// All addresses of a target, in the order in which they are to be tried. A name has at least one.
pub(super) async fn resolve(host: &(impl ToSocketAddrs + ?Sized)) -> io::Result<Addrs> {
    match host.target()?.at_once() {
        Ok(addr) => Ok(Addrs::One(addr)),
        Err(target) => target.addrs().await,
    }
}

/// What has addresses. One address has a type of its own, so that a program which has no other links neither the look-up of
/// names nor the race of addresses, nor the threads that these need.
#[doc(hidden)]
pub trait Resolve: Send {
    /// What is left to be done for it where it is not one address.
    type Unresolved: Unresolved;

    /// The address, if it is one and need not be looked up.
    fn at_once(self) -> Result<SocketAddr, Self::Unresolved>;
}

/// A name, or several addresses; nothing of the kind, of a target that is one address by its type.
#[doc(hidden)]
pub trait Unresolved: Send {
    fn addrs(self) -> impl Future<Output = io::Result<Addrs>> + Send;

    fn connect(self) -> impl Future<Output = io::Result<TcpStream>> + Send;
}

impl Resolve for SocketAddr {
    type Unresolved = Infallible;

    #[inline]
    fn at_once(self) -> Result<SocketAddr, Infallible> {
        Ok(self)
    }
}

impl Unresolved for Infallible {
    async fn addrs(self) -> io::Result<Addrs> {
        match self {}
    }

    async fn connect(self) -> io::Result<TcpStream> {
        match self {}
    }
}

impl Resolve for Target {
    type Unresolved = Target;

    #[inline]
    fn at_once(self) -> Result<SocketAddr, Target> {
        match self {
            Target::Addrs(Addrs::One(addr)) => Ok(addr),
            target => Err(target),
        }
    }
}

impl Unresolved for Target {
    async fn addrs(self) -> io::Result<Addrs> {
        match self {
            Target::Addrs(addrs) => Ok(addrs),
            Target::Name(host, port) => look_up(host, port).await,
        }
    }

    async fn connect(self) -> io::Result<TcpStream> {
        match self.addrs().await? {
            Addrs::One(addr) => connect_to(addr).await,
            Addrs::List(addrs) => race(addrs).await,
        }
    }
}
