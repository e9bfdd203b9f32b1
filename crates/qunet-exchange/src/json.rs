//! JSON of annotators' programs, and what is wrong with it in words for those who export it.

use std::fmt::Display;
use std::path::Path;

use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::Error;
use crate::answers::read;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a file should be, and how it is got.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exported {
    pub(crate) format: &'static str,
    pub(crate) remedy: &'static str,
}

impl Exported {
    /// Reads a file.
    pub(crate) fn read<T: DeserializeOwned>(self, path: &Path) -> Result<T, Error> {
        let bytes = read(path)?;
        // Some programs write one before the text.
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let mut place = serde_path_to_error::Track::new();
        let value = T::deserialize(serde_path_to_error::Deserializer::new(&mut reader, &mut place));
        let value = value.and_then(|value| reader.end().map(|()| value));
        value.map_err(|error| {
            let line = error.line();
            let problem = match error.classify() {
                _ if bytes.trim_ascii().is_empty() => "it is empty".to_owned(),
                Category::Eof => format!("it ends in the middle, in line {line}"),
                Category::Data => told(&place.path().to_string(), &error),
                _ => format!("it is no JSON from line {line} on"),
            };
            self.broken(path, problem)
        })
    }

    /// The error of a file with this problem.
    pub(crate) fn broken(self, path: &Path, problem: String) -> Error {
        let Self { format, remedy } = self;
        Error::Json { path: path.to_owned(), format, problem, remedy }
    }
}

/// Reads a part of a file that is already in memory; the error is what is wrong with which field.
pub(crate) fn part<'a, T: DeserializeOwned>(
    value: impl Deserializer<'a, Error = serde_json::Error>,
) -> Result<T, String> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| told(&error.path().to_string(), error.inner()))
}

/// The words of the reader, which speaks of types of Rust, in terms of the file.
fn told(place: &str, error: &impl Display) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let place = if place == "." { "it" } else { place };
    if let Some(field) = text.strip_prefix("missing field ") {
        return format!("{place} lacks {}", field.trim_matches('`'));
    }
    let found = ["invalid type: ", "invalid value: ", "invalid "];
    let found = found.into_iter().find_map(|start| text.strip_prefix(start));
    match found.and_then(|found| found.split_once(", expected ")) {
        // A list, since the fields of a struct may be given in order.
        Some((_, expected)) if text.starts_with("invalid length") && is_struct(expected) => {
            format!("{place} is a list, and should be {}", kind(expected))
        }
        Some((found, expected)) => format!("{place} is {found}, and should be {}", kind(expected)),
        None => format!("{place} cannot be read: {text}"),
    }
}

/// What a type of Rust is in a file.
fn kind(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u64" | "usize" => "a whole number from 0 on",
        "f64" => "a number",
        "a string" => "a text",
        "a sequence" => "a list",
        "an array of length 2" => "two numbers",
        of if is_struct(of) => "an object with named fields",
        other => other,
    }
}

fn is_struct(expected: &str) -> bool {
    expected.starts_with("struct ")
}
