//! Pages that come by https://.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::folder::Folder;
use crate::nginx::{Nginx, size, write_pages};
use crate::run::{fetch, fetch_with_input};
use crate::server::{serve, wait_for_close};

/// nginx with a certificate that vouches for itself.
pub struct Secure {
    pub nginx: Nginx,
}

impl Secure {
    pub fn start(test: &str, versions: &str) -> Option<Secure> {
        Secure::start_with(test, versions, CertificateParams::new(["localhost".to_owned()]).unwrap())
    }

    fn start_with(test: &str, versions: &str, params: CertificateParams) -> Option<Secure> {
        let folder = Folder::new(test);
        let key = KeyPair::generate().unwrap();
        fs::write(folder.path().join("cert.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
        let listen = format!(" ssl {versions}; ssl_certificate cert.pem; ssl_certificate_key key.pem");
        Some(Secure { nginx: Nginx::start_with(folder, &listen)? })
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.nginx.addr.port())
    }

    pub fn certificate(&self) -> PathBuf {
        self.nginx.folder.path().join("cert.pem")
    }
}

#[test]
fn hundreds_of_files_come_whole_over_both_versions() {
    for (versions, protocol, most) in [("http2", "HTTP/2.0", 1), ("", "HTTP/1.1", 64)] {
        let Some(server) = Secure::start(&format!("tls-{}", most), versions) else { return };
        let names = write_pages(&server.nginx.pages());
        let list: String = names.iter().map(|name| server.url(name) + "\n").collect();
        let output = Folder::new(&format!("tls-output-{most}"));
        let certificate = server.certificate();
        let options = ["--json", "--cacert", certificate.to_str().unwrap(), "--output", output.arg(), "--input", "-"];
        let run = fetch_with_input(&options, &list);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.json()["totals"]["bytes"], (0..300).map(size).sum::<usize>());
        let files = output.files();
        assert_eq!(files.len(), names.len());
        for name in &names {
            assert!(files[name] == fs::read(server.nginx.pages().join(name)).unwrap(), "{name} has other bytes");
        }
        let log = server.nginx.log(names.len());
        assert!(log.iter().all(|(_, version)| version == protocol), "{log:?}");
        let connections: BTreeSet<u32> = log.into_iter().map(|(connection, _)| connection).collect();
        assert!(connections.len() <= most, "{} connections", connections.len());
    }
}

#[test]
fn a_redirect_leads_from_http_to_https() {
    let Some(server) = Secure::start("tls-redirect", "http2") else { return };
    fs::write(server.nginx.pages().join("page"), "there").unwrap();
    let target = server.url("page");
    let location = format!("Location: {target}");
    let plain = serve(move |request| request.answer_status("301 Moved Permanently", &location));
    let certificate = server.certificate();
    let run = fetch(["--json", "--cacert", certificate.to_str().unwrap(), &plain.url("/page")]);
    let result = &run.json()["results"][0];
    assert_eq!((run.code, &result["bytes"]), (Some(0), &5.into()), "{}", run.stderr);
    assert_eq!(result["redirected_to"], target);
}

/// Fetches a page that must fail for its TLS; gives the reason.
fn failure(url: &str, options: &[&str]) -> String {
    let run = fetch([&["--json", url], options].concat());
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let report = run.json();
    let result = &report["results"][0];
    assert_eq!((&result["error"]["kind"], &result["tries"]), (&"tls".into(), &1.into()), "{}", run.stderr);
    run.line_about(url).to_owned()
}

#[test]
fn a_certificate_that_does_not_verify_says_why() {
    let mut expired = CertificateParams::new(["localhost".to_owned()]).unwrap();
    (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let other = CertificateParams::new(["elsewhere.example".to_owned()]).unwrap();
    for (test, params, why) in [("expired", expired, "expired"), ("other-name", other, "elsewhere.example")] {
        let Some(server) = Secure::start_with(&format!("tls-{test}"), "http2", params) else { return };
        let certificate = server.certificate();
        let reason = failure(&server.url("page"), &["--retries", "2", "--cacert", certificate.to_str().unwrap()]);
        assert!(reason.contains("the certificate of localhost does not verify: "), "{reason}");
        assert!(reason.contains(why), "{reason}");
    }
    let Some(server) = Secure::start("tls-unknown", "http2") else { return };
    let reason = failure(&server.url("page"), &[]);
    assert!(reason.contains("the certificate of localhost does not verify: "), "{reason}");
}

#[test]
fn a_server_that_speaks_in_the_clear_is_told_from_one_that_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 mail.example ESMTP ready to receive mail\r\n").unwrap();
        wait_for_close(stream);
    });
    let reason = failure(&format!("https://127.0.0.1:{port}/"), &[]);
    assert!(reason.contains("127.0.0.1 does not speak TLS on this port: "), "{reason}");
}

#[test]
fn a_file_of_certificates_that_has_none_is_wrong_usage() {
    let folder = Folder::new("no-certificate");
    fs::write(folder.path().join("empty.pem"), "nothing here\n").unwrap();
    let empty = folder.path().join("empty.pem");
    let damaged = folder.path().join("damaged.pem");
    fs::write(&damaged, "-----BEGIN CERTIFICATE-----\naGVsbG8gd29ybGQ=\n-----END CERTIFICATE-----\n").unwrap();
    for (file, why) in [
        (empty.to_str().unwrap(), "there is no certificate in"),
        (damaged.to_str().unwrap(), "a certificate in"),
        ("/no/such.pem", "cannot read"),
    ] {
        let run = fetch(["--cacert", file, "https://localhost:1/"]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains(why) && run.stderr.contains(file), "{}", run.stderr);
    }
}
