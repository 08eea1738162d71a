use std::time::Duration;

use crate::session::Plan;

const KB: u64 = 1_000;
const MB: u64 = 1_000_000;

/// What the server has at a path.
#[derive(Clone, Copy, Debug)]
pub enum Page {
    /// So many bytes, with their number said beforehand, after a delay.
    Whole {
        bytes: u64,
        delay: Duration,
    },
    /// So many chunks of so many bytes, with a pause before each.
    Chunks {
        count: u64,
        bytes: u64,
        pause: Duration,
    },
    Redirect(&'static str),
    Missing,
    /// Promises so many bytes, and breaks off in the middle.
    Broken {
        bytes: u64,
    },
}

impl Page {
    /// What should become of a download of it.
    fn plan(self) -> Plan {
        match self {
            Page::Whole { bytes, .. } => Plan::Bring(bytes),
            Page::Chunks { count, bytes, .. } => Plan::Bring(count * bytes),
            Page::Redirect(_) => Plan::Bring(TARGET_BYTES),
            Page::Missing => Plan::Fail("status"),
            Page::Broken { .. } => Plan::Fail("broken"),
        }
    }
}

/// The size of the page that the redirects lead to.
const TARGET_BYTES: u64 = 12 * KB;

/// All pages with their paths and what should become of them.
pub fn all() -> Vec<(String, Page, Plan)> {
    let mut pages = Vec::new();
    let mut add = |path: String, page: Page| pages.push((path, page, page.plan()));
    let now = Duration::ZERO;
    for index in 1..=12 {
        add(format!("/instant/{index}"), Page::Whole { bytes: index * TARGET_BYTES, delay: now });
    }
    for millis in [250, 500, 750, 1000, 1250, 1500, 1750, 2000] {
        let delay = Duration::from_millis(millis);
        add(format!("/slow/{:.2}s", delay.as_secs_f64()), Page::Whole { bytes: 30 * KB, delay });
    }
    for megabytes in [16, 24, 32, 48] {
        add(format!("/large/{megabytes}MB"), Page::Whole { bytes: megabytes * MB, delay: now });
    }
    for count in [10, 100, 1000] {
        add(format!("/chunked/{count}"), Page::Chunks { count, bytes: 4 * KB, pause: now });
    }
    for count in [6, 12, 18] {
        let pause = Duration::from_millis(100);
        add(format!("/trickle/{count}"), Page::Chunks { count, bytes: 8 * KB, pause });
    }
    add("/moved".to_owned(), Page::Redirect("/instant/1"));
    add("/moved/twice".to_owned(), Page::Redirect("../moved"));
    add("/missing".to_owned(), Page::Missing);
    add("/broken".to_owned(), Page::Broken { bytes: 8 * MB });
    pages
}
