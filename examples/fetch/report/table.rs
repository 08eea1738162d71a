use super::labels::Labels;
use crate::download::Stage;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::Look;
use crate::text::{abbreviate, one_line, wrap};
use crate::units;

/// The indentation of a note below a row.
const NOTE_INDENT: usize = 8;

/// A row for each download: status, bytes, times and URL; and below it what else there is to say.
pub fn table(outcomes: &[Outcome], labels: &Labels, look: &Look) -> String {
    let digits = outcomes.len().to_string().len().max(2);
    let row = |cells: [&str; 6]| {
        let [number, status, bytes, first_byte, total, url] = cells;
        let url = abbreviate(url, look.columns.saturating_sub(digits + 47), look.unicode);
        format!("{number:>digits$}  {status:<8}  {bytes:>8}  {first_byte:>10}  {total:>9}  {url}")
    };
    let heading = row(["#", "status", "bytes", "first byte", "total", "URL"]);
    let mut text = format!("{}\n{}\n", look.bold(&heading), rule(look));
    for (index, (outcome, label)) in outcomes.iter().zip(&labels.labels).enumerate() {
        let first_byte = outcome.first_byte.map(|instant| units::time(instant - outcome.start));
        let bytes = (outcome.trace.stage == Stage::Receiving).then(|| units::bytes(outcome.trace.bytes));
        let none = || "-".to_owned();
        let line = row([
            &(index + 1).to_string(),
            &outcome.status_word(),
            &bytes.unwrap_or_else(none),
            &first_byte.unwrap_or_else(none),
            &Some(outcome)
                .filter(|outcome| outcome.tries > 0)
                .map_or_else(none, |outcome| units::time(outcome.total())),
            label,
        ]);
        text.push_str(&if outcome.failure.is_some() { look.red(&line) } else { line });
        text.push('\n');
        note(&mut text, outcome, labels, look);
    }
    text
}

fn rule(look: &Look) -> String {
    look.dim(&if look.unicode { "─" } else { "-" }.repeat(look.columns))
}

fn note(text: &mut String, outcome: &Outcome, labels: &Labels, look: &Look) {
    let note = notes(outcome, labels).join("; ");
    let bullet = if look.unicode { "└ " } else { "` " };
    for (index, line) in wrap(&note, look.columns - NOTE_INDENT).iter().filter(|line| !line.is_empty()).enumerate() {
        let bullet = if index == 0 { bullet } else { "" };
        let line = format!("{bullet:>NOTE_INDENT$}{line}");
        text.push_str(&look.dim(&line));
        text.push('\n');
    }
}

fn notes(outcome: &Outcome, labels: &Labels) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(failure) = &outcome.failure
        && !outcome.is_interrupted()
    {
        let reason = match failure {
            Failure::Status(status) => status.canonical_reason().unwrap_or("a status that has no name").to_owned(),
            failure => one_line(&failure.to_string()),
        };
        notes.push(if outcome.is_made_to_fail() { format!("made to fail: {reason}") } else { reason });
    }
    if let Some(url) = &outcome.trace.redirected_to {
        let times = if outcome.trace.redirects > 1 {
            format!(", {} redirects", outcome.trace.redirects)
        } else {
            String::new()
        };
        notes.push(format!("redirected to {}{times}", labels.other(url)));
    }
    if outcome.tries > 1 {
        notes.push(format!("{} tries", outcome.tries));
    }
    notes
}
