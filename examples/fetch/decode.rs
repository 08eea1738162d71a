use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::MultiGzDecoder;
use hyper::HeaderMap;
use hyper::header::CONTENT_ENCODING;

use crate::failure::Failure;

/// What a server is asked for: all that is understood here.
pub const ACCEPTED: &str = "gzip, br";

const BROTLI_BUFFER: usize = 16 * 1024;

#[derive(Clone, Copy)]
pub enum Encoding {
    Gzip,
    Brotli,
}

/// Undoes the encoding of a body on its way to `W`. No more of it is in memory than the window of the encoding.
pub enum Decoder<W: Write> {
    Identity(W),
    /// Nothing has come yet, and if nothing comes there is nothing to decode.
    Expecting(Encoding, Option<W>),
    Gzip(Box<MultiGzDecoder<W>>),
    Brotli(Box<DecompressorWriter<W>>),
}

impl<W: Write> Decoder<W> {
    pub fn new(head: &HeaderMap, target: W) -> Result<Decoder<W>, Failure> {
        let lines = head.get_all(CONTENT_ENCODING).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
        let all = lines.collect::<Vec<_>>().join(", ").to_ascii_lowercase();
        let encodings: Vec<&str> =
            all.split(',').map(str::trim).filter(|name| !["", "identity"].contains(name)).collect();
        match encodings[..] {
            [] => Ok(Decoder::Identity(target)),
            ["gzip" | "x-gzip"] => Ok(Decoder::Expecting(Encoding::Gzip, Some(target))),
            ["br"] => Ok(Decoder::Expecting(Encoding::Brotli, Some(target))),
            _ => Err(Failure::Encoding(format!(
                "the answer is encoded as `{}`, and only one of {ACCEPTED} is understood",
                all.escape_debug()
            ))),
        }
    }

    pub fn write(&mut self, data: &[u8]) -> io::Result<()> {
        if let Decoder::Expecting(encoding, target) = self
            && let Some(target) = target.take_if(|_| !data.is_empty())
        {
            *self = match encoding {
                Encoding::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(target))),
                Encoding::Brotli => Decoder::Brotli(Box::new(DecompressorWriter::new(target, BROTLI_BUFFER))),
            };
        }
        match self {
            Decoder::Identity(target) => target.write_all(data),
            Decoder::Expecting(..) => Ok(()),
            Decoder::Gzip(decoder) => decoder.write_all(data),
            Decoder::Brotli(decoder) => decoder.write_all(data),
        }
    }

    /// Ends the body, of which nothing may be missing.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Decoder::Identity(target) => Ok(target),
            Decoder::Expecting(_, target) => Ok(target.expect("it is taken by the first byte alone")),
            Decoder::Gzip(decoder) => decoder.finish(),
            Decoder::Brotli(mut decoder) => {
                decoder.close()?;
                decoder.into_inner().map_err(|_| io::ErrorKind::UnexpectedEof.into())
            }
        }
    }
}
