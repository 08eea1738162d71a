//! A server of HTTP/2 over TLS that cuts its answers off, as if nothing were wrong with that.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::folder::Folder;

/// The types of frames and their flags in RFC 9113, section 6.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

pub struct CutOff {
    port: u16,
    pub certificate: PathBuf,
    _folder: Folder,
}

impl CutOff {
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.port)
    }
}

/// Answers two requests with 100 bytes each. The first answer says that there are 1000.
pub fn serve() -> CutOff {
    let folder = Folder::new("cut-off-server");
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let path = folder.path().join("cert.pem");
    fs::write(&path, certificate.pem()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let mut config = builder.with_single_cert(chain, key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let (listener, config) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(config));
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for head in [&b"\x88\x0f\x0d\x041000"[..], b"\x88"] {
            let (stream, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // It ends when the client has closed.
            let _closed = answer(StreamOwned::new(connection, stream), head);
        }
    });
    CutOff { port, certificate: path, _folder: folder }
}

fn answer(mut stream: impl Read + Write, head: &[u8]) -> std::io::Result<()> {
    stream.read_exact(&mut [0; b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len()])?;
    stream.write_all(&frame(SETTINGS, 0, 0, b""))?;
    loop {
        let mut header = [0; 9];
        stream.read_exact(&mut header)?;
        let [_, high, low, kind, flags, id @ ..] = header;
        stream.read_exact(&mut vec![0; usize::from(high) << 8 | usize::from(low)])?;
        match kind {
            SETTINGS if flags & ACK == 0 => stream.write_all(&frame(SETTINGS, ACK, 0, b""))?,
            HEADERS => {
                let id = u32::from_be_bytes(id);
                let no_error = 0_u32.to_be_bytes();
                let frames = [frame(HEADERS, END_HEADERS, id, head), frame(DATA, 0, id, &[b'x'; 100])];
                stream.write_all(&frames.concat())?;
                stream.write_all(&frame(RST_STREAM, 0, id, &no_error))?;
            }
            _ => {}
        }
    }
}

fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u16;
    [&[0][..], &length.to_be_bytes(), &[kind, flags], &id.to_be_bytes(), payload].concat()
}
