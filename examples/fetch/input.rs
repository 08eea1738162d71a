use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::options::Options;

/// The URLs of the command line, then those of the input. None at all is fine unless an input was given.
///
/// # Errors
///
/// A sentence that says what is wrong with the input.
pub fn urls(options: &Options) -> Result<Vec<String>, String> {
    let mut urls = options.urls.clone();
    if let Some(file) = &options.input {
        let text = read(file).map_err(|error| format!("cannot read URLs from `{}`: {error}", file.display()))?;
        urls.extend(lines(&String::from_utf8_lossy(&text)));
        if urls.is_empty() {
            return Err(format!("there is no URL in `{}`", file.display()));
        }
    }
    Ok(urls)
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    if file.as_os_str() != "-" {
        return fs::read(file);
    }
    let mut text = Vec::new();
    io::stdin().lock().read_to_end(&mut text)?;
    Ok(text)
}

fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned)
}
