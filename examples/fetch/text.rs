/// A text in one line, with what would control a terminal made visible.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() { line.extend(char.escape_default()) } else { line.push(char) }
    }
    line
}

/// A text of at most `width` characters. The middle is left out, since paths differ most at their ends.
pub fn abbreviate(text: &str, width: usize, unicode: bool) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    let gap = if unicode { "…" } else { "..." };
    let room = width.saturating_sub(gap.chars().count());
    let head = room / 3;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - (room - head)).collect();
    format!("{start}{gap}{end}")
}

/// Breaks a text between words into lines of at most `width` characters. A longer word has a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
