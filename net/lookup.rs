#![forbid(unsafe_code)]

use std::io;
use std::iter::Chain;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::{option, vec};

use super::resolve::{Resolve, resolve};
use crate::executor::{context, failed, try_spawn_blocking};

/// Looks up the addresses of a host.
///
/// Names are looked up by the system, see [`system_resolver`], or by the runtime's own
/// [`resolver`](crate::Builder::resolver). Addresses that are literal touch neither.
///
/// ```
/// # epore::block_on(async {
/// let mut addrs = epore::net::lookup_host("127.0.0.1:80").await?;
/// assert_eq!(addrs.next(), Some(([127, 0, 0, 1], 80).into()));
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// [`InvalidInput`](io::ErrorKind::InvalidInput) if a text is not of the form `host:port`; otherwise what the look-up
/// says, with the name that was looked up.
///
/// # Panics
///
/// When a name has to be looked up outside of a runtime.
///
/// # Cancel safety
///
/// It can be dropped at any time. A look-up that has begun goes on in its thread, and its answer is thrown away; one that
/// waits for a thread is given up.
pub async fn lookup_host(host: impl ToSocketAddrs) -> io::Result<impl Iterator<Item = SocketAddr>> {
    Ok(resolve(&host).await?.into_iter())
}

/// Looks up a name as the system does, by getaddrinfo(3): what there is to fall back on for a
/// [`resolver`](crate::Builder::resolver) of your own, which it never calls. The port becomes that of the addresses.
///
/// It runs on a thread for blocking work, so that a slow name server keeps nobody waiting but the one who asks.
///
/// ```
/// # epore::block_on(async {
/// let addrs = epore::net::system_resolver("localhost".to_owned(), 80).await?;
/// assert!(addrs.iter().all(|addr| addr.ip().is_loopback()));
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// What getaddrinfo(3) says, or that the system refuses the first thread.
///
/// # Panics
///
/// Outside of a runtime.
///
/// # Cancel safety
///
/// It can be dropped at any time. A look-up that has begun goes on in its thread, and its answer is thrown away; one that
/// waits for a thread is given up.
pub async fn system_resolver(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let look_up = move || std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), port));
    Ok(try_spawn_blocking(look_up)?.await??.collect())
}

/// Whatever addresses can be made of: `SocketAddr` and its kin, `(host, port)`, a text `host:port`, a slice of addresses.
///
/// A host is an IP address or a name. The trait is sealed.
///
/// ```
/// # epore::block_on(async {
/// use std::net::Ipv4Addr;
/// use epore::net::{ToSocketAddrs, lookup_host};
///
/// async fn first(host: impl ToSocketAddrs) -> std::io::Result<String> {
///     Ok(lookup_host(host).await?.next().unwrap().to_string())
/// }
/// assert_eq!(first("127.0.0.1:80").await?, "127.0.0.1:80");
/// assert_eq!(first(("127.0.0.1", 80)).await?, "127.0.0.1:80");
/// assert_eq!(first((Ipv4Addr::LOCALHOST, 80)).await?, "127.0.0.1:80");
/// let error = first("http://127.0.0.1/").await.unwrap_err();
/// assert_eq!(error.to_string(), "`http://127.0.0.1/` is a URL: write `host:port`");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
pub trait ToSocketAddrs: sealed::Target {}

impl<T: sealed::Target + ?Sized> ToSocketAddrs for T {}

pub(super) async fn look_up(host: String, port: u16) -> io::Result<Addrs> {
    let resolver = context::with(|core| core.net_settings().resolver.clone()).flatten();
    let addrs = match resolver {
        Some(resolver) => resolver.resolve(host.clone(), port).await,
        None => system_resolver(host.clone(), port).await,
    };
    let failed = |error| failed(format!("cannot look up the host `{host}`"), error);
    match addrs.map_err(failed)? {
        none if none.is_empty() => Err(failed(io::Error::new(io::ErrorKind::NotFound, "it has no address"))),
        addrs => Ok(Addrs::from(addrs)),
    }
}

/// The addresses of a target. One, the usual case, needs no list.
#[doc(hidden)]
pub enum Addrs {
    One(SocketAddr),
    /// None, or several.
    List(Vec<SocketAddr>),
}

impl From<Vec<SocketAddr>> for Addrs {
    fn from(addrs: Vec<SocketAddr>) -> Addrs {
        match addrs[..] {
            [addr] => Addrs::One(addr),
            _ => Addrs::List(addrs),
        }
    }
}

impl IntoIterator for Addrs {
    type Item = SocketAddr;
    type IntoIter = Chain<option::IntoIter<SocketAddr>, vec::IntoIter<SocketAddr>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, list) = match self {
            Addrs::One(addr) => (Some(addr), Vec::new()),
            Addrs::List(addrs) => (None, addrs),
        };
        one.into_iter().chain(list)
    }
}

/// What may stand for several addresses.
#[doc(hidden)]
pub enum Target {
    Addrs(Addrs),
    Name(String, u16),
}

mod sealed {
    use std::io;

    #[doc(hidden)]
    pub trait Target {
        #[doc(hidden)]
        type Target: super::Resolve;

        #[doc(hidden)]
        fn target(&self) -> io::Result<Self::Target>;
    }
}

impl sealed::Target for SocketAddr {
    type Target = SocketAddr;

    fn target(&self) -> io::Result<SocketAddr> {
        Ok(*self)
    }
}

impl sealed::Target for [SocketAddr] {
    type Target = Target;

    fn target(&self) -> io::Result<Target> {
        Ok(Target::Addrs(self.to_vec().into()))
    }
}

impl<const N: usize> sealed::Target for [SocketAddr; N] {
    type Target = Target;

    fn target(&self) -> io::Result<Target> {
        self.as_slice().target()
    }
}

impl sealed::Target for Vec<SocketAddr> {
    type Target = Target;

    fn target(&self) -> io::Result<Target> {
        self.as_slice().target()
    }
}

/// Implements the trait for types that turn into a `SocketAddr`.
macro_rules! addresses {
    ($($type:ty),*) => {$(
        impl sealed::Target for $type {
            type Target = SocketAddr;

            fn target(&self) -> io::Result<SocketAddr> {
                Ok(SocketAddr::from(*self))
            }
        }
    )*};
}

addresses!(SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));

impl sealed::Target for (&str, u16) {
    type Target = Target;

    fn target(&self) -> io::Result<Target> {
        let (host, port) = *self;
        match host.parse::<IpAddr>() {
            Ok(ip) => Ok(Target::Addrs(Addrs::One((ip, port).into()))),
            Err(_) if host.is_empty() => Err(invalid("the host is empty".to_owned())),
            Err(_) => Ok(Target::Name(host.to_owned(), port)),
        }
    }
}

impl sealed::Target for (String, u16) {
    type Target = Target;

    fn target(&self) -> io::Result<Target> {
        (self.0.as_str(), self.1).target()
    }
}

impl sealed::Target for str {
    type Target = Target;

    fn target(&self) -> io::Result<Target> {
        if let Ok(addr) = self.parse::<SocketAddr>() {
            return Ok(Target::Addrs(Addrs::One(addr)));
        }
        if self.contains("://") {
            return Err(invalid(format!("`{self}` is a URL: write `host:port`")));
        }
        let Some((host, port)) = self.rsplit_once(':') else {
            return Err(invalid(format!("`{self}` has no port: write `host:port`")));
        };
        if host.contains(':') || host.starts_with('[') {
            return Err(invalid(format!("`{self}` is not `[address]:port`, as IPv6 addresses are written")));
        }
        match port.parse() {
            Ok(port) => (host, port).target(),
            Err(_) => Err(invalid(format!("`{port}` in `{self}` is not a port number from 0 to 65535"))),
        }
    }
}

impl sealed::Target for String {
    type Target = Target;

    fn target(&self) -> io::Result<Target> {
        self.as_str().target()
    }
}

impl<T: sealed::Target + ?Sized> sealed::Target for &T {
    type Target = T::Target;

    fn target(&self) -> io::Result<T::Target> {
        (**self).target()
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
