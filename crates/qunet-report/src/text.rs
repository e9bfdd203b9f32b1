//! Texts that fit.

use crate::{Error, font};

/// As much of a text as fits into `room` pixels, with an ellipsis where some is left out.
pub(crate) fn shortened(text: &str, em: u32, room: i32) -> Result<String, Error> {
    let mut letters: Vec<char> = text.chars().collect();
    let mut fitting = text.to_owned();
    while font::width(&fitting, em)? > room && letters.pop().is_some() {
        fitting = letters.iter().chain(&['…']).collect();
    }
    Ok(fitting)
}

/// Breaks a text between words into at most `lines` lines of `room` pixels; the last one is
/// shortened where that is not enough.
pub(crate) fn wrapped(text: &str, em: u32, room: i32, lines: usize) -> Result<Vec<String>, Error> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let more = rows.len() < lines;
        match rows.last_mut() {
            Some(row) if more && is_full(row, word, em, room)? => {
                rows.push(word.to_owned());
            }
            Some(row) => {
                row.push(' ');
                row.push_str(word);
            }
            None => rows.push(word.to_owned()),
        }
    }
    rows.iter().map(|row| shortened(row, em, room)).collect()
}

fn is_full(row: &str, word: &str, em: u32, room: i32) -> Result<bool, Error> {
    Ok(font::width(&format!("{row} {word}"), em)? > room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_wrap_and_end_in_an_ellipsis() {
        let rows = wrapped("one two three four five six seven", 16, 80, 2).unwrap();
        assert_eq!(rows.len(), 2);
        assert!(rows[1].ends_with('…'));
        assert!(rows.iter().all(|row| font::width(row, 16).unwrap() <= 80));
    }

    #[test]
    fn short_texts_stay() {
        assert_eq!(wrapped("kept", 16, 200, 2).unwrap(), ["kept"]);
        assert!(wrapped("", 16, 200, 2).unwrap().is_empty());
    }
}
