use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::MultiGzDecoder;
use hyper::HeaderMap;
use hyper::header::CONTENT_ENCODING;

use crate::failure::Failure;

/// What a server is asked for: all that is understood here.
pub const ACCEPTED: &str = "gzip, br";

const BROTLI_BUFFER: usize = 16 * 1024;

/// Undoes the encoding of a body on its way to `W`. No more of it is in memory than the window of the encoding.
pub enum Decoder<W: Write> {
    Identity(W),
    Gzip(Box<MultiGzDecoder<W>>),
    Brotli(Box<DecompressorWriter<W>>),
}

impl<W: Write> Decoder<W> {
    pub fn new(head: &HeaderMap, target: W) -> Result<Decoder<W>, Failure> {
        let encoding = head.get(CONTENT_ENCODING).map_or(&b"identity"[..], |encoding| encoding.as_bytes());
        match encoding.to_ascii_lowercase().as_slice() {
            b"identity" => Ok(Decoder::Identity(target)),
            b"gzip" | b"x-gzip" => Ok(Decoder::Gzip(Box::new(MultiGzDecoder::new(target)))),
            b"br" => Ok(Decoder::Brotli(Box::new(DecompressorWriter::new(target, BROTLI_BUFFER)))),
            other => Err(Failure::Encoding(format!(
                "the answer is encoded as `{}`, and only {ACCEPTED} are understood",
                other.escape_ascii()
            ))),
        }
    }

    pub fn write(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Decoder::Identity(target) => target.write_all(data),
            Decoder::Gzip(decoder) => decoder.write_all(data),
            Decoder::Brotli(decoder) => decoder.write_all(data),
        }
    }

    /// Ends the body, of which nothing may be missing.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Decoder::Identity(target) => Ok(target),
            Decoder::Gzip(decoder) => decoder.finish(),
            Decoder::Brotli(mut decoder) => {
                decoder.close()?;
                decoder.into_inner().map_err(|_| io::ErrorKind::UnexpectedEof.into())
            }
        }
    }
}
