//! The region of interest, found in the pixels where none is given.

mod foreground;
mod lungs;
mod retina;
mod shapes;

use ndarray::Array3;
use serde::{Deserialize, Serialize};

use crate::{Error, Stack};

/// The anatomy to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Anatomy {
    /// Both lungs in axial chest CT, in Hounsfield units or as an 8-bit lung window.
    Lungs,
    /// The retina in OCT, from the inner limiting membrane to the pigment epithelium.
    Retina,
    /// The patient in CT, without the air around and the table.
    Body,
    /// What is brighter than Otsu's threshold of the stack.
    Foreground,
}

impl Anatomy {
    /// Finds the anatomy: true inside, `(slices, height, width)`.
    ///
    /// ```
    /// use qunet_stack::phantom::CtPhantom;
    /// use qunet_stack::roi::Anatomy;
    ///
    /// let phantom = CtPhantom { slices: 8, size: 96, seed: 1 }.generate()?;
    /// let lungs = Anatomy::Lungs.find(&phantom.stack)?;
    /// let (mut both, mut all) = (0, 0);
    /// for id in phantom.stack.ids() {
    ///     let truth = phantom.stack.roi(id)?.unwrap_or_else(|| unreachable!());
    ///     for (&truth, &found) in truth.iter().zip(lungs.index_axis(ndarray::Axis(0), id.0)) {
    ///         both += usize::from(truth && found);
    ///         all += usize::from(truth) + usize::from(found);
    ///     }
    /// }
    /// assert!(2 * both > 9 * all / 10);
    /// # Ok::<(), qunet_stack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRegion`] where nothing in the stack is like it.
    pub fn find(self, stack: &Stack) -> Result<Array3<bool>, Error> {
        let found = match self {
            Self::Lungs => lungs::find(stack)?,
            Self::Retina => retina::find(stack)?,
            Self::Body => lungs::body(stack)?,
            Self::Foreground => foreground::find(stack)?,
        };
        if found.iter().any(|&inside| inside) {
            return Ok(found);
        }
        Err(Error::NoRegion { name: stack.name().to_owned(), anatomy: self.name() })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Lungs => "lungs",
            Self::Retina => "retina",
            Self::Body => "body",
            Self::Foreground => "foreground",
        }
    }
}

impl Stack {
    /// Adds the region of interest that [`Anatomy::find`] finds.
    ///
    /// # Errors
    /// As [`Anatomy::find`].
    pub fn with_found_roi(self, anatomy: Anatomy) -> Result<Self, Error> {
        let roi = anatomy.find(&self)?;
        self.with_roi_mask(roi)
    }
}
