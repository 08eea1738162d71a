use std::time::Duration;

use bytes::Bytes;
use epore::time::timeout;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Body, Incoming};
use hyper::{Request, Response, Version, header};
use url::{Position, Url};

use crate::connections::{Connections, Lease};
use crate::decode;
use crate::download::{Stage, Trace};
use crate::failure::Failure;
use crate::options::Options;
use crate::tls::Tls;

/// Asks servers for pages.
pub struct Client {
    connections: Connections,
    compressed: bool,
}

/// How much of a body is read that nobody wants, and how long that may take: less than a new connection would cost.
const UNWANTED_BYTES: u64 = 64 * 1024;
const UNWANTED_TIME: Duration = Duration::from_millis(200);

/// The answer to a request, and the connection that brings its body. Dropped, it gives up the body and the connection.
pub struct Exchange {
    pub response: Response<Incoming>,
    lease: Lease,
}

impl Exchange {
    /// Leaves the connection to the next exchange, since the body has come in full.
    pub fn complete(self) {
        self.lease.give_back();
    }

    /// Leaves the connection to the next exchange if it can be had without the body, or if that is short.
    pub async fn dismiss(mut self) {
        let size = self.response.body().size_hint().upper();
        let rest = Limited::new(self.response.body_mut(), UNWANTED_BYTES as usize);
        let is_short = size.is_none_or(|size| size <= UNWANTED_BYTES)
            && matches!(timeout(UNWANTED_TIME, rest.collect()).await, Ok(Ok(_)));
        if is_short || self.lease.is_http2() {
            self.complete();
        }
    }
}

impl Client {
    pub fn new(options: &Options) -> Result<Client, String> {
        let tls = Tls::new(options.cacert.as_deref())?;
        let per_host = options.per_host.unwrap_or(options.concurrency);
        Ok(Client { connections: Connections::new(per_host, tls), compressed: options.compressed })
    }

    /// Whether the host of the URL may have an exchange more at once.
    pub fn has_room(&self, url: &Url) -> bool {
        self.connections.has_room(url)
    }

    /// Waits until a host has come to have room for any number of them.
    pub async fn came_to_share(&self) {
        self.connections.came_to_share().await;
    }

    /// Asks for one page. The answer is there when its head is.
    pub async fn get(&self, url: &Url, trace: &mut Trace) -> Result<Exchange, Failure> {
        loop {
            let mut lease = self.connections.lease(url, trace).await?;
            trace.stage = Stage::Waiting;
            match lease.send(self.request(url, lease.is_http2())?).await {
                Ok(response) => return Ok(Exchange { response, lease }),
                // The server may have retired it before it saw this request, which says nothing about the page. Of those
                // that share a connection one was the first, and comes to its end here.
                Err(Failure::Closed(_)) if lease.used => {}
                Err(failure) => return Err(failure),
            }
        }
    }

    fn request(&self, url: &Url, http2: bool) -> Result<Request<Empty<Bytes>>, Failure> {
        let request = if http2 {
            Request::get(&url[..Position::AfterQuery]).version(Version::HTTP_2)
        } else {
            let host = &url[Position::BeforeHost..Position::AfterPort];
            Request::get(&url[Position::BeforePath..Position::AfterQuery]).header(header::HOST, host)
        };
        let mut request = request
            .header(header::USER_AGENT, concat!("epore-fetch/", env!("CARGO_PKG_VERSION")))
            .header(header::ACCEPT, "*/*");
        if self.compressed {
            request = request.header(header::ACCEPT_ENCODING, decode::ACCEPTED);
        }
        request.body(Empty::new()).map_err(|error| Failure::BadUrl(format!("no request can be made of it: {error}")))
    }
}

/// Reads a URL that this program can fetch.
pub fn parse(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => Failure::BadUrl("not a URL: it begins with no http://".to_owned()),
        error => Failure::BadUrl(format!("not a URL: {error}")),
    })?;
    match url.scheme() {
        "http" | "https" if has_user(&url) => Err(Failure::BadUrl("a user name in a URL is not supported".to_owned())),
        "http" | "https" => Ok(url),
        scheme => Err(Failure::BadUrl(format!("the scheme `{scheme}` is not supported; http:// and https:// are"))),
    }
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}
