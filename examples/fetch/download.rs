use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use epore::time::sleep;
use http_body_util::BodyExt;
use hyper::body::Body;
use hyper::{Response, StatusCode, Version, header};
use url::Url;

use crate::client::{self, Client, Exchange};
use crate::decode::Decoder;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::options::Options;
use crate::output::{PartFile, Target};
use crate::progress::Bar;
use crate::queue::Queue;

/// The pause before the first retry. It doubles with each one more.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause: whoever waits for a page should not wait longer for nothing.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What has become of a try so far. It outlives a try that is given up.
#[derive(Debug, Default)]
pub struct Trace {
    pub stage: Stage,
    pub queue: Rc<Queue>,
    pub status: Option<StatusCode>,
    /// When the head of the answer was there: not that of a redirect, but of the page itself.
    pub first_byte: Option<Instant>,
    pub bytes: u64,
    pub expected: Option<u64>,
    pub redirects: u32,
    /// Where the last redirect led to.
    pub redirected_to: Option<Url>,
}

/// What a try is busy with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// For a connection, of which there may be only so many.
    #[default]
    Queued,
    LookingUp,
    Connecting,
    Securing,
    Waiting,
    Receiving,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Queued => "waiting for a connection to be free",
            Stage::LookingUp => "looking up the host",
            Stage::Connecting => "connecting",
            Stage::Securing => "agreeing on TLS",
            Stage::Waiting => "waiting for an answer",
            Stage::Receiving => "receiving",
        })
    }
}

/// Fetches `url`, to `path` if there is one, with as many tries as the options allow. Gives the last try, and how many
/// there were.
pub async fn download(
    client: &Client,
    url: &Url,
    path: Option<&Path>,
    options: &Options,
    bar: &Bar,
    interrupt: &Interrupt,
) -> (Trace, u32, Result<(), Failure>) {
    let mut tries = 1;
    loop {
        let mut trace = Trace::default();
        let queue = Rc::clone(&trace.queue);
        let attempt = queue.limit(options.timeout, attempt(client, url, path, options, &mut trace, bar));
        let result = match interrupt.limit(attempt).await {
            Some(Ok(result)) => result,
            None => Err(Failure::Interrupted),
            Some(Err(_)) => Err(Failure::Timeout { limit: options.timeout, stage: trace.stage, bytes: trace.bytes }),
        };
        match &result {
            Err(failure) if failure.may_pass() && tries <= options.retries => bar.retry(tries, failure),
            _ => return (trace, tries, result),
        }
        if interrupt.limit(sleep(pause_before(tries))).await.is_none() {
            return (trace, tries, Err(Failure::Interrupted));
        }
        tries += 1;
    }
}

fn pause_before(retry: u32) -> Duration {
    let factor = 2_u32.saturating_pow(retry - 1);
    FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}

async fn attempt(
    client: &Client,
    url: &Url,
    path: Option<&Path>,
    options: &Options,
    trace: &mut Trace,
    bar: &Bar,
) -> Result<(), Failure> {
    let exchange = follow(client, url, options.max_redirects, trace).await?;
    trace.first_byte = Some(Instant::now());
    let status = exchange.response.status();
    if !status.is_success() {
        exchange.dismiss().await;
        return Err(Failure::Status(status));
    }
    let file = path.map(PartFile::create).transpose()?;
    let decoder = match options.compressed {
        true => Decoder::new(exchange.response.headers(), Target(file))?,
        false => Decoder::Identity(Target(file)),
    };
    let Target(file) = receive(exchange, decoder, trace, bar).await?;
    file.map_or(Ok(()), PartFile::complete)
}

/// Asks for the page, and for the one that the answer points to, until it points to none.
async fn follow(client: &Client, start: &Url, max_redirects: u32, trace: &mut Trace) -> Result<Exchange, Failure> {
    let mut url = start.clone();
    loop {
        let exchange = client.get(&url, trace).await?;
        let status = exchange.response.status();
        trace.status = Some(status);
        if !is_redirect(status) {
            return Ok(exchange);
        }
        url = target(&url, &exchange.response)?;
        exchange.dismiss().await;
        if trace.redirects == max_redirects {
            return Err(Failure::Redirect(format!("more than {max_redirects} redirects, the last one to {url}")));
        }
        trace.redirects += 1;
        trace.redirected_to = Some(url.clone());
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads to, which may be said relative to where it stands.
fn target<B>(url: &Url, response: &Response<B>) -> Result<Url, Failure> {
    let Some(location) = response.headers().get(header::LOCATION) else {
        return Err(Failure::Redirect(format!("{url} redirects to nowhere: the answer has no Location")));
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    let joined = url.join(&location).map_err(|error| Failure::BadUrl(error.to_string()));
    joined.and_then(|url| client::parse(url.as_str())).map_err(|failure| {
        Failure::Redirect(format!("redirected to {}, which cannot be fetched: {failure}", location.escape_debug()))
    })
}

/// Takes the body as it comes. Never more of it is in memory than one frame.
async fn receive(
    mut exchange: Exchange,
    mut decoder: Decoder<Target>,
    trace: &mut Trace,
    bar: &Bar,
) -> Result<Target, Failure> {
    trace.expected = exchange.response.body().size_hint().exact();
    trace.stage = Stage::Receiving;
    bar.expect(trace.expected);
    while let Some(frame) = exchange.response.body_mut().frame().await {
        let frame = frame.map_err(|error| Failure::in_body(error, trace))?;
        // A frame that is no data is a trailer, in which nobody here is interested.
        let Ok(data) = frame.into_data() else { continue };
        decoder.write(&data).map_err(Failure::of_content)?;
        trace.bytes += data.len() as u64;
        bar.advance(data.len() as u64);
    }
    // The end of a connection is told as an error, but the end that a server makes of a stream in HTTP/2 is not.
    let cut_off = exchange.response.version() == Version::HTTP_2 && !exchange.response.body().is_end_stream();
    if cut_off || trace.expected.is_some_and(|expected| expected != trace.bytes) {
        return Err(Failure::BrokenOff { bytes: trace.bytes, expected: trace.expected, cause: None });
    }
    exchange.complete();
    decoder.finish().map_err(Failure::of_content)
}
