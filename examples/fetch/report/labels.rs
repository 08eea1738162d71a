use url::{Position, Url};

use crate::outcome::Outcome;
use crate::text::one_line;

/// What the report calls its URLs: without their origin, if they all have the same.
pub struct Labels {
    pub origin: Option<String>,
    pub labels: Vec<String>,
}

impl Labels {
    pub fn of(outcomes: &[Outcome]) -> Labels {
        let origin = common_origin(outcomes);
        let label = |outcome: &Outcome| match &origin {
            Some(origin) => shorten(&outcome.url, origin),
            None => one_line(&outcome.url),
        };
        Labels { labels: outcomes.iter().map(label).collect(), origin }
    }

    /// What to call a URL that is none of those given.
    pub fn other(&self, url: &Url) -> String {
        self.origin.as_ref().map_or_else(|| url.to_string(), |origin| shorten(url.as_str(), origin))
    }
}

/// The scheme, host and port of all URLs, if there are several URLs that have the same.
fn common_origin(outcomes: &[Outcome]) -> Option<String> {
    let mut origins = outcomes.iter().map(|outcome| {
        let url = Url::parse(&outcome.url).ok()?;
        (url.scheme() == "http").then(|| url[..Position::BeforePath].to_owned())
    });
    let first = origins.next()??;
    let all_same = outcomes.len() > 1 && origins.all(|origin| origin.as_ref() == Some(&first));
    all_same.then_some(first)
}

fn shorten(url: &str, origin: &str) -> String {
    match Url::parse(url) {
        Ok(url) => url.as_str().strip_prefix(origin).unwrap_or(url.as_str()).to_owned(),
        Err(_) => one_line(url),
    }
}
