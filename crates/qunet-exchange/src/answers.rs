//! What annotators' programs give back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ndarray::{Array2, ArrayRef2, ArrayRef3};
use qunet_grid::IGNORE;
use qunet_stack::SliceId;

use crate::{Error, Task};

/// What came back, for every slice that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Labels `(height, width)` of the slices that are annotated: 0, a class, or 255 where nobody
    /// annotated. A slice on which the annotator says there is nothing is all 0.
    pub drawn: BTreeMap<SliceId, Array2<u8>>,
    /// Slices on which nothing is drawn, in a format that cannot tell "there is nothing" from "not
    /// done yet".
    pub blank: BTreeSet<SliceId>,
    /// Slices that are not done yet.
    pub waiting: BTreeSet<SliceId>,
    /// Slices that were drawn on though nobody asked for them.
    pub unasked: BTreeSet<SliceId>,
    /// What was done to bring a file to the stack, to be told to the user.
    pub notes: Vec<String>,
}

impl Answers {
    /// The same with something to tell besides.
    pub(crate) fn noting(mut self, note: Option<String>) -> Self {
        self.notes.extend(note);
        self
    }

    /// Adds a slice of a format that cannot tell empty from not done.
    pub(crate) fn add(
        &mut self,
        task: &Task<'_>,
        id: SliceId,
        labels: Array2<u8>,
    ) -> Result<(), Error> {
        let foreground = labels.iter().any(|&label| label != 0 && label != IGNORE);
        if !task.asked.contains(&id) {
            if foreground {
                self.unasked.insert(id);
            }
        } else if labels.iter().all(|&label| label == IGNORE) {
            self.waiting.insert(id);
        } else if foreground {
            self.drawn.insert(id, labels);
        } else if labels.iter().any(|&label| label == IGNORE) {
            return Err(Error::Ambiguous255 { slice: id });
        } else {
            self.blank.insert(id);
        }
        Ok(())
    }

    /// The answers in a label map `(slices, height, width)` on the stack's grid.
    ///
    /// # Errors
    /// [`Error::Shape`] where it has another shape, [`Error::Label`] for a value that is no label,
    /// [`Error::Ambiguous255`] where 255 may be meant for the lesion.
    pub fn from_labels(task: &Task<'_>, labels: &ArrayRef3<u8>) -> Result<Self, Error> {
        let (slices, height, width) = labels.dim();
        let (found, expected) = ([slices, height, width], task.stack.shape());
        if found != expected {
            let path = task.name.into();
            return Err(Error::Shape { path, found, expected });
        }
        let mut answers = Self::default();
        for (slice, labels) in labels.outer_iter().enumerate() {
            let id = SliceId(slice);
            check(task, id, &labels)?;
            answers.add(task, id, labels.to_owned())?;
        }
        Ok(answers)
    }
}

fn check(task: &Task<'_>, slice: SliceId, labels: &ArrayRef2<u8>) -> Result<(), Error> {
    let classes = task.classes.len();
    match labels.iter().find(|&&label| !task.has_label(label)) {
        None => Ok(()),
        Some(&label) => Err(Error::Label { slice, label: label.into(), classes }),
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    // A device or a pipe may never end.
    if fs::metadata(path).map_err(cannot_read)?.is_file() {
        return fs::read(path).map_err(cannot_read);
    }
    Err(Error::NoFile { path: path.to_owned() })
}

/// The slice of a picture, by the number at the end of its name: `3.png`, `slice_3.png`,
/// `1c9e0a7b-3.png` as Label Studio renames uploads, `3_png.rf.1c9e0a7b4.jpg` as Roboflow does.
///
/// The end of a hash is no number: the last word of the name is digits, or letters and then digits.
pub(crate) fn slice_of(name: &str) -> Option<SliceId> {
    // Of a local file Label Studio's address has the path behind `?d=`; else a query is a signature.
    let path = match name.split_once("?d=") {
        Some((_, path)) => path.split('&').next()?,
        None => name.split('?').next()?,
    };
    let path = decoded(path)?;
    let file = path.rsplit(['/', '\\']).next()?;
    let stem = match file.split_once(".rf.") {
        Some((original, _)) => original.rsplit_once('_').map_or(original, |(stem, _)| stem),
        None => Path::new(file).file_stem()?.to_str()?,
    };
    let word = stem.rsplit(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let hash = word.len() >= 6 && word.chars().all(|c| c.is_ascii_hexdigit());
    if letters.contains(|c: char| c.is_ascii_digit()) || (hash && !letters.is_empty()) {
        return None;
    }
    word[letters.len()..].parse().ok()
}

/// An address with its `%20` as what they stand for; `None` where that is no text.
fn decoded(address: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_slice_is_told_from_a_hash() {
        for (name, slice) in [
            ("3.png", Some(3)),
            ("sub/slice_003.png", Some(3)),
            ("/data/local-files/?d=ct/images/12.png", Some(12)),
            ("/data/local-files/?d=ct/slice%202.png", Some(2)),
            ("/data/local-files/?d=ct%5Cimages%5C01.png", Some(1)),
            ("/data/local-files/?d=ct%2Fimages%2F01.png", Some(1)),
            ("https://store/ct/01.png?sig=a/4", Some(1)),
            ("100%.png", None),
            ("/data/upload/7/1c9e0a7b-12.png", Some(12)),
            ("s9.jpg", Some(9)),
            ("3_png.rf.1c9e0a7b4.jpg", Some(3)),
            ("ct-slice3_jpg.rf.0a1b2c3d.jpg", Some(3)),
            ("3-1c9e0a7b4.png", None),
            ("3_abcdef12.png", None),
            ("cover.png", None),
        ] {
            assert_eq!(slice_of(name), slice.map(SliceId), "{name}");
        }
    }
}
