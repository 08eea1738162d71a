use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::Report;
use super::totals::Totals;
use crate::outcome::Outcome;

/// The results and totals as JSON. Times are in seconds.
pub fn report(report: &Report) -> Value {
    let totals = Totals::of(report);
    json!({
        "results": report.outcomes.iter().map(result).collect::<Vec<_>>(),
        "totals": {
            "urls": report.outcomes.len(),
            "fetched": totals.fetched,
            "failed": totals.failed,
            "failed_as_planned": totals.failed_as_planned,
            "interrupted": totals.interrupted,
            "as_planned": totals.as_planned,
            "bytes": totals.bytes,
            "wall_seconds": seconds(totals.wall),
            "sum_seconds": seconds(totals.sum),
            "most_at_once": totals.most_at_once,
            "threads": 1,
        },
    })
}

fn result(outcome: &Outcome) -> Value {
    let error = outcome.failure.as_ref().map(|failure| json!({"kind": failure.kind(), "message": failure.to_string()}));
    json!({
        "url": outcome.url,
        "redirected_to": outcome.trace.redirected_to.as_ref().map(Url::as_str),
        "redirects": outcome.trace.redirects,
        "ok": outcome.failure.is_none(),
        "made_to_fail": outcome.is_made_to_fail(),
        "status": outcome.trace.status.map(|status| status.as_u16()),
        "error": error,
        "bytes": outcome.trace.bytes,
        "tries": outcome.tries,
        "start_seconds": seconds(outcome.start),
        "first_byte_seconds": outcome.first_byte.map(|time| seconds(time - outcome.start)),
        "total_seconds": seconds(outcome.total()),
        "file": outcome.file.as_ref().map(|file| file.to_string_lossy()),
    })
}

/// To the nanosecond, as measured.
fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}
