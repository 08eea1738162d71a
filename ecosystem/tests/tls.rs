//! TLS by rustls, through the adapters for the traits of tokio and of futures, over streams of Epore.

#![forbid(unsafe_code)]

mod support;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use epore::JoinHandle;
use epore::net::{TcpListener, TcpStream};
use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use support::certificate::Certificate;
use support::run_future;

const LARGE: usize = 4 << 20;

fn server_config(certificate: &Certificate) -> Arc<ServerConfig> {
    let chain = vec![CertificateDer::from_pem_file(&certificate.chain).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&certificate.key).unwrap();
    Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap())
}

/// A client that trusts nobody else.
fn client_config(certificate: &Certificate) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&certificate.chain).unwrap()).unwrap();
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

fn name(name: &'static str) -> ServerName<'static> {
    ServerName::try_from(name).unwrap()
}

fn pattern() -> Vec<u8> {
    (0..LARGE).map(|index| (index * 31 % 251) as u8).collect()
}

/// A server of one connection that echoes until the client has ended, and ends then.
async fn echo_server(certificate: &Certificate) -> (SocketAddr, JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let acceptor = futures_rustls::TlsAcceptor::from(server_config(certificate));
    let server = epore::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let (reader, mut writer) = acceptor.accept(stream).await?.split();
        futures::io::copy(reader, &mut writer).await?;
        writer.close().await
    });
    (addr, server)
}

#[test]
fn the_adapter_of_futures_carries_both_ways_at_once_and_says_farewell() {
    let certificate = Certificate::new();
    run_future(async move {
        let (addr, server) = echo_server(&certificate).await;
        let connector = futures_rustls::TlsConnector::from(client_config(&certificate));
        let stream = TcpStream::connect(addr).await.unwrap();
        let (mut reader, mut writer) = connector.connect(name("localhost"), stream).await.unwrap().split();
        let sent = pattern();
        let send = async {
            writer.write_all(&sent).await?;
            writer.close().await
        };
        let mut received = Vec::new();
        futures::future::try_join(send, reader.read_to_end(&mut received)).await.unwrap();
        assert!(received == sent);
        server.await.unwrap().unwrap();
    });
}

#[test]
fn the_adapter_of_tokio_does_the_same() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let certificate = Certificate::new();
    run_future(async move {
        let (addr, server) = echo_server(&certificate).await;
        let connector = tokio_rustls::TlsConnector::from(client_config(&certificate));
        let stream = TcpStream::connect(addr).await.unwrap();
        let stream = connector.connect(name("localhost"), stream).await.unwrap();
        let (mut reader, mut writer) = tokio::io::split(stream);
        let sent = pattern();
        let send = async {
            writer.write_all(&sent).await?;
            writer.shutdown().await
        };
        let mut received = Vec::new();
        futures::future::try_join(send, reader.read_to_end(&mut received)).await.unwrap();
        assert!(received == sent);
        server.await.unwrap().unwrap();
    });
}

/// What a client says that trusts `trusted`, of a server that shows `shown` to one who asks for `asked`.
fn refusal(shown: Certificate, trusted: Option<Certificate>, asked: &'static str) -> String {
    run_future(async move {
        let (addr, server) = echo_server(&shown).await;
        let connector = futures_rustls::TlsConnector::from(client_config(trusted.as_ref().unwrap_or(&shown)));
        let stream = TcpStream::connect(addr).await.unwrap();
        let error = connector.connect(name(asked), stream).await.map(drop).unwrap_err();
        server.await.unwrap().expect_err("it hears of the refusal");
        error.to_string()
    })
}

#[test]
fn an_expired_certificate_is_refused_with_its_date() {
    let error = refusal(Certificate::expired(), None, "localhost");
    assert!(error.contains("expired"), "{error}");
}

#[test]
fn a_certificate_of_another_name_is_refused_with_both() {
    let error = refusal(Certificate::new(), None, "example.com");
    assert!(error.contains("example.com") && error.contains("localhost"), "{error}");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let error = refusal(Certificate::new(), Some(Certificate::new()), "localhost");
    assert!(error.contains("invalid peer certificate"), "{error}");
}

#[test]
fn a_server_that_speaks_in_the_clear_is_an_error() {
    let certificate = Certificate::new();
    run_future(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = epore::spawn(async move {
            let (stream, _) = listener.accept().await?;
            stream.write_all(b"220 mail.example.com ESMTP\r\n").await?;
            stream.read_to_end(&mut Vec::new()).await
        });
        let connector = futures_rustls::TlsConnector::from(client_config(&certificate));
        let stream = TcpStream::connect(addr).await.unwrap();
        let error = connector.connect(name("localhost"), stream).await.map(drop).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        server.await.unwrap().unwrap();
    });
}

#[test]
fn a_stream_that_is_cut_off_is_an_error_and_not_its_end() {
    let certificate = Certificate::new();
    run_future(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let acceptor = futures_rustls::TlsAcceptor::from(server_config(&certificate));
        let server = epore::spawn(async move {
            let (stream, _) = listener.accept().await?;
            let mut stream = acceptor.accept(stream).await?;
            stream.write_all(b"the first half of").await?;
            stream.flush().await
        });
        let connector = futures_rustls::TlsConnector::from(client_config(&certificate));
        let stream = TcpStream::connect(addr).await.unwrap();
        let mut stream = connector.connect(name("localhost"), stream).await.unwrap();
        server.await.unwrap().unwrap();
        let mut received = Vec::new();
        let error = stream.read_to_end(&mut received).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(received, b"the first half of");
    });
}
