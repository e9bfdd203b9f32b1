//! Which voxel of a mask lies on which voxel of its stack.

use std::fmt;
use std::path::Path;

use nalgebra::Vector4;
use ndarray::Array3;

use crate::place::Place;
use crate::reordering::{maps, reordering};
use crate::{Error, Geometry, Reordering, Resample, Resampling};

/// What a mask must lie on: the shape of a stack and, where that is known, its place in space.
///
/// It is made from a [`Stack`](crate::Stack), a [`SliceStream`](crate::SliceStream), or a shape (slices, height, width) alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    name: String,
    shape: [usize; 3],
    /// Where the voxels lie, by all that the file says.
    places: Vec<Geometry>,
    stated: bool,
    resample: Resample,
}

/// How a mask lies on the grid of its stack.
///
/// ```
/// use qunet_stack::{Fit, Geometry, Grid, LabelMap, phantom::CtPhantom};
///
/// let phantom = CtPhantom { slices: 4, size: 48, seed: 1 }.generate()?;
/// let fit = Grid::from(&phantom.stack).fit(&Grid::from(&phantom.stack))?;
/// assert_eq!(fit, Fit::Same);
/// # Ok::<(), qunet_stack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Fit {
    /// Voxel on voxel.
    #[default]
    Same,
    /// Nothing is known of the mask's place, and it has the shape of the stack: voxel on voxel.
    Unplaced,
    /// The same voxels in another order.
    Reordered(Reordering),
    /// Other voxels, of which each voxel of the stack takes the nearest.
    Resampled(Resampling),
}

impl From<[usize; 3]> for Grid {
    fn from(shape: [usize; 3]) -> Self {
        let (name, places, resample) = ("the stack".to_owned(), Vec::new(), Resample::Never);
        Self { name, shape, places, stated: false, resample }
    }
}

impl Grid {
    pub(crate) fn new(name: &str, shape: [usize; 3], place: &Place) -> Self {
        let (places, stated) = (place.all(), place.is_stated());
        Self { name: name.to_owned(), shape, places, stated, resample: Resample::Never }
    }

    /// A grid of this shape (slices, height, width) at this place; `name` is what errors call it.
    #[must_use]
    pub fn placed(name: impl Into<String>, shape: [usize; 3], geometry: Geometry) -> Self {
        Self::new(&name.into(), shape, &Place::of(geometry))
    }

    /// The same grid, to which masks on other voxels are brought as is said here.
    #[must_use]
    pub fn resampling(self, resample: Resample) -> Self {
        Self { resample, ..self }
    }

    /// Slices, height and width.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Where the voxels lie, where that is known.
    #[must_use]
    pub fn geometry(&self) -> Option<Geometry> {
        self.places.first().copied()
    }

    /// How a mask's grid lies on this one: as it is, or with its axes in any of the 48 orders and
    /// directions. Places are the same where every corner is, to a tenth of a voxel. Where either of
    /// the two says nothing of its place, the shapes are compared. A mask on other voxels may be
    /// resampled where this grid says so ([`Grid::resampling`]).
    ///
    /// # Errors
    /// [`Error::Elsewhere`] with both places in mm where the mask lies on other voxels, also where it
    /// was to be resampled and no voxel of this grid lies in it; [`Error::ShapeMismatch`] where it has
    /// another shape.
    pub fn fit(&self, mask: &Self) -> Result<Fit, Error> {
        self.fit_voxels(mask).or_else(|refusal| match self.resample {
            Resample::Nearest if mask.stated && self.stated => {
                let places = self.places.first().zip(mask.places.first());
                let resampling = places.and_then(|(to, from)| {
                    Resampling::between((to, self.shape), (from, mask.shape))
                });
                // Of two places that share no voxel the message tells most.
                resampling.map(Fit::Resampled).ok_or_else(|| self.elsewhere(mask))
            }
            _ => Err(refusal),
        })
    }

    fn fit_voxels(&self, mask: &Self) -> Result<Fit, Error> {
        let mismatch = || Error::ShapeMismatch {
            name: mask.name.clone(),
            found: mask.shape,
            expected: self.shape,
        };
        if mask.stated {
            for (from, to) in self.pairs(mask) {
                if let Some(reordering) = reordering(from, mask.shape, to, self.shape) {
                    let same = reordering == Reordering::NONE;
                    return Ok(if same { Fit::Same } else { Fit::Reordered(reordering) });
                }
            }
        }
        if mask.shape != self.shape {
            return Err(mismatch());
        }
        match (mask.stated, self.stated) {
            (true, true) => Err(self.elsewhere(mask)),
            // What neither can say is no news.
            (false, false) => Ok(Fit::Same),
            _ => Ok(Fit::Unplaced),
        }
    }

    /// The slice, row and column at which a smaller grid begins whose voxels are voxels of this one;
    /// `None` where they are not.
    ///
    /// ```
    /// use qunet_stack::{Geometry, Grid};
    ///
    /// let geometry = Geometry::from_spacing([5.0, 1.0, 1.0]);
    /// let whole = Grid::placed("whole", [4, 8, 8], geometry);
    /// let part = Grid::placed("part", [2, 3, 3], geometry.starting_at([1, 4, 5]));
    /// assert_eq!(whole.offset_of(&part), Some([1, 4, 5]));
    /// ```
    #[must_use]
    pub fn offset_of(&self, part: &Self) -> Option<[usize; 3]> {
        self.places.iter().find_map(|to| self.offset_from(to, part))
    }

    fn offset_from(&self, to: &Geometry, part: &Self) -> Option<[usize; 3]> {
        let from = part.places.first()?;
        let begin = to.matrix().try_inverse()? * from.matrix() * Vector4::new(0.0, 0.0, 0.0, 1.0);
        let offset = [begin[2], begin[1], begin[0]].map(f64::round);
        let fits = |axis: usize| {
            let room = self.shape[axis].checked_sub(part.shape[axis]);
            room.is_some_and(|room| (0.0..=room as f64).contains(&offset[axis]))
        };
        if !(0..3).all(fits) {
            return None;
        }
        let offset = offset.map(|at| at as usize);
        let across = to.starting_at(offset).matrix().try_inverse()? * from.matrix();
        maps(&across, &Reordering::NONE, part.shape).then_some(offset)
    }

    /// The part of so many slices, rows and columns that begins at this one.
    #[must_use]
    pub fn part(&self, begin: [usize; 3], shape: [usize; 3]) -> Self {
        let places = self.places.iter().map(|place| place.starting_at(begin)).collect();
        Self { places, shape, ..self.clone() }
    }

    /// The places of a mask and of this grid that may be meant to be equal, like with like first.
    fn pairs<'a>(&'a self, mask: &'a Self) -> Vec<(&'a Geometry, &'a Geometry)> {
        let alike = mask.places.iter().zip(&self.places);
        let all = mask.places.iter().flat_map(|from| self.places.iter().map(move |to| (from, to)));
        alike.chain(all).collect()
    }

    fn elsewhere(&self, mask: &Self) -> Error {
        let place = |grid: &Self| grid.geometry().unwrap_or_default();
        let (found, expected) = (place(mask), place(self));
        let mut words = [found.to_string(), expected.to_string()];
        if words[0] == words[1] {
            // They differ in a direction.
            words = [format!("{found:#}"), format!("{expected:#}")];
        }
        let [found_words, expected_words] = words;
        Error::Elsewhere {
            name: mask.name.clone(),
            distance: found.furthest_corner(&expected, self.shape),
            found: found_words,
            stack: self.name.clone(),
            expected: expected_words,
        }
    }
}

impl Fit {
    /// The voxels of a mask on the grid of its stack; what lies outside the mask has the default value.
    #[must_use]
    pub fn apply<T: Clone + Default>(&self, mask: Array3<T>) -> Array3<T> {
        match self {
            Self::Same | Self::Unplaced => mask,
            Self::Reordered(reordering) => reordering.apply(&mask),
            Self::Resampled(resampling) => resampling.apply(&mask),
        }
    }

    /// What a program tells its user; nothing where there is nothing to tell.
    ///
    /// ```
    /// use qunet_stack::{Fit, Reordering};
    ///
    /// let fit = Fit::Reordered(Reordering { order: [0, 1, 2], flipped: [false, true, false] });
    /// let note = fit.note("mask.nii.gz").unwrap_or_default();
    /// assert!(note.starts_with("mask.nii.gz has its rows the other way round"));
    /// ```
    #[must_use]
    pub fn note(&self, path: impl AsRef<Path>) -> Option<String> {
        let path = path.as_ref().display();
        match self {
            Self::Same => None,
            _ => Some(format!("{path} {self}")),
        }
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("lies on the grid of its stack"),
            Self::Unplaced => f.write_str(
                "and its stack do not both say where they lie in space; it is taken voxel by voxel",
            ),
            Self::Reordered(reordering) => {
                write!(f, "has {reordering}; it was brought to the grid of its stack")
            }
            Self::Resampled(resampling) => {
                write!(f, "lies on other voxels than its stack; {resampling}")
            }
        }
    }
}
