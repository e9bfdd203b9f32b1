//! The same voxels in another order.

use std::fmt;

use nalgebra::{Matrix4, Vector4};
use ndarray::{Array2, Array3, ArrayRef3, Axis};

use crate::Geometry;
use crate::pixels::permuted;

/// How far a corner may lie from where it should, in voxels: affines are written in single
/// precision, positions in decimals.
const TOLERANCE: f64 = 0.1;
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]];

/// How the axes of a mask `(slices, rows, columns)` become those of its stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reordering {
    /// The axis of the mask that becomes the slices, the rows and the columns of the stack.
    pub order: [usize; 3],
    /// Which axes of the stack run against those of the mask.
    pub flipped: [bool; 3],
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
pub(crate) fn reordering(
    from: &Geometry,
    from_shape: [usize; 3],
    to: &Geometry,
    to_shape: [usize; 3],
) -> Option<Reordering> {
    // From indices (column, row, slice) of the mask to those of the stack.
    let across = to.matrix().try_inverse()? * from.matrix();
    ORDERS.into_iter().find_map(|order| {
        (0..8).map(|bits| [bits & 1, bits & 2, bits & 4].map(|bit| bit != 0)).find_map(|flipped| {
            let reordering = Reordering { order, flipped };
            let shape = order.map(|axis| from_shape[axis]);
            (shape == to_shape && maps(&across, &reordering, to_shape)).then_some(reordering)
        })
    })
}

/// Whether every corner of the mask comes to lie where the reordering puts it.
pub(crate) fn maps(across: &Matrix4<f64>, reordering: &Reordering, shape: [usize; 3]) -> bool {
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
