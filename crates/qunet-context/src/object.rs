//! An object that lies elsewhere from slice to slice, followed on a straight line.

use ndarray::{Array2, ArrayRef2, Axis, Zip};
use qunet_grid::{Connectivity, Objects};

use crate::Result;

/// The share of its pixels by which the largest component makes a mask one object.
const ONE: f64 = 0.9;

/// Parts of a pixel by which maps are moved: so fine that nothing is lost, and a whole number of
/// them, so that a stack and its mirror image are moved alike.
const PARTS: i64 = 64;

/// Where the one object of a mask lies: its pixels, and the sums of their rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pixels: i128,
    sums: [i128; 2],
}

impl Object {
    /// `None` where a mask is empty or of several objects: of those nobody knows which of one slice
    /// is which of the next.
    pub(crate) fn of(mask: &ArrayRef2<bool>) -> Result<Option<Self>> {
        let objects = Objects::from_mask(mask, Connectivity::Full)?;
        let sizes = objects.sizes();
        let (all, largest) = (sizes.iter().sum::<u64>(), sizes.iter().max().copied());
        if largest.is_none_or(|largest| (largest as f64) < ONE * all as f64) {
            return Ok(None);
        }
        let mut sums = [0; 2];
        for ((row, column), _) in mask.indexed_iter().filter(|(_, inside)| **inside) {
            sums[0] += row as i128;
            sums[1] += column as i128;
        }
        Ok(Some(Self { pixels: all.into(), sums }))
    }

    /// How far along rows and columns its centre is, in parts of a pixel, after `steps` of `length`
    /// steps on the line to the centre of `other`; to the nearest part, halves away from zero.
    pub(crate) fn towards(&self, other: &Self, steps: usize, length: usize) -> [i64; 2] {
        let apart = self.pixels * other.pixels * length as i128;
        [0, 1].map(|axis| {
            let way = other.sums[axis] * self.pixels - self.sums[axis] * other.pixels;
            let parts = way * steps as i128 * i128::from(PARTS);
            ((2 * parts + parts.signum() * apart) / (2 * apart)) as i64
        })
    }
}

/// A map moved by so many parts of a pixel along rows and columns: linear between pixels, and its
/// border repeats.
pub(crate) fn moved(map: &ArrayRef2<f32>, parts: [i64; 2]) -> Array2<f32> {
    let rows = moved_along(map, Axis(0), parts[0]);
    moved_along(&rows, Axis(1), parts[1])
}

fn moved_along(map: &ArrayRef2<f32>, axis: Axis, parts: i64) -> Array2<f32> {
    let last = map.len_of(axis) as i64 - 1;
    let (whole, fraction) =
        (parts.div_euclid(PARTS), parts.rem_euclid(PARTS) as f32 / PARTS as f32);
    let lane = |place: i64| map.index_axis(axis, place.clamp(0, last) as usize);
    let mut moved = Array2::zeros(map.dim());
    for (place, mut to) in (0..).zip(moved.axis_iter_mut(axis)) {
        let (from, behind) = (lane(place - whole), lane(place - whole - 1));
        Zip::from(&mut to).and(&from).and(&behind).for_each(|to, from, behind| {
            *to = (1.0 - fraction) * from + fraction * behind;
        });
    }
    moved
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_mask_is_one_object_by_its_largest_component() {
        let mut mask = Array2::from_elem((4, 6), false);
        assert_eq!(Object::of(&mask).unwrap(), None);
        mask.slice_mut(ndarray::s![..3, ..3]).fill(true);
        let whole = Some(Object { pixels: 9, sums: [9, 9] });
        assert_eq!(Object::of(&mask).unwrap(), whole);
        // 9 of 10 pixels, then 9 of 11.
        mask[[0, 5]] = true;
        assert_eq!(Object::of(&mask).unwrap(), Some(Object { pixels: 10, sums: [9, 14] }));
        mask[[3, 5]] = true;
        assert_eq!(Object::of(&mask).unwrap(), None);
    }

    #[test]
    fn the_way_is_a_share_of_that_between_the_centres() {
        // From (1, 1) to (4, 0.5): a third of it is (1, -1/6), which is 64 and -10.67 parts.
        let from = Object { pixels: 3, sums: [3, 3] };
        let to = Object { pixels: 2, sums: [8, 1] };
        assert_eq!(from.towards(&to, 1, 3), [64, -11]);
        assert_eq!(to.towards(&from, 2, 3), [-128, 21]);
        assert_eq!(from.towards(&from, 1, 3), [0, 0]);
    }

    #[test]
    fn a_moved_map_is_linear_between_pixels() {
        let map = array![[0.0, 8.0, 4.0], [1.0, 2.0, 3.0]];
        assert_eq!(moved(&map, [0, 0]), map);
        assert_eq!(moved(&map, [0, 64]), array![[0.0, 0.0, 8.0], [1.0, 1.0, 2.0]]);
        assert_eq!(moved(&map, [0, -16]), array![[2.0, 7.0, 4.0], [1.25, 2.25, 3.0]]);
        assert_eq!(moved(&map, [32, 0]), array![[0.0, 8.0, 4.0], [0.5, 5.0, 3.5]]);
    }
}
