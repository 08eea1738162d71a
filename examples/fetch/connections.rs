use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use epore::JoinHandle;
use epore::hyper::Executor;
use epore::net::{TcpStream, lookup_host};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::{Read, Write};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use url::{Host as Name, Origin, Url};

use crate::download::{Stage, Trace};
use crate::failure::Failure;
use crate::tls::{self, Tls};

type Body = Empty<Bytes>;

/// The connections of a run. Those that have brought an answer in full are used again for their host.
pub struct Connections {
    hosts: RefCell<HashMap<Origin, Rc<Host>>>,
    /// How many there may be to one host.
    per_host: usize,
    tls: Tls,
}

/// One host, by one scheme and port.
struct Host {
    /// As many as there may be connections in use. An idle one has none: only when there is no idle one is a new one made,
    /// so that both together are never more.
    permits: Arc<Semaphore>,
    idle: RefCell<Vec<Http1>>,
    /// The one that all share if the host speaks HTTP/2.
    shared: RefCell<Option<Http2>>,
    /// Held while it is not known which version the host speaks over TLS, so that one finds out for all.
    asking: Mutex<()>,
    speaks_http1: Cell<bool>,
}

struct Http1 {
    sender: http1::SendRequest<Body>,
    task: Task,
}

struct Http2 {
    sender: http2::SendRequest<Body>,
    _task: Task,
}

/// The task that moves the bytes of a connection. It ends with its owner.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection for one exchange. Dropped before [`give_back`](Lease::give_back), it is closed if it is nobody else's.
pub struct Lease {
    way: Way,
    /// It has brought an answer before, and may have been closed since.
    pub used: bool,
    host: Rc<Host>,
}

enum Way {
    Own { connection: Http1, _permit: OwnedSemaphorePermit },
    Shared(http2::SendRequest<Body>),
}

impl Connections {
    pub fn new(per_host: usize, tls: Tls) -> Connections {
        Connections { hosts: RefCell::default(), per_host, tls }
    }

    /// A connection to the host of the URL: an idle or shared one unless it must be `fresh`, or a new one as soon as there may
    /// be one more.
    pub async fn lease(&self, url: &Url, fresh: bool, trace: &mut Trace) -> Result<Lease, Failure> {
        let host = self.host(url);
        trace.stage = Stage::Queued;
        let mut asking = match url.scheme() {
            "https" if !host.speaks_http1.get() => Some(host.asking.lock().await),
            _ => None,
        };
        // Another may have found out in the meantime.
        asking.take_if(|_| host.speaks_http1.get());
        if let Some(sender) = host.shared_sender().filter(|_| !fresh) {
            return Ok(Lease { way: Way::Shared(sender), used: true, host: Rc::clone(&host) });
        }
        let permit = Arc::clone(&host.permits).acquire_owned().await.expect("it is never closed");
        while let Some(mut idle) = host.pop_idle() {
            if !fresh && idle.sender.ready().await.is_ok() {
                return Ok(Lease {
                    way: Way::Own { connection: idle, _permit: permit },
                    used: true,
                    host: Rc::clone(&host),
                });
            }
        }
        let way = self.connect(&host, url, permit, trace).await?;
        drop(asking);
        Ok(Lease { way, used: false, host })
    }

    fn host(&self, url: &Url) -> Rc<Host> {
        let new = || {
            Rc::new(Host {
                permits: Arc::new(Semaphore::new(self.per_host)),
                idle: RefCell::default(),
                shared: RefCell::default(),
                asking: Mutex::default(),
                speaks_http1: Cell::new(false),
            })
        };
        Rc::clone(self.hosts.borrow_mut().entry(url.origin()).or_insert_with(new))
    }

    async fn connect(
        &self,
        host: &Host,
        url: &Url,
        permit: OwnedSemaphorePermit,
        trace: &mut Trace,
    ) -> Result<Way, Failure> {
        trace.stage = Stage::LookingUp;
        let addrs = look_up(url).await?;
        trace.stage = Stage::Connecting;
        let stream = TcpStream::connect(addrs).await.map_err(Failure::Connect)?;
        if url.scheme() == "http" {
            return Ok(Way::Own { connection: Http1::new(stream).await?, _permit: permit });
        }
        trace.stage = Stage::Securing;
        let stream = self.tls.connect(url, stream).await?;
        if tls::is_http2(&stream) {
            return Ok(Way::Shared(host.share(Http2::new(TokioIo::new(stream)).await?)));
        }
        host.speaks_http1.set(true);
        Ok(Way::Own { connection: Http1::new(TokioIo::new(stream)).await?, _permit: permit })
    }
}

async fn look_up(url: &Url) -> Result<Vec<SocketAddr>, Failure> {
    let port = url.port_or_known_default().unwrap_or(80);
    match url.host() {
        Some(Name::Ipv4(ip)) => Ok(vec![(ip, port).into()]),
        Some(Name::Ipv6(ip)) => Ok(vec![(ip, port).into()]),
        Some(Name::Domain(name)) => Ok(lookup_host((name, port)).await.map_err(Failure::Lookup)?.collect()),
        None => Err(Failure::BadUrl("the URL has no host".to_owned())),
    }
}

impl Host {
    fn shared_sender(&self) -> Option<http2::SendRequest<Body>> {
        let mut shared = self.shared.borrow_mut();
        shared.take_if(|shared| shared.sender.is_closed());
        shared.as_ref().map(|shared| shared.sender.clone())
    }

    fn share(&self, connection: Http2) -> http2::SendRequest<Body> {
        let sender = connection.sender.clone();
        self.shared.replace(Some(connection));
        sender
    }

    fn pop_idle(&self) -> Option<Http1> {
        self.idle.borrow_mut().pop()
    }
}

impl Http1 {
    async fn new<S: Read + Write + Unpin + 'static>(stream: S) -> Result<Http1, Failure> {
        let (sender, connection) = http1::handshake(stream).await.map_err(Failure::before_answer)?;
        // An error of the connection is told to the request or to the body as well.
        Ok(Http1 { sender, task: Task(epore::spawn(async { drop(connection.await) })) })
    }
}

impl Http2 {
    async fn new<S: Read + Write + Unpin + 'static>(stream: S) -> Result<Http2, Failure> {
        let (sender, connection) = http2::handshake(Executor, stream).await.map_err(Failure::before_answer)?;
        Ok(Http2 { sender, _task: Task(epore::spawn(async { drop(connection.await) })) })
    }
}

impl Lease {
    pub fn is_http2(&self) -> bool {
        matches!(self.way, Way::Shared(_))
    }

    pub async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>, Failure> {
        let response = match &mut self.way {
            Way::Own { connection, .. } => connection.sender.send_request(request).await,
            Way::Shared(sender) => sender.send_request(request).await,
        };
        response.map_err(Failure::before_answer)
    }

    /// For the next exchange with the host, since this one has come to its end.
    pub fn give_back(self) {
        if let Way::Own { connection, _permit } = self.way
            && !connection.task.0.is_finished()
        {
            self.host.idle.borrow_mut().push(connection);
        }
    }
}
