//! What annotators are asked for.

use ndarray::{Array3, Axis};
use qunet_grid::{IGNORE, MOST_CLASSES, palette};
use qunet_stack::{Scaling, Segment, SliceId, Stack};

use crate::Error;
use crate::error::MaskProblem;

/// What an annotator is asked for: slices of one stack, and the classes to draw on them.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// What the files are called: letters, digits, `-`, `_` and `.`.
    pub name: &'a str,
    /// The stack.
    pub stack: &'a Stack,
    /// The slices to annotate, in any order.
    pub asked: &'a [SliceId],
    /// Names of the foreground classes; the first has label 1.
    pub classes: &'a [String],
    /// Labels to begin with, `(slices, height, width)`, for instance a prediction.
    pub suggestion: Option<&'a Array3<u8>>,
    /// What the pictures of formats without Hounsfield units show as black and white.
    pub scaling: Scaling,
}

impl Task<'_> {
    /// Checks names, slices and labels.
    ///
    /// # Errors
    /// [`Error::Name`], [`Error::NothingAsked`], [`Error::Classes`], [`Error::Stack`] for a slice
    /// past the end, [`Error::SuggestionShape`], [`Error::Label`].
    pub(crate) fn check(&self) -> Result<(), Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if self.name.is_empty() || self.name.starts_with('.') || !self.name.chars().all(plain) {
            return Err(Error::Name { name: self.name.to_owned() });
        }
        if self.asked.is_empty() {
            return Err(Error::NothingAsked { name: self.name.to_owned() });
        }
        let classes = self.classes.len();
        if !(1..=MOST_CLASSES).contains(&classes) {
            return Err(Error::Classes { classes });
        }
        for &id in self.asked {
            self.stack.slice(id)?;
        }
        let Some(labels) = self.suggestion else { return Ok(()) };
        let (slices, height, width) = labels.dim();
        let (found, expected) = ([slices, height, width], self.stack.shape());
        if found != expected {
            return Err(Error::SuggestionShape { found, expected });
        }
        match labels.indexed_iter().find(|&(_, &label)| !self.has_label(label)) {
            None => Ok(()),
            Some(((slice, _, _), &label)) => {
                Err(Error::Label { slice: SliceId(slice), label: label.into(), classes })
            }
        }
    }

    /// Whether a pixel can have this label: background, a class, or 255.
    pub(crate) fn has_label(&self, label: u8) -> bool {
        usize::from(label) <= self.classes.len() || label == IGNORE
    }

    /// Labels to begin with: the suggestion or background on slices asked for, 255 elsewhere.
    pub(crate) fn labels(&self) -> Array3<u8> {
        let [slices, height, width] = self.stack.shape();
        let mut labels = Array3::from_elem((slices, height, width), IGNORE);
        for id in self.asked {
            let mut slice = labels.index_axis_mut(Axis(0), id.0);
            match self.suggestion {
                Some(suggestion) => slice.assign(&suggestion.index_axis(Axis(0), id.0)),
                None => slice.fill(0),
            }
        }
        labels
    }

    /// Label, name and colour of every class.
    pub(crate) fn palette(&self) -> impl Iterator<Item = (u8, &str, [u8; 3])> {
        let named = self.classes.iter().map(String::as_str).enumerate();
        named.map(|(index, name)| (index as u8 + 1, name, palette::class(index)))
    }

    /// The classes as segments.
    pub(crate) fn segments(&self) -> Vec<Segment> {
        let segment = |(label, name, colour): (u8, &str, [u8; 3])| Segment {
            label,
            name: name.to_owned(),
            colour: colour.map(|part| f32::from(part) / 255.0),
        };
        self.palette().map(segment).collect()
    }

    /// The label of a class by its name.
    pub(crate) fn label_of(&self, name: &str) -> Option<u8> {
        self.classes.iter().position(|class| class == name).map(|place| place as u8 + 1)
    }

    /// The same for what is drawn of a class.
    pub(crate) fn label_of_mask(&self, name: &str) -> Result<u8, MaskProblem> {
        let unknown =
            || MaskProblem::Class { name: name.to_owned(), known: self.classes.join(", ") };
        self.label_of(name).ok_or_else(unknown)
    }
}
