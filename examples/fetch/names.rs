use std::collections::HashMap;

use url::Url;

/// The longest name, in bytes, before it gets a number: file systems allow 255, and a part file adds a few.
const MAX_LEN: usize = 200;

/// The longest ending that is kept when a name is shortened, or when a number is put before it.
const MAX_EXTENSION_LEN: usize = 16;

/// Gives out file names, each one once.
#[derive(Default)]
pub struct Names {
    /// The names given out, and the last number by which one like it was made different.
    taken: HashMap<String, u64>,
}

impl Names {
    /// A name for what is at `url`, safe to be joined to a folder.
    ///
    /// It never begins with a dot: the names that do are for part files.
    pub fn assign(&mut self, url: &Url) -> String {
        let name = shorten(&name_of(url));
        let Some(&last) = self.taken.get(&name) else {
            self.taken.insert(name.clone(), 1);
            return name;
        };
        let (stem, extension) = split(&name);
        let mut candidates = (last + 1..).map(|number| (number, format!("{stem}-{number}{extension}")));
        let free = candidates.find(|(_, candidate)| !self.taken.contains_key(candidate));
        let (number, free) = free.expect("numbers do not run out");
        self.taken.insert(free.clone(), 1);
        self.taken.insert(name, number);
        free
    }
}

/// The last part of the path that is not empty, or else the host; and the query, by which pages differ.
fn name_of(url: &Url) -> String {
    let path = url.path();
    let last = path.rsplit('/').find(|part| !part.is_empty()).or(url.host_str()).unwrap_or("index");
    let mut name = decode(last);
    if path.ends_with('/') {
        name.push_str("-index.html");
    }
    if let Some(query) = url.query() {
        name.push('_');
        name.push_str(&decode(query));
    }
    let safe = |char: char| if char.is_alphanumeric() || "-_.,=+@~ ".contains(char) { char } else { '_' };
    let name: String = name.chars().map(safe).collect();
    match name.trim_start_matches('.') {
        rest if rest.len() == name.len() => name,
        rest => format!("_{rest}"),
    }
}

/// Undoes percent-encoding. What is no UTF-8 then becomes a replacement character.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn shorten(name: &str) -> String {
    if name.len() <= MAX_LEN {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    let room = MAX_LEN - extension.len();
    let end = (0..=room).rev().find(|&end| stem.is_char_boundary(end)).unwrap_or(0);
    format!("{}{extension}", &stem[..end])
}

/// A name before and from its last dot, if an ending of a usual length follows.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= MAX_EXTENSION_LEN => name.split_at(dot),
        _ => (name, ""),
    }
}
