//! Which values of a mask are inside.

use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::error::MaskFault;
use crate::geometry::Short;
use crate::{Error, SliceId, SlicePixels};

/// How far a value may be from a whole number: scaled integers miss theirs by 1e-5 or so.
const ROUNDING: f32 = 1e-4;
/// More labels than these are no anatomy but noise.
const MOST_LABELS: usize = 16;
/// Values that a message lists.
const LISTED: usize = 8;

/// Which values of a mask file are inside. Whatever is not said is checked: a file whose values fit
/// no mask is an error that lists them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Foreground {
    /// Of two values, of which one is 0, the other: 0 and 1, 0 and 255, 0 and 3. A mask may also be
    /// empty (0 alone) or full (1 or 255 alone).
    #[default]
    Binary,
    /// Every label above 0, of which there are 16 at most: the organs of a region of interest.
    AnyLabel,
    /// These labels, which are whole numbers.
    Labels(Vec<i32>),
    /// Every value strictly above this one, as of a map of probabilities.
    Above(f32),
}

/// The values of a mask, as far as it is read.
#[derive(Debug)]
pub(crate) struct MaskValues {
    path: PathBuf,
    foreground: Foreground,
    lossy: bool,
    /// Values that differ, in the order in which they were met, one more than are needed.
    found: Vec<f32>,
}

impl MaskValues {
    /// For a file; `lossy` where its format changes values on the way.
    pub(crate) fn new(path: &Path, foreground: &Foreground, lossy: bool) -> Self {
        let (path, foreground) = (path.to_owned(), foreground.clone());
        Self { path, foreground, lossy, found: Vec::new() }
    }

    /// What is inside a slice, row by row; values so bad that no more of the file is needed are
    /// refused.
    pub(crate) fn inside(
        &mut self,
        id: SliceId,
        slice: &SlicePixels,
    ) -> Result<Array2<bool>, Error> {
        slice.view().check_finite(&self.path.display().to_string(), id)?;
        let most = match self.foreground {
            Foreground::Labels(_) => 1024,
            _ => MOST_LABELS + 2,
        };
        let mut last = None;
        let (found, foreground) = (&mut self.found, &self.foreground);
        let inside = slice.view().inside(|value| {
            if last != Some(value) && found.len() < most && !found.contains(&value) {
                found.push(value);
            }
            last = Some(value);
            foreground.holds(value)
        });
        if self.found.len() == most {
            self.check_so_far()?;
        }
        Ok(inside)
    }

    /// Refuses what no further slice can make good.
    pub(crate) fn check_so_far(&self) -> Result<(), Error> {
        self.fault().map_or(Ok(()), |fault| Err(self.refusal(fault)))
    }

    /// Refuses what the whole file has, or lacks.
    pub(crate) fn check_whole(&self) -> Result<(), Error> {
        self.check_so_far()?;
        if self.holds_nothing_asked_for() {
            return Err(self.refusal(MaskFault::NoForeground));
        }
        let full = matches!(self.labels()[..], [1 | 255]);
        let counts = matches!(self.foreground, Foreground::Binary | Foreground::AnyLabel);
        if counts && !full && !self.labels().contains(&0) {
            return Err(self.refusal(MaskFault::NoBackground));
        }
        Ok(())
    }

    /// Whether something is drawn, and nothing of it is inside: other labels, or a mask of two values
    /// that both lie below the threshold. Probabilities may all lie below it.
    fn holds_nothing_asked_for(&self) -> bool {
        let drawn = self.found.iter().any(|value| *value != 0.0);
        let asked = match self.foreground {
            Foreground::Labels(_) => true,
            Foreground::Above(_) => self.found.len() <= 2,
            _ => false,
        };
        asked && drawn && !self.found.iter().any(|&value| self.foreground.holds(value))
    }

    fn fault(&self) -> Option<MaskFault> {
        if matches!(self.foreground, Foreground::Above(_)) {
            return None;
        }
        let fraction = |value: &&f32| (*value - value.round()).abs() > ROUNDING;
        if let Some(&value) = self.found.iter().find(fraction) {
            return Some(MaskFault::Fraction(value));
        }
        let most = match self.foreground {
            Foreground::Binary => 2,
            // The noise of a lossy format would pass for labels.
            Foreground::AnyLabel if self.lossy => 2,
            Foreground::AnyLabel => MOST_LABELS + 1,
            _ => return None,
        };
        let labels = self.labels();
        match labels.iter().find(|label| **label < 0) {
            Some(&label) => Some(MaskFault::Negative(label as f32)),
            None if labels.len() > most => Some(match self.foreground {
                Foreground::AnyLabel if most > 2 => MaskFault::TooManyLabels,
                _ => MaskFault::TooMany,
            }),
            // One of two values is 0, and then the third slice cannot bring another 0.
            None if labels.len() == 2 && most == 2 && !labels.contains(&0) => {
                Some(MaskFault::NoBackground)
            }
            None => None,
        }
    }

    /// The values as whole numbers, each once, in order.
    fn labels(&self) -> Vec<i64> {
        let mut labels: Vec<i64> = self.found.iter().map(|value| value.round() as i64).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    fn refusal(&self, fault: MaskFault) -> Error {
        let mut values = self.found.clone();
        values.sort_by(f32::total_cmp);
        let more = if values.len() > LISTED { ", ..." } else { "" };
        let listed = values.iter().take(LISTED).map(|&value| Short(f64::from(value)).to_string());
        let values = listed.collect::<Vec<_>>().join(", ") + more;
        // Regions of interest are given without an option for their values.
        let remedy = match self.foreground {
            Foreground::AnyLabel => "",
            _ => {
                "say which labels are meant (--lesion LABEL,...) or above which value (--threshold \
                 VALUE), or "
            }
        };
        Error::MaskValues { path: self.path.clone(), fault, values, remedy }
    }
}

impl Foreground {
    fn holds(&self, value: f32) -> bool {
        match self {
            Self::Binary | Self::AnyLabel => value.round() > 0.0,
            Self::Labels(labels) => labels.iter().any(|&label| label as f32 == value.round()),
            Self::Above(threshold) => value > *threshold,
        }
    }
}
