//! A web server for HTTP/1.1 and HTTP/2 by hyper: in the clear or, given a certificate and its key, over TLS by rustls.
//!
//! ```text
//! cargo run -p epore-ecosystem --example hyper_server -- 127.0.0.1:8080
//! cargo run -p epore-ecosystem --example hyper_server -- 127.0.0.1:8443 cert.pem key.pem
//! curl http://127.0.0.1:8080/
//! curl --cacert cert.pem --data-binary @file https://localhost:8443/echo
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use epore::hyper::{Executor, Timer};
use epore::net::{TcpListener, TcpStream};
use epore::time::timeout;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How long a client may take to say hello in TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let certificate = args.next().zip(args.next());
    match epore::block_on(serve(&address, certificate)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(address: &str, certificate: Option<(String, String)>) -> Result<()> {
    let tls = certificate.map(|(chain, key)| acceptor(&chain, &key)).transpose()?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept().await?;
        let tls = tls.clone();
        epore::spawn(async move {
            if let Err(error) = connection(stream, tls).await {
                eprintln!("{peer}: {error}");
            }
        });
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

/// Answers one client until it leaves. Which HTTP it speaks is seen from its first bytes.
async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut http = auto::Builder::new(Executor);
    http.http1().timer(Timer);
    http.http2().timer(Timer);
    match tls {
        None => http.serve_connection(stream, service_fn(answer)).await,
        Some(tls) => {
            let stream = timeout(HANDSHAKE, tls.accept(stream)).await??;
            http.serve_connection(TokioIo::new(stream), service_fn(answer)).await
        }
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
