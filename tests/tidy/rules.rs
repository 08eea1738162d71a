//! The rules, each a function from the tokens of one file to the lines that break it and why.

#![forbid(unsafe_code)]

use super::lexer::{Kind, Token};

const MAX_FUNCTION_LINES: usize = 70;

/// Spelled apart, so that a search for them does not find this file.
const MARKERS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];

/// Macros that only unfinished code calls.
const UNFINISHED: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// What the reactor knows nothing of.
const FUTURES: [&str; 6] = ["Future", "future", "task", "async", "await", "futures_task"];

pub type Faults = Vec<(usize, String)>;

pub fn fault(token: &Token, what: impl Into<String>) -> (usize, String) {
    (token.line, what.into())
}

pub fn code(tokens: &[Token]) -> Vec<Token> {
    tokens.iter().filter(|token| !token.is_comment()).cloned().collect()
}

/// The layers point one way: `compat → io, signal → net, time → executor → reactor`.
fn may_name(layer: &str, module: &str) -> bool {
    match layer {
        "reactor" => module == "reactor",
        "executor" => ["executor", "reactor"].contains(&module),
        "time" => ["time", "executor", "reactor"].contains(&module),
        "net" => ["net", "executor", "reactor"].contains(&module),
        "signal" => ["signal", "net", "executor", "reactor"].contains(&module),
        "io" => ["io", "net", "executor", "reactor"].contains(&module),
        "compat" => true,
        unknown => panic!("the layer `{unknown}` is new: say in tests/tidy/rules.rs what it stands on"),
    }
}

/// Finds what a file of a layer names beside and below its own. `depth` is that of the file's module in the crate.
pub fn crossed_layers(layer: &str, depth: usize, tokens: &[Token]) -> Faults {
    let code = code(tokens);
    let mut faults = Faults::new();
    for at in 0..code.len() {
        if code[at].is_word("crate") && is_path(&code[at + 1..]) {
            let named = first_names(&code[at + 3..]);
            // What a macro for users names of the crate is not a path of its own layer, but a type that users see.
            let is_for_users = at > 0 && code[at - 1].is_mark('$');
            let may_name = |name| may_name(layer, name) || is_for_users && name.starts_with(char::is_uppercase);
            let crossed = named.into_iter().filter(|name| name.word().is_none_or(|name| !may_name(name)));
            faults.extend(crossed.map(|name| fault(name, format!("{layer} may not name {:?}", name.kind))));
        }
        if supers(&code[at..]) >= depth {
            faults.push(fault(&code[at], "`super` leaves the layer: start the path with `crate`"));
        }
        if layer == "reactor" && code[at].word().is_some_and(|word| FUTURES.contains(&word)) {
            faults.push(fault(&code[at], format!("the reactor knows no {:?}", code[at].kind)));
        }
    }
    faults
}

fn is_path(code: &[Token]) -> bool {
    code.len() >= 2 && code[0].is_mark(':') && code[1].is_mark(':')
}

/// How many times over the code starts with `super::`.
fn supers(code: &[Token]) -> usize {
    code.chunks_exact(3).take_while(|part| part[0].is_word("super") && is_path(&part[1..])).count()
}

/// The names that a path may go on with: several, if a group in braces follows.
fn first_names(code: &[Token]) -> Vec<&Token> {
    if !code[0].is_mark('{') {
        return vec![&code[0]];
    }
    let mut names = Vec::new();
    let mut depth = 0;
    for pair in code.windows(2) {
        match pair[0].kind {
            Kind::Mark('{') => depth += 1,
            Kind::Mark('}') => depth -= 1,
            _ => {}
        }
        let is_start = depth == 1 && (pair[0].is_mark('{') || pair[0].is_mark(','));
        if is_start && !pair[1].is_mark('}') {
            names.push(&pair[1]);
        }
        if depth == 0 {
            break;
        }
    }
    names
}

pub fn unsafe_code(tokens: &[Token]) -> Faults {
    let keywords = tokens.iter().filter(|token| token.is_word("unsafe"));
    keywords.map(|token| fault(token, "unsafe code stands only in the files that tests/tidy.rs names")).collect()
}

/// The attribute by which the compiler keeps unsafe code out of a file.
pub fn unforbidden_unsafe(tokens: &[Token]) -> Faults {
    let code = code(tokens);
    let is_forbidden =
        code.windows(3).any(|part| part[0].is_word("forbid") && part[1].is_mark('(') && part[2].is_word("unsafe_code"));
    if is_forbidden { Faults::new() } else { vec![(1, "#![forbid(unsafe_code)] is missing".to_owned())] }
}

/// Each unsafe block or implementation says in a comment before its statement why it is sound.
pub fn unexplained_unsafe(tokens: &[Token]) -> Faults {
    let mut faults = Faults::new();
    for (at, token) in tokens.iter().enumerate() {
        let opens = tokens.get(at + 1).is_some_and(|next| next.is_mark('{') || next.is_word("impl"));
        if token.is_word("unsafe") && opens && !is_explained(&tokens[..at]) {
            faults.push(fault(token, "an unsafe block without its `// SAFETY:` reason"));
        }
    }
    faults
}

fn is_explained(before: &[Token]) -> bool {
    let is_end = |token: &&Token| [';', '{', '}'].iter().any(|&mark| token.is_mark(mark));
    let statement = before.iter().rev().take_while(|token| !is_end(token));
    let comments = statement.skip_while(|token| !token.is_comment()).take_while(|token| token.is_comment());
    comments.into_iter().any(|token| matches!(&token.kind, Kind::Comment(text) if text.contains("SAFETY: ")))
}

/// The time of the system, which goes on while the clock of a runtime is paused.
pub fn system_time(tokens: &[Token]) -> Faults {
    let code = code(tokens);
    let is_call = |part: &&[Token]| part[0].is_word("Instant") && is_path(&part[1..]) && part[3].is_word("now");
    let calls = code.windows(4).filter(is_call);
    calls.map(|part| fault(&part[0], "only the clock asks the system for the time: call `executor::now`")).collect()
}

pub fn long_functions(tokens: &[Token]) -> Faults {
    let code = code(tokens);
    let mut faults = Faults::new();
    for at in 0..code.len() {
        let name = code.get(at + 1).and_then(Token::word);
        let (true, Some(name)) = (code[at].is_word("fn"), name) else { continue };
        let lines = last_line(&code[at..]) - code[at].line + 1;
        if lines > MAX_FUNCTION_LINES {
            faults.push(fault(&code[at], format!("the function `{name}` has {lines} lines")));
        }
    }
    faults
}

/// The line on which a function ends: at its closing brace, or at a semicolon if it has no body.
fn last_line(code: &[Token]) -> usize {
    let mut depth = 0;
    for token in code {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 && (token.is_mark('}') || token.is_mark(';')) {
            return token.line;
        }
    }
    panic!("the function on line {} has no end", code[0].line)
}

pub fn leftovers(tokens: &[Token]) -> Faults {
    let mut faults = Faults::new();
    for (at, token) in tokens.iter().enumerate() {
        if let Kind::Comment(text) = &token.kind {
            let words = text.split(|char: char| !char.is_alphanumeric());
            faults.extend(words.filter(|word| MARKERS.contains(word)).map(|word| fault(token, word)));
        }
        let follows = |mark| tokens.get(at + 1).is_some_and(|next| next.is_mark(mark));
        let comes_after = |mark| at > 0 && tokens[at - 1].is_mark(mark);
        let is_unfinished = token.word().is_some_and(|word| UNFINISHED.contains(&word)) && follows('!');
        let is_ignored = token.is_word("ignore") && comes_after('[');
        if is_unfinished || is_ignored {
            faults.push(fault(token, format!("a left-over {:?}", token.kind)));
        }
    }
    faults
}

/// A `mod.rs` is a table of contents: docs, attributes, `mod` and `use`.
pub fn code_in_mod_rs(tokens: &[Token]) -> Faults {
    let code = code(tokens);
    let mut rest = code.as_slice();
    while let Some(first) = rest.first() {
        let start = rest.iter().position(|token| token.is_word("mod") || token.is_word("use"));
        let end = rest.iter().position(|token| token.is_mark(';'));
        let (Some(start), Some(end)) = (start, end) else { return vec![fault(first, "not a `mod` or a `use`")] };
        let is_inline = rest[start].is_word("mod") && end != start + 2;
        if is_inline || start > end || !is_lead(&rest[..start]) {
            return vec![fault(first, "not a `mod` or a `use`")];
        }
        rest = &rest[end + 1..];
    }
    Faults::new()
}

/// Attributes and a visibility, or nothing.
fn is_lead(code: &[Token]) -> bool {
    let mut depth = 0;
    code.iter().all(|token| {
        match token.kind {
            Kind::Mark('[' | '(') => depth += 1,
            Kind::Mark(']' | ')') => depth -= 1,
            _ => {}
        }
        depth > 0 || token.is_word("pub") || "#!])".chars().any(|mark| token.is_mark(mark))
    })
}
