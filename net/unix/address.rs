#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net;
use std::path::Path;

use crate::executor::failed;
use crate::net::sys::Address;

/// How long a path or an abstract name may be, in bytes: `sun_path` has 108, of which one is the zero byte that ends a
/// path or begins an abstract name, see unix(7).
const MAX_NAME: usize = 107;

/// The address of a Unix socket: a path, an abstract name, or nothing. See unix(7).
///
/// An abstract name is no file: it is gone when the last socket that is bound to it is closed.
///
/// ```
/// use epore::net::unix::SocketAddr;
///
/// let addr = SocketAddr::from_pathname("/run/example.sock")?;
/// assert_eq!(addr.as_pathname().unwrap().to_str(), Some("/run/example.sock"));
/// let addr = SocketAddr::from_abstract_name("example")?;
/// assert_eq!(addr.as_abstract_name(), Some(&b"example"[..]));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Where a method takes a path, one that begins with a zero byte stands for the abstract name behind it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SocketAddr {
    /// What stands in `sun_path`: nothing, a path, or a zero byte and an abstract name.
    name: Box<[u8]>,
}

impl SocketAddr {
    /// The address of a path, which need not exist.
    ///
    /// ```
    /// # use epore::net::unix::SocketAddr;
    /// let addr = SocketAddr::from_pathname("/run/example.sock")?;
    /// assert_eq!(addr.to_string(), "/run/example.sock");
    /// let error = SocketAddr::from_pathname("x".repeat(108)).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if it is empty, holds a zero byte, or has more than 107 bytes,
    /// see unix(7).
    pub fn from_pathname(path: impl AsRef<Path>) -> io::Result<SocketAddr> {
        let path = path.as_ref();
        let name = path.as_os_str().as_bytes();
        if name.is_empty() {
            return Err(invalid("the path of a socket is empty".to_owned()));
        }
        if name.contains(&0) {
            return Err(invalid(format!("the path of a socket holds a zero byte: {path:?}")));
        }
        check_length("path", name)?;
        Ok(SocketAddr { name: name.into() })
    }

    /// The address of an abstract name, given without the zero byte that it begins with. Any bytes will do.
    ///
    /// ```
    /// # use epore::net::unix::SocketAddr;
    /// let addr = SocketAddr::from_abstract_name("example")?;
    /// assert_eq!(addr.to_string(), "@example");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if it has more than 107 bytes, see unix(7).
    pub fn from_abstract_name(name: impl AsRef<[u8]>) -> io::Result<SocketAddr> {
        let name = name.as_ref();
        check_length("abstract name", name)?;
        Ok(SocketAddr { name: [b"\0", name].concat().into() })
    }

    /// The address that a path stands for where a method takes one.
    pub(super) fn from_path(path: &Path) -> io::Result<SocketAddr> {
        match path.as_os_str().as_bytes() {
            [0, name @ ..] => SocketAddr::from_abstract_name(name),
            _ => SocketAddr::from_pathname(path),
        }
    }

    /// Whether the socket has no name, as is usual for one that only connects.
    ///
    /// ```
    /// # epore::block_on(async {
    /// let (stream, _peer) = epore::net::UnixStream::pair()?;
    /// assert!(stream.local_addr()?.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn is_unnamed(&self) -> bool {
        self.name.is_empty()
    }

    /// The path, if the address is one.
    ///
    /// ```
    /// # use epore::net::unix::SocketAddr;
    /// let addr = SocketAddr::from_pathname("/run/example.sock")?;
    /// assert_eq!(addr.as_pathname(), Some("/run/example.sock".as_ref()));
    /// assert!(addr.as_abstract_name().is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn as_pathname(&self) -> Option<&Path> {
        match *self.name {
            [] | [0, ..] => None,
            ref path => Some(Path::new(OsStr::from_bytes(path))),
        }
    }

    /// The abstract name, if the address is one, without the zero byte that it begins with.
    ///
    /// ```
    /// # use epore::net::unix::SocketAddr;
    /// let addr = SocketAddr::from_abstract_name("example")?;
    /// assert_eq!(addr.as_abstract_name(), Some(&b"example"[..]));
    /// assert!(addr.as_pathname().is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn as_abstract_name(&self) -> Option<&[u8]> {
        match &*self.name {
            [0, name @ ..] => Some(name),
            _ => None,
        }
    }

    /// Says in an error what could not be done with the address.
    pub(super) fn failed(&self, what: &str, error: io::Error) -> io::Error {
        failed(format!("cannot {what} {self}"), error)
    }
}

fn check_length(what: &str, name: &[u8]) -> io::Result<()> {
    match name.len() {
        0..=MAX_NAME => Ok(()),
        len => {
            let name = OsStr::from_bytes(name);
            Err(invalid(format!("the {what} of a socket may have {MAX_NAME} bytes, and this has {len}: {name:?}")))
        }
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl From<&SocketAddr> for Address {
    fn from(addr: &SocketAddr) -> Address {
        Address::unix(&addr.name)
    }
}

impl TryFrom<&Address> for SocketAddr {
    type Error = io::Error;

    fn try_from(address: &Address) -> io::Result<SocketAddr> {
        let name = address.unix_name()?;
        // A path ends before its zero byte, and an abstract name begins with one.
        let len = if name.starts_with(&[0]) { None } else { name.iter().position(|&byte| byte == 0) };
        Ok(SocketAddr { name: name[..len.unwrap_or(name.len())].into() })
    }
}

impl From<net::SocketAddr> for SocketAddr {
    fn from(addr: net::SocketAddr) -> SocketAddr {
        let name = match (addr.as_pathname(), addr.as_abstract_name()) {
            (Some(path), _) => path.as_os_str().as_bytes().into(),
            (_, Some(name)) => [b"\0", name].concat().into(),
            (None, None) => Box::default(),
        };
        SocketAddr { name }
    }
}

/// Fails for a path of 108 bytes alone, which the system can report and the standard library cannot hold.
impl TryFrom<SocketAddr> for net::SocketAddr {
    type Error = io::Error;

    fn try_from(addr: SocketAddr) -> io::Result<net::SocketAddr> {
        match addr.as_abstract_name() {
            Some(name) => net::SocketAddr::from_abstract_name(name),
            // For the standard library an empty path is no name.
            None => net::SocketAddr::from_pathname(OsStr::from_bytes(&addr.name)),
        }
    }
}

/// As ss(8) shows it: a path as it is, `@` before an abstract name.
impl fmt::Display for SocketAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.name {
            [] => f.write_str("(unnamed)"),
            [0, name @ ..] => write!(f, "@{}", OsStr::from_bytes(name).display()),
            path => write!(f, "{}", OsStr::from_bytes(path).display()),
        }
    }
}

/// As it is displayed, in quotes.
impl fmt::Debug for SocketAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.name {
            [] => f.write_str("(unnamed)"),
            [0, name @ ..] => write!(f, "@{:?}", OsStr::from_bytes(name)),
            path => write!(f, "{:?}", OsStr::from_bytes(path)),
        }
    }
}
