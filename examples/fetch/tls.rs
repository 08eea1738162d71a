use std::cell::OnceCell;
use std::io;
use std::path::Path;
use std::sync::Arc;

use epore::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};
use tokio_rustls::{TlsConnector, rustls::crypto::ring};
use url::{Host, Url};

use crate::failure::Failure;

/// What is offered to the server, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS by rustls, which trusts the roots of the system and those that the user has added.
pub struct Tls {
    added: Vec<CertificateDer<'static>>,
    /// Reading the roots takes milliseconds, which a run without https:// need not spend.
    connector: OnceCell<TlsConnector>,
}

impl Tls {
    /// Reads the certificates of a file, if there is one, to trust them as well.
    pub fn new(cacert: Option<&Path>) -> Result<Tls, String> {
        let added = cacert.map_or(Ok(Vec::new()), read)?;
        Ok(Tls { added, connector: OnceCell::new() })
    }

    pub async fn connect(&self, url: &Url, stream: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
        let host = url.host_str().unwrap_or_default();
        let name = match url.host() {
            Some(Host::Ipv4(ip)) => ServerName::from(std::net::IpAddr::from(ip)),
            Some(Host::Ipv6(ip)) => ServerName::from(std::net::IpAddr::from(ip)),
            _ => ServerName::try_from(host.to_owned()).map_err(|error| Failure::BadUrl(format!("{host}: {error}")))?,
        };
        let connector = self.connector.get_or_init(|| connector(&self.added));
        connector.connect(name, stream).await.map_err(|error| Failure::Tls(reason(host, &error), error.kind()))
    }
}

fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(format!("there is no certificate in `{}`", file.display())),
        Ok(certificates) => {
            let mut store = RootCertStore::empty();
            let wrong = certificates.iter().find_map(|certificate| store.add(certificate.clone()).err());
            wrong.map_or(Ok(certificates), |why| Err(format!("a certificate in `{}` is none: {why}", file.display())))
        }
        Err(error) => Err(format!("cannot read the certificates in `{}`: {error}", file.display())),
    }
}

fn connector(added: &[CertificateDer<'static>]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    // What cannot be read or understood among those of the system is not trusted.
    let system = rustls_native_certs::load_native_certs().certs;
    roots.add_parsable_certificates(system.into_iter().chain(added.iter().cloned()));
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("ring can do what it does by default");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    TlsConnector::from(Arc::new(config))
}

/// What the server has chosen.
pub fn is_http2(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(PROTOCOLS[0])
}

/// In plain words why a handshake has failed.
fn reason(host: &str, error: &io::Error) -> String {
    match error.get_ref().and_then(|error| error.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => format!(
            "the certificate of {host} does not verify: nobody who is trusted vouches for it (--cacert adds somebody)"
        ),
        Some(rustls::Error::InvalidCertificate(why)) => format!("the certificate of {host} does not verify: {why}"),
        Some(rustls::Error::InvalidMessage(_)) => format!("{host} does not speak TLS on this port: {error}"),
        _ => format!("TLS with {host} failed: {error}"),
    }
}
