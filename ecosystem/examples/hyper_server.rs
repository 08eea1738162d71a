//! A web server for HTTP/1.1 and HTTP/2 by hyper: in the clear or, given a certificate and its key, over TLS by rustls.
//!
//! ```text
//! cargo run -p epore-ecosystem --example hyper_server -- 127.0.0.1:8080
//! cargo run -p epore-ecosystem --example hyper_server -- 127.0.0.1:8443 cert.pem key.pem
//! curl http://127.0.0.1:8080/
//! curl --cacert cert.pem --data-binary @file https://localhost:8443/echo
//! ```

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use epore::hyper::{Executor, Timer};
use epore::net::{TcpListener, TcpStream};
use epore::time::timeout;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How long a client may take to say hello in TLS, then to ask for something, and in HTTP/2 to answer a ping.
const HELLO: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let Err(error) = epore::block_on(serve());
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

async fn serve() -> Result<Infallible> {
    let mut args = env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let tls = match (args.next(), args.next(), args.next()) {
        (None, ..) => None,
        (Some(chain), Some(key), None) => Some(acceptor(&chain, &key)?),
        _ => return Err("give an address and, to serve over TLS, a certificate and its key".into()),
    };
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => drop(epore::spawn(client(stream, peer, tls.clone()))),
            // Descriptors have run out, say. The clients that are served now will give some back.
            Err(error) => eprintln!("{error}"),
        }
    }
}

fn acceptor(chain: &str, key: &str) -> Result<TlsAcceptor> {
    let unreadable = |file: &str, error| format!("cannot read {file}: {error}");
    let certificates = CertificateDer::pem_file_iter(chain).and_then(Iterator::collect);
    let certificates = certificates.map_err(|error| unreadable(chain, error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error))?;
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn client(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>) {
    if let Err(error) = connection(stream, tls).await {
        eprintln!("{peer}: {error}");
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>) -> Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        None => talk(stream).await,
        Some(tls) => talk(TokioIo::new(timeout(HELLO, tls.accept(stream)).await??)).await,
    }
}

/// Answers one client until it leaves. Which HTTP it speaks is seen from its first bytes.
async fn talk(stream: impl Read + Write + Unpin + 'static) -> Result<()> {
    let mut http = auto::Builder::new(Executor);
    http.http1().timer(Timer).http2().timer(Timer).keep_alive_interval(HELLO).keep_alive_timeout(HELLO);
    let asked = Cell::new(false);
    let service = service_fn(|request| {
        asked.set(true);
        answer(request)
    });
    let mut connection = pin!(http.serve_connection(stream, service));
    // hyper has no limit of its own for a client that has not shown which HTTP it speaks.
    match timeout(HELLO, &mut connection).await {
        Err(_) if !asked.get() => Err(format!("it has asked for nothing in {HELLO:?}").into()),
        Err(_) => connection.await,
        Ok(ended) => ended,
    }
}

/// Greets, and sends back what is posted to `/echo` as it comes.
async fn answer(request: Request<Incoming>) -> Result<Response<Either<Full<Bytes>, Incoming>>> {
    let version = request.version();
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => (StatusCode::OK, format!("hello over {version:?}\n")),
        (&Method::POST, "/echo") => return Ok(Response::new(Either::Right(request.into_body()))),
        (method, path) => (StatusCode::NOT_FOUND, format!("there is no {method} {path}\n")),
    };
    Ok(Response::builder().status(status).body(Either::Left(Full::from(text)))?)
}
