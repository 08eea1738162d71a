use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use epore::JoinHandle;
use epore::hyper::Executor;
use epore::net::{TcpStream, lookup_host};
use epore::time::timeout;
use futures::future::{Either, select};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::{Read, Write};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore};
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
    /// Tells that some host has a connection to share.
    came: Notify,
    tls: Tls,
}

/// How long others wait for the one who finds out what a host speaks over TLS. Its connection may have hung.
const ASKING: Duration = Duration::from_secs(1);

/// One host, by one scheme and port.
struct Host {
    /// As many as there may be connections in use. An idle one has none: only when there is no idle one is a new one made,
    /// so that both together are never more.
    permits: Arc<Semaphore>,
    idle: RefCell<Vec<Http1>>,
    /// The one that all share if the host speaks HTTP/2, as long as nothing speaks against it.
    shared: RefCell<Option<Rc<Http2>>>,
    /// Tells those who wait for a permit that one has come to be shared, which keeps its own.
    came: Notify,
    /// Held while it is not known which version the host speaks over TLS, so that one finds out for all.
    asking: Mutex<()>,
    speaks_http1: Cell<bool>,
}

struct Http1 {
    sender: http1::SendRequest<Body>,
    task: Task,
}

/// It lives as long as the host has it, or an exchange that has not ended.
struct Http2 {
    sender: http2::SendRequest<Body>,
    _task: Task,
    _permit: OwnedSemaphorePermit,
}

/// The task of a connection, which ends with its owner.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection for one exchange. Dropped before [`give_back`](Lease::give_back), it is not used again.
pub struct Lease {
    /// None when it is given back.
    way: Option<Way>,
    /// It was somebody else's first, and the server may have retired it since.
    pub used: bool,
    host: Rc<Host>,
}

enum Way {
    Own { connection: Http1, _permit: OwnedSemaphorePermit },
    Shared(Rc<Http2>),
}

impl Connections {
    pub fn new(per_host: usize, tls: Tls) -> Connections {
        Connections { hosts: RefCell::default(), per_host, came: Notify::new(), tls }
    }

    /// Whether an exchange with the host of the URL would find a connection, or might make one.
    pub fn has_room(&self, url: &Url) -> bool {
        let host = self.host(url);
        host.shared().is_some() || host.permits.available_permits() > 0
    }

    /// Waits until some host has a connection to share.
    pub async fn came_to_share(&self) {
        self.came.notified().await;
    }

    /// A connection to the host of the URL: an idle or shared one, or a new one as soon as there may be one more.
    pub async fn lease(&self, url: &Url, trace: &mut Trace) -> Result<Lease, Failure> {
        let host = self.host(url);
        trace.stage = Stage::Queued;
        let queue = Rc::clone(&trace.queue);
        let mut asking = match url.scheme() {
            "https" if !host.speaks_http1.get() && host.shared().is_none() => {
                queue.wait(timeout(ASKING, host.asking.lock())).await.ok()
            }
            _ => None,
        };
        // Another may have found out in the meantime.
        asking.take_if(|_| host.speaks_http1.get());
        let Some(permit) = queue.wait(host.permit()).await else {
            let shared = host.shared().expect("there is one to share");
            return Ok(Lease::used(Way::Shared(shared), &host));
        };
        while let Some(mut idle) = host.pop_idle() {
            if idle.sender.ready().await.is_ok() {
                return Ok(Lease::used(Way::Own { connection: idle, _permit: permit }, &host));
            }
        }
        let way = self.connect(&host, url, permit, trace).await?;
        drop(asking);
        Ok(Lease { way: Some(way), used: false, host })
    }

    fn host(&self, url: &Url) -> Rc<Host> {
        let new = || {
            Rc::new(Host {
                permits: Arc::new(Semaphore::new(self.per_host)),
                idle: RefCell::default(),
                shared: RefCell::default(),
                came: Notify::default(),
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
            let connection = Rc::new(Http2::new(TokioIo::new(stream), permit).await?);
            host.shared.replace(Some(Rc::clone(&connection)));
            host.came.notify_waiters();
            self.came.notify_waiters();
            return Ok(Way::Shared(connection));
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
    fn shared(&self) -> Option<Rc<Http2>> {
        self.shared.borrow_mut().take_if(|shared| shared.sender.is_closed());
        self.shared.borrow().clone()
    }

    /// Waits until there may be a connection more, or, which gives None, until there is one to share.
    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        let mut permit = pin!(Arc::clone(&self.permits).acquire_owned());
        while self.shared().is_none() {
            match select(permit.as_mut(), pin!(self.came.notified())).await {
                // Whoever had it before may have left something to share.
                Either::Left((permit, _)) => return permit.ok().filter(|_| self.shared().is_none()),
                Either::Right(_) => {}
            }
        }
        None
    }

    /// Has nobody else begin an exchange on a connection.
    fn retire(&self, connection: &Rc<Http2>) {
        self.shared.borrow_mut().take_if(|shared| Rc::ptr_eq(shared, connection));
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
    async fn new<S>(stream: S, permit: OwnedSemaphorePermit) -> Result<Http2, Failure>
    where
        S: Read + Write + Unpin + 'static,
    {
        let (sender, connection) = http2::handshake(Executor, stream).await.map_err(Failure::before_answer)?;
        Ok(Http2 { sender, _task: Task(epore::spawn(async { drop(connection.await) })), _permit: permit })
    }
}

impl Lease {
    fn used(way: Way, host: &Rc<Host>) -> Lease {
        Lease { way: Some(way), used: true, host: Rc::clone(host) }
    }

    pub fn is_http2(&self) -> bool {
        matches!(self.way, Some(Way::Shared(_)))
    }

    pub async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>, Failure> {
        let response = match &mut self.way {
            Some(Way::Own { connection, .. }) => connection.sender.send_request(request).await,
            Some(Way::Shared(connection)) => connection.sender.clone().send_request(request).await,
            None => unreachable!("what has been given back is not there to be used"),
        };
        response.map_err(Failure::before_answer)
    }

    /// For the next exchange with the host, since this one has come to its end.
    pub fn give_back(mut self) {
        if let Some(Way::Own { connection, _permit }) = self.way.take()
            && !connection.task.0.is_finished()
        {
            self.host.idle.borrow_mut().push(connection);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(Way::Shared(connection)) = &self.way {
            self.host.retire(connection);
        }
    }
}
