//! Without a URL.

use serde_json::Value;

use crate::run::{command, fetch, finish};

#[test]
fn without_a_url_all_goes_as_planned_and_the_report_fits_the_width() {
    let mut command = command([""; 0]);
    command.env("COLUMNS", "80");
    let run = finish(command);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for part in [
        "made to fail: Not Found",
        "made to fail: the server broke off after",
        "2 failed as planned",
        "wall time",
        "sum of single times",
        "times as fast on one thread",
        "redirected to /instant/1, 2 redirects",
        "at once at most",
    ] {
        assert!(run.stdout.contains(part), "`{part}` is missing in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains('\x1b') && !run.stderr.contains('\x1b'), "colours where there is no terminal");
    let widest = run.stdout.lines().map(|line| line.chars().count()).max();
    assert_eq!(widest, Some(80), "{}", run.stdout);
}

#[test]
fn the_json_of_the_demonstration_adds_up() {
    let run = fetch(["--json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = run.json();
    let (results, totals) = (report["results"].as_array().unwrap(), &report["totals"]);
    let count = |test: fn(&Value) -> bool| results.iter().filter(|&result| test(result)).count();

    assert_eq!(totals["urls"], results.len());
    assert_eq!(totals["fetched"], count(|result| result["ok"] == true));
    assert_eq!(totals["failed"], count(|result| result["error"].is_object()));
    assert_eq!(totals["failed_as_planned"], totals["failed"]);
    assert_eq!(totals["as_planned"], true);
    assert_eq!(totals["bytes"], results.iter().map(|result| result["bytes"].as_u64().unwrap()).sum::<u64>());
    assert_eq!(count(|result| result["made_to_fail"] == true), 2);
    assert_eq!(totals["threads"], 1);

    let sum: f64 = results.iter().map(|result| result["total_seconds"].as_f64().unwrap()).sum();
    let wall = totals["wall_seconds"].as_f64().unwrap();
    assert!((totals["sum_seconds"].as_f64().unwrap() - sum).abs() < 1e-6);
    assert!(wall < sum, "nothing overlapped: {wall} s for {sum} s");
    assert_eq!(totals["most_at_once"], results.len(), "they all run at once");
    for result in results {
        let (start, total) = (result["start_seconds"].as_f64().unwrap(), result["total_seconds"].as_f64().unwrap());
        assert!(start + total <= wall, "{result} ends after {wall} s");
        assert!(result["first_byte_seconds"].as_f64().unwrap() <= total, "{result}");
    }
}

#[test]
fn a_page_that_fails_without_being_made_to_is_told_by_the_exit_status() {
    let run = fetch(["--timeout", "0.1"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("not all went as planned"), "{}", run.stdout);
    assert!(run.line_about("/slow/2.00s").contains("timed out after 0.1 s"), "{}", run.stderr);
}
