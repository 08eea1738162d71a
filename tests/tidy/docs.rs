//! The rule for the docs of what users see: an example of its own, and the sections that its declaration calls for.

#![forbid(unsafe_code)]

use super::lexer::{Kind, Token};
use super::rules::{Faults, code, fault};

/// What has an example. Constants, fields, modules, and second names of things go without.
const SHOWN: [&str; 5] = ["enum", "fn", "macro_rules", "struct", "trait"];

/// Those of them that have tests of their own.
const TYPES: [&str; 3] = ["enum", "struct", "trait"];

/// What panics by itself, or says that there is no runtime.
const PANICS: [&str; 5] = ["assert", "assert_eq", "assert_ne", "no_runtime", "panic"];

/// The types of numbers that count something, or stand for it.
const NUMBERS: [&str; 6] = ["u16", "u32", "u64", "usize", "i32", "c_int"];

/// What they may count, or stand for.
const UNITS: [&str; 14] = [
    "byte",
    "bytes",
    "class",
    "connections",
    "datagrams",
    "hops",
    "id",
    "index",
    "number",
    "port",
    "probes",
    "seconds",
    "tasks",
    "threads",
];

/// A declaration that users see.
struct Item<'a> {
    docs: String,
    /// Attributes, visibility, and the words up to the one that says what is declared.
    lead: &'a [Token],
    name: &'a str,
    /// Of a function: all between its name and its body.
    signature: &'a [Token],
    body: &'a [Token],
}

/// Finds what the docs of the items lack.
pub fn poor_docs(tokens: &[Token]) -> Faults {
    let (code, docs) = (code(tokens), docs(tokens));
    let mut faults = Faults::new();
    for at in 0..code.len() {
        if let Some(item) = item(&code, at, &docs) {
            let lacks = lacks(&item, &code);
            faults.extend(lacks.into_iter().map(|what| fault(&code[at], format!("`{}` {what}", item.name))));
        }
    }
    faults
}

/// The types and traits that users see: where each is declared, and its name.
pub fn types(tokens: &[Token]) -> Vec<(Token, String)> {
    let (code, docs) = (code(tokens), docs(tokens));
    let is_type = |token: &Token| token.word().is_some_and(|word| TYPES.contains(&word));
    let declared = (0..code.len()).filter(|&at| is_type(&code[at]));
    declared.filter_map(|at| Some((code[at].clone(), item(&code, at, &docs)?.name.to_owned()))).collect()
}

/// The doc comment before each token of the code.
fn docs(tokens: &[Token]) -> Vec<String> {
    let mut docs = vec![String::new()];
    for token in tokens {
        match &token.kind {
            Kind::Comment(text) => {
                let line = text.strip_prefix("///").map(|line| line.strip_prefix(' ').unwrap_or(line));
                docs.last_mut().unwrap().extend(line.into_iter().flat_map(|line| [line, "\n"]));
            }
            _ => docs.push(String::new()),
        }
    }
    docs
}

/// The item that is declared by the word that stands there, if users see it.
fn item<'a>(code: &'a [Token], at: usize, docs: &[String]) -> Option<Item<'a>> {
    let keyword = code[at].word().filter(|word| SHOWN.contains(word))?;
    let start = code[..at].iter().rposition(|token| is_one_of(token, "{};")).map_or(0, |end| end + 1);
    let lead = &code[start..=at];
    let is_public = lead.windows(2).any(|pair| pair[0].is_word("pub") && !pair[1].is_mark('('));
    let is_seen = is_public && !has(lead, "hidden") || keyword == "macro_rules" && has(lead, "macro_export");
    let mut rest = &code[at + 1..];
    if keyword == "macro_rules" {
        rest = &rest[1..];
    }
    let name = rest.first()?.word().filter(|_| is_seen)?;
    let (signature, body) = if keyword == "fn" { function(&rest[1..]) } else { (&[][..], &[][..]) };
    Some(Item { docs: docs[start..=at].concat(), lead, name, signature, body })
}

/// What follows the name of a function: its signature, and its body.
fn function(rest: &[Token]) -> (&[Token], &[Token]) {
    let start = rest.iter().position(|token| is_one_of(token, "{;")).unwrap_or(rest.len());
    let (signature, body) = rest.split_at(start);
    let mut depth = 0;
    let is_end = |token: &Token| {
        depth += i32::from(token.is_mark('{')) - i32::from(token.is_mark('}'));
        depth == 0
    };
    let end = body.iter().position(is_end).unwrap_or(body.len());
    (signature, &body[..end])
}

/// The type that a function gives back, from its signature.
fn given(signature: &[Token]) -> &[Token] {
    let mut depth = 0;
    let is_end = |at: usize| {
        let token = &signature[at];
        let is_arrow = token.is_mark('>') && at > 0 && signature[at - 1].is_mark('-');
        depth += i32::from(is_one_of(token, "(<[")) - i32::from(is_one_of(token, ")>]") && !is_arrow);
        depth == 0 && token.is_mark(')')
    };
    let parameters = (0..signature.len()).position(is_end).map_or(0, |end| end + 1);
    let given = &signature[parameters..];
    let end = given.iter().position(|token| token.is_word("where")).unwrap_or(given.len());
    &given[..end]
}

fn lacks(item: &Item<'_>, code: &[Token]) -> Vec<String> {
    let docs = Docs::of(&item.docs);
    let given = given(item.signature);
    let mut lacks = docs.lacks();
    let mut needs = |section: &str, is_needed: bool| {
        if is_needed && !docs.has_section(section) {
            lacks.push(format!("has no section `{section}`"));
        }
    };
    needs("# Errors", has(given, "Result"));
    let panics = item.body.iter().any(|token| token.word().is_some_and(|word| PANICS.contains(&word)));
    needs("# Panics", panics || has(item.lead, "track_caller"));
    let is_future = |part: &[Token]| part[0].is_word("Future") && part[1].is_word("for") && part[2].is_word(item.name);
    let is_awaited = has(item.lead, "async") || has(given, "Future") || code.windows(3).any(is_future);
    let is_poll = item.name.starts_with("poll_");
    needs("# Cancel safety", is_awaited || is_poll);
    if is_poll && !docs.has_word(&["woken"]) {
        lacks.push("does not say who is woken".to_owned());
    }
    let is_number = item.signature.iter().any(|token| token.word().is_some_and(|word| NUMBERS.contains(&word)));
    if is_number && !docs.has_word(&UNITS) {
        lacks.push("does not say what its number counts".to_owned());
    }
    lacks
}

/// A doc comment taken apart at its fences: prose and code by turns.
struct Docs<'a>(Vec<&'a str>);

impl<'a> Docs<'a> {
    fn of(docs: &'a str) -> Docs<'a> {
        Docs(docs.split("```").collect())
    }

    fn has_section(&self, section: &str) -> bool {
        self.0.iter().step_by(2).any(|prose| prose.lines().any(|line| line == section))
    }

    fn has_word(&self, words: &[&str]) -> bool {
        let is_mark = |char: char| !char.is_alphanumeric();
        self.0.iter().step_by(2).any(|prose| prose.split(is_mark).any(|word| words.contains(&word)))
    }

    /// What any docs lack, whatever they are of.
    fn lacks(&self) -> Vec<String> {
        let mut lacks = Vec::new();
        if self.0[0].starts_with("See [") {
            lacks.push("says what to see before what it does".to_owned());
        }
        let mut examples = self.0.windows(2).step_by(2).filter(|pair| is_example(pair[0], pair[1])).peekable();
        if examples.peek().is_none() {
            lacks.push("has no example that runs".to_owned());
        } else if !examples.any(|pair| pair[1].contains("assert")) {
            lacks.push("asserts nothing in its example".to_owned());
        }
        lacks
    }
}

/// Whether code is an example that runs, or the prose before it says why it does not.
fn is_example(prose: &str, code: &str) -> bool {
    match code.lines().next() {
        Some("" | "rust") => true,
        Some("no_run") => prose.trim_end().lines().next_back().is_some_and(|reason| reason.contains("ot run")),
        _ => false,
    }
}

fn has(tokens: &[Token], word: &str) -> bool {
    tokens.iter().any(|token| token.is_word(word))
}

fn is_one_of(token: &Token, marks: &str) -> bool {
    marks.chars().any(|mark| token.is_mark(mark))
}
