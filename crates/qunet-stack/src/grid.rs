//! Which voxel of a mask lies on which voxel of its stack.

use std::fmt;
use std::path::Path;

use nalgebra::{Matrix4, Vector4};
use ndarray::{Array2, Array3, ArrayRef3, Axis};

use crate::pixels::permuted;
use crate::place::Place;
use crate::{Error, Geometry, SliceStream, Stack};

/// How far a corner may lie from where it should, in voxels: affines are written in single
/// precision, positions in decimals.
const TOLERANCE: f64 = 0.1;
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]];

/// What a mask must lie on: the shape of a stack and, where that is known, its place in space.
///
/// It is made from a [`Stack`], a [`SliceStream`], or a shape (slices, height, width) alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    name: String,
    shape: [usize; 3],
    /// Where the voxels lie, by all that the file says.
    places: Vec<Geometry>,
    stated: bool,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// Voxel on voxel.
    #[default]
    Same,
    /// Nothing is known of the mask's place, and it has the shape of the stack: voxel on voxel.
    Unplaced,
    /// The same voxels in another order.
    Reordered(Reordering),
}

/// How the axes of a mask `(slices, rows, columns)` become those of its stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reordering {
    /// The axis of the mask that becomes the slices, the rows and the columns of the stack.
    pub order: [usize; 3],
    /// Which axes of the stack run against those of the mask.
    pub flipped: [bool; 3],
}

impl From<[usize; 3]> for Grid {
    fn from(shape: [usize; 3]) -> Self {
        Self { name: "the stack".to_owned(), shape, places: Vec::new(), stated: false }
    }
}

impl From<&Stack> for Grid {
    fn from(stack: &Stack) -> Self {
        Self::new(stack.name(), stack.shape(), stack.place())
    }
}

impl From<&SliceStream> for Grid {
    fn from(stream: &SliceStream) -> Self {
        Self::new(stream.name(), stream.shape(), &stream.place())
    }
}

impl Grid {
    pub(crate) fn new(name: &str, shape: [usize; 3], place: &Place) -> Self {
        Self { name: name.to_owned(), shape, places: place.all(), stated: place.is_stated() }
    }

    /// A grid of this shape (slices, height, width) at this place; `name` is what errors call it.
    #[must_use]
    pub fn placed(name: impl Into<String>, shape: [usize; 3], geometry: Geometry) -> Self {
        let place = Place::of(geometry);
        Self { name: name.into(), shape, places: place.all(), stated: place.is_stated() }
    }

    /// Slices, height and width.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// How a mask's grid lies on this one: as it is, or with its axes in any of the 48 orders and
    /// directions. Places are the same where every corner is, to a tenth of a voxel. Where either of
    /// the two says nothing of its place, the shapes are compared.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] with both places in mm where the mask lies on other voxels,
    /// [`Error::ShapeMismatch`] where it has another shape.
    pub fn fit(&self, mask: &Self) -> Result<Fit, Error> {
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
        let begin = matrix(to).try_inverse()? * matrix(from) * Vector4::new(0.0, 0.0, 0.0, 1.0);
        let offset = [begin[2], begin[1], begin[0]].map(f64::round);
        let fits = |axis: usize| {
            let room = self.shape[axis].checked_sub(part.shape[axis]);
            room.is_some_and(|room| (0.0..=room as f64).contains(&offset[axis]))
        };
        if !(0..3).all(fits) {
            return None;
        }
        let offset = offset.map(|at| at as usize);
        let across = matrix(&to.starting_at(offset)).try_inverse()? * matrix(from);
        maps(&across, &Reordering::NONE, part.shape).then_some(offset)
    }

    /// The part of so many slices, rows and columns that begins at this one.
    #[must_use]
    pub fn part(&self, begin: [usize; 3], shape: [usize; 3]) -> Self {
        let places = self.places.iter().map(|place| place.starting_at(begin)).collect();
        Self { name: self.name.clone(), shape, places, stated: self.stated }
    }

    /// The places of a mask and of this grid that may be meant to be equal, like with like first.
    fn pairs<'a>(&'a self, mask: &'a Self) -> Vec<(&'a Geometry, &'a Geometry)> {
        let alike = mask.places.iter().zip(&self.places);
        let all = mask.places.iter().flat_map(|from| self.places.iter().map(move |to| (from, to)));
        alike.chain(all).collect()
    }

    fn elsewhere(&self, mask: &Self) -> Error {
        let place = |grid: &Self| grid.places.first().copied().unwrap_or_default();
        let (found, expected) = (place(mask), place(self));
        Error::Elsewhere {
            name: mask.name.clone(),
            distance: found.furthest_corner(&expected, self.shape),
            found: found.to_string(),
            stack: self.name.clone(),
            expected: expected.to_string(),
        }
    }
}

impl Fit {
    /// The voxels of a mask on the grid of its stack.
    #[must_use]
    pub fn apply<T: Clone>(&self, mask: Array3<T>) -> Array3<T> {
        match self {
            Self::Same | Self::Unplaced => mask,
            Self::Reordered(reordering) => reordering.apply(&mask),
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
        }
    }
}

impl Reordering {
    pub(crate) const NONE: Self = Self { order: [0, 1, 2], flipped: [false; 3] };

    /// The voxels in the order of the stack, slice after slice in memory.
    #[must_use]
    pub fn apply<T: Clone>(&self, mask: &ArrayRef3<T>) -> Array3<T> {
        let mut view = mask.view().permuted_axes(self.order);
        for (axis, _) in self.flipped.iter().enumerate().filter(|(_, flipped)| **flipped) {
            view.invert_axis(Axis(axis));
        }
        permuted(&view, [0, 1, 2])
    }

    /// Where the reordered voxels lie, of which there are so many slices, rows and columns.
    pub(crate) fn geometry(&self, stored: &Geometry, shape: [usize; 3]) -> Geometry {
        let affine = stored.affine.map(|row| {
            let mut reordered = [0.0, 0.0, 0.0, row[3]];
            for axis in 0..3 {
                let step = row[2 - self.order[axis]];
                let last = shape[axis].saturating_sub(1) as f64;
                reordered[2 - axis] = if self.flipped[axis] { -step } else { step };
                reordered[3] += if self.flipped[axis] { step * last } else { 0.0 };
            }
            reordered
        });
        Geometry { affine, ..*stored }
    }

    /// Whether every slice of the stack is a slice of the mask.
    pub(crate) fn keeps_slices(&self) -> bool {
        self.order[0] == 0
    }

    /// A slice in the order of the stack, where slices stay slices.
    pub(crate) fn apply_to_slice<T: Clone>(&self, slice: &Array2<T>) -> Array2<T> {
        let mut view = if self.order[1] == 1 { slice.view() } else { slice.t() };
        for axis in [0, 1] {
            if self.flipped[axis + 1] {
                view.invert_axis(Axis(axis));
            }
        }
        view.as_standard_layout().into_owned()
    }
}

impl fmt::Display for Reordering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const AXES: [&str; 3] = ["slices", "rows", "columns"];
        let flipped = (0..3).filter(|&axis| self.flipped[axis]).map(|axis| AXES[self.order[axis]]);
        let flipped: Vec<&str> = flipped.collect();
        if self.order != [0, 1, 2] {
            let [slices, rows, columns] = self.order.map(|axis| AXES[axis]);
            write!(f, "its {slices}, {rows} and {columns} for slices, rows and columns")?;
            if !flipped.is_empty() {
                f.write_str(" and ")?;
            }
        }
        if !flipped.is_empty() {
            write!(f, "its {} the other way round", flipped.join(" and "))?;
        }
        Ok(())
    }
}

/// How voxels of one shape at one place become those of another, if they are the same.
fn reordering(
    from: &Geometry,
    from_shape: [usize; 3],
    to: &Geometry,
    to_shape: [usize; 3],
) -> Option<Reordering> {
    // From indices (column, row, slice) of the mask to those of the stack.
    let across = matrix(to).try_inverse()? * matrix(from);
    ORDERS.into_iter().find_map(|order| {
        (0..8).map(|bits| [bits & 1, bits & 2, bits & 4].map(|bit| bit != 0)).find_map(|flipped| {
            let reordering = Reordering { order, flipped };
            let shape = order.map(|axis| from_shape[axis]);
            (shape == to_shape && maps(&across, &reordering, to_shape)).then_some(reordering)
        })
    })
}

/// Whether every corner of the mask comes to lie where the reordering puts it.
fn maps(across: &Matrix4<f64>, reordering: &Reordering, shape: [usize; 3]) -> bool {
    let ends = |axis: usize| if shape[axis] > 1 { vec![0, shape[axis] - 1] } else { vec![0] };
    let corners = ends(0).into_iter().flat_map(|z| {
        ends(1).into_iter().flat_map(move |y| ends(2).into_iter().map(move |x| [z, y, x]))
    });
    corners.into_iter().all(|corner| {
        let mut stored = [0.0; 3];
        for axis in 0..3 {
            let at = if reordering.flipped[axis] {
                shape[axis] - 1 - corner[axis]
            } else {
                corner[axis]
            };
            stored[reordering.order[axis]] = at as f64;
        }
        let [z, y, x] = stored;
        let found = across * Vector4::new(x, y, z, 1.0);
        (0..3).all(|axis| (found[2 - axis] - corner[axis] as f64).abs() <= TOLERANCE)
    })
}

/// Voxel indices (column, row, slice) to millimetres.
fn matrix(geometry: &Geometry) -> Matrix4<f64> {
    let unit = geometry.unit.in_millimetres();
    Matrix4::from_fn(|row, column| match row {
        3 => f64::from(u8::from(column == 3)),
        _ => unit * geometry.affine[row][column],
    })
}
