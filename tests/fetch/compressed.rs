//! Bodies that are compressed on their way.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::folder::Folder;
use crate::run::{Run, fetch};
use crate::server::{head, serve};

/// As brotli has it, and twenty times over.
const TEXT: &str = "the quick brown fox jumps over the lazy dog; ";
const BROTLI: [u8; 50] = [
    27, 131, 3, 136, 140, 148, 110, 230, 34, 208, 131, 165, 186, 210, 223, 42, 20, 141, 128, 124, 67, 11, 131, 13, 56,
    112, 72, 32, 111, 36, 190, 65, 167, 21, 206, 102, 199, 227, 68, 133, 165, 96, 35, 156, 136, 213, 31, 38, 5, 6,
];

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Fetches a body with this encoding to a folder.
fn fetch_encoded(encoding: &'static str, body: Vec<u8>, folder: &Folder, options: &[&str]) -> Run {
    let head = head(body.len()).replacen("\r\n", &format!("\r\nContent-Encoding: {encoding}\r\n"), 1);
    let server = serve(move |request| request.send([head.as_bytes(), &body].concat()));
    fetch([&["--json", "--output", folder.arg(), &server.url("/page")], options].concat())
}

#[test]
fn what_comes_in_gzip_or_br_is_written_decoded() {
    let text = TEXT.repeat(20).into_bytes();
    let twice = [gzip(&text[..100]), gzip(&text[100..])].concat();
    for (test, encoding, body) in [
        ("gzip", "gzip", gzip(&text)),
        ("x-gzip", "X-GZip", gzip(&text)),
        ("members", "gzip", twice),
        ("br", "br", BROTLI.to_vec()),
        ("identity", "identity", text.clone()),
    ] {
        let folder = Folder::new(&format!("encoded-{test}"));
        let run = fetch_encoded(encoding, body.clone(), &folder, &["--compressed"]);
        assert_eq!(run.code, Some(0), "{test}: {}", run.stderr);
        assert_eq!(fs::read(folder.path().join("page")).unwrap(), text, "{test}");
        // What the network has carried.
        assert_eq!(run.json()["results"][0]["bytes"], body.len());
    }
}

#[test]
fn unasked_a_body_is_written_as_it_came() {
    let folder = Folder::new("encoded-unasked");
    let run = fetch_encoded("br", BROTLI.to_vec(), &folder, &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(fs::read(folder.path().join("page")).unwrap(), BROTLI);
}

#[test]
fn a_body_that_cannot_be_decoded_says_why_and_leaves_no_file() {
    let text = TEXT.repeat(2000).into_bytes();
    let whole = gzip(&text);
    let mut damaged = whole.clone();
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    for (test, encoding, body, why) in [
        ("damaged", "gzip", damaged, "the body cannot be decoded: "),
        ("short", "gzip", whole[..whole.len() - 9].to_vec(), "the body cannot be decoded: "),
        ("short-br", "br", BROTLI[..40].to_vec(), "the body cannot be decoded: "),
        ("nonsense", "gzip", b"no gzip at all".to_vec(), "the body cannot be decoded: "),
        ("unknown", "zstd", whole.clone(), "the answer is encoded as `zstd`, and only one of gzip, br is understood"),
        ("twice", "gzip\r\nContent-Encoding: br", whole, "the answer is encoded as `gzip, br`, and only one of"),
    ] {
        let folder = Folder::new(&format!("undecoded-{test}"));
        let run = fetch_encoded(encoding, body, &folder, &["--compressed"]);
        assert_eq!(run.code, Some(1), "{test}");
        let report = run.json();
        let error = &report["results"][0]["error"];
        assert_eq!(error["kind"], "encoding", "{test}: {error}");
        assert!(run.stderr.contains(why), "{test}: {}", run.stderr);
        assert!(folder.files().is_empty(), "{test}");
    }
}

#[test]
fn a_body_that_is_empty_needs_no_decoding() {
    for answer in [
        "HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 0\r\n\r\n",
    ] {
        let server = serve(move |request| request.send(answer));
        let run = fetch(["--compressed", "--json", &server.url("/")]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
}

#[test]
fn servers_are_asked_for_it_only_if_the_user_wants_it() {
    let server = serve(|request| {
        let asked = request.header("accept-encoding").unwrap_or("nothing").to_owned();
        request.answer(asked);
    });
    for (options, asked) in [(vec!["--compressed"], "gzip, br"), (vec![], "nothing")] {
        let folder = Folder::new(&format!("asked-{}", options.len()));
        let url = server.url("/page");
        let run = fetch([options, vec!["--output", folder.arg(), &url]].concat());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(fs::read_to_string(folder.path().join("page")).unwrap(), asked);
    }
}
