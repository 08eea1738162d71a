use std::net::SocketAddr;

use bytes::Bytes;
use epore::JoinHandle;
use epore::net::{TcpStream, lookup_host};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response, header};
use url::{Host, Position, Url};

use crate::download::{Stage, Trace};
use crate::failure::Failure;

/// The answer to a request, and the connection that brings its body. Dropping it closes the connection.
pub struct Exchange {
    pub response: Response<Incoming>,
    _connection: Connection,
}

/// Reads a URL that this program can fetch.
pub fn parse(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => Failure::BadUrl("not a URL: it begins with no http://".to_owned()),
        error => Failure::BadUrl(format!("not a URL: {error}")),
    })?;
    match url.scheme() {
        "https" => Err(Failure::Https),
        "http" if has_user(&url) => Err(Failure::BadUrl("a user name in a URL is not supported".to_owned())),
        "http" => Ok(url),
        scheme => Err(Failure::BadUrl(format!("the scheme `{scheme}` is not supported; only http:// is"))),
    }
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Asks for one page, on a connection of its own. The answer is there when its head is.
pub async fn get(url: &Url, trace: &mut Trace) -> Result<Exchange, Failure> {
    trace.stage = Stage::LookingUp;
    let addrs = look_up(url).await?;
    trace.stage = Stage::Connecting;
    let stream = TcpStream::connect(addrs).await.map_err(Failure::Connect)?;

    trace.stage = Stage::Waiting;
    let (mut sender, connection) = http1::handshake(stream).await.map_err(Failure::before_answer)?;
    // An error of the connection is told to the request or to the body as well.
    let connection = Connection(epore::spawn(async { drop(connection.await) }));
    let response = sender.send_request(request(url)?).await.map_err(Failure::before_answer)?;
    Ok(Exchange { response, _connection: connection })
}

async fn look_up(url: &Url) -> Result<Vec<SocketAddr>, Failure> {
    let port = url.port_or_known_default().unwrap_or(80);
    match url.host() {
        Some(Host::Ipv4(ip)) => Ok(vec![(ip, port).into()]),
        Some(Host::Ipv6(ip)) => Ok(vec![(ip, port).into()]),
        Some(Host::Domain(name)) => Ok(lookup_host((name, port)).await.map_err(Failure::Lookup)?.collect()),
        None => Err(Failure::BadUrl("the URL has no host".to_owned())),
    }
}

fn request(url: &Url) -> Result<Request<Empty<Bytes>>, Failure> {
    Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(header::HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(header::USER_AGENT, concat!("epore-fetch/", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|error| Failure::BadUrl(format!("no request can be made of it: {error}")))
}

/// The task that moves the bytes of a connection. It ends with its owner.
struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}
