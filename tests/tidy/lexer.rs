//! Splits Rust source into tokens: just enough to tell code from comments and literals.

#![forbid(unsafe_code)]

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Comment(String),
    Word(String),
    Literal,
    Lifetime,
    Mark(char),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// The line on which it ends, counted from 1.
    pub line: usize,
}

impl Token {
    pub fn is_word(&self, expected: &str) -> bool {
        self.word() == Some(expected)
    }

    pub fn is_mark(&self, expected: char) -> bool {
        self.kind == Kind::Mark(expected)
    }

    pub fn is_comment(&self) -> bool {
        matches!(self.kind, Kind::Comment(_))
    }

    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }
}

pub fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut line = 1;
    loop {
        rest = &rest[skip_blanks(rest, &mut line)..];
        let Some(first) = rest.chars().next() else { return tokens };
        let (kind, length) = next(rest, first);
        line += rest[..length].matches('\n').count();
        tokens.push(Token { kind, line });
        rest = &rest[length..];
    }
}

fn skip_blanks(source: &str, line: &mut usize) -> usize {
    let length = source.len() - source.trim_start().len();
    *line += source[..length].matches('\n').count();
    length
}

fn next(source: &str, first: char) -> (Kind, usize) {
    if source.starts_with("//") {
        let length = source.find('\n').unwrap_or(source.len());
        return (Kind::Comment(source[..length].to_owned()), length);
    }
    if source.starts_with("/*") {
        let length = block_comment(source);
        return (Kind::Comment(source[..length].to_owned()), length);
    }
    if let Some(length) = literal(source) {
        return (Kind::Literal, length);
    }
    if first == '\'' {
        return (Kind::Lifetime, 1 + word(&source[1..]));
    }
    match word(source) {
        0 => (Kind::Mark(first), first.len_utf8()),
        length => (Kind::Word(source[..length].to_owned()), length),
    }
}

fn word(source: &str) -> usize {
    source.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(source.len())
}

/// The length of a block comment, which may hold others.
fn block_comment(source: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < source.len() {
        let two = source.as_bytes()[at..].get(..2);
        let step = match two {
            Some(b"/*") => 1,
            Some(b"*/") => -1,
            _ => 0,
        };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            break;
        }
    }
    at.min(source.len())
}

/// The length of the string or character that the source starts with, if it starts with one.
fn literal(source: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|prefix| source.starts_with(prefix)).unwrap_or("");
    let body = &source[prefix.len()..];
    let hashes = body.len() - body.trim_start_matches('#').len();
    let length = if prefix.ends_with('r') && body[hashes..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let start = hashes + 1;
        start + body[start..].find(&end)? + end.len()
    } else if body.starts_with('"') {
        quoted(body, '"')?
    } else if is_char(body) && matches!(prefix, "" | "b") {
        quoted(body, '\'')?
    } else {
        return None;
    };
    Some(prefix.len() + length)
}

/// Tells a character from a lifetime: it has a backslash, or one character before the closing quote.
fn is_char(source: &str) -> bool {
    let mut chars = source.chars();
    chars.next() == Some('\'') && (chars.next() == Some('\\') || chars.next() == Some('\''))
}

fn quoted(source: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, char) in source.char_indices().skip(1) {
        if char == quote && !escaped {
            return Some(at + 1);
        }
        escaped = char == '\\' && !escaped;
    }
    None
}
