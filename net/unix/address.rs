#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::fmt;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net;
use std::path::{Path, PathBuf};

/// The address of a Unix socket: a path, an abstract name, or nothing. See unix(7).
#[derive(Clone, PartialEq, Eq)]
pub struct SocketAddr {
    name: Name,
}

#[derive(Clone, PartialEq, Eq)]
enum Name {
    Unnamed,
    Path(PathBuf),
    Abstract(Box<[u8]>),
}

impl SocketAddr {
    /// Whether the socket has no name, as is usual for one that only connects.
    pub fn is_unnamed(&self) -> bool {
        self.name == Name::Unnamed
    }

    /// The path, if the address is one.
    pub fn as_pathname(&self) -> Option<&Path> {
        match &self.name {
            Name::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The abstract name, if the address is one, without the zero byte that it begins with.
    pub fn as_abstract_name(&self) -> Option<&[u8]> {
        match &self.name {
            Name::Abstract(name) => Some(name),
            _ => None,
        }
    }
}

impl From<net::SocketAddr> for SocketAddr {
    fn from(addr: net::SocketAddr) -> SocketAddr {
        let name = match (addr.as_pathname(), addr.as_abstract_name()) {
            (Some(path), _) => Name::Path(path.to_owned()),
            (_, Some(name)) => Name::Abstract(name.into()),
            (None, None) => Name::Unnamed,
        };
        SocketAddr { name }
    }
}

/// As ss(8) shows it: a path as it is, `@` before an abstract name.
impl fmt::Debug for SocketAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Unnamed => f.write_str("(unnamed)"),
            Name::Path(path) => write!(f, "{path:?}"),
            Name::Abstract(name) => write!(f, "@{:?}", OsStr::from_bytes(name)),
        }
    }
}
