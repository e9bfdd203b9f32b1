//! Parts of slices.

use ndarray::{Array2, Array3, ArrayRef2, ArrayRef3, ArrayView2, s};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A rectangle of rows and columns: what is cut out of a slice, and where it goes back.
///
/// ```
/// use ndarray::array;
/// use qunet_stack::Region;
///
/// let image = array![[1, 2, 3], [4, 5, 6], [7, 8, 9]];
/// let region = Region { top: 1, left: 0, height: 2, width: 2 };
/// let part = region.crop(&image)?;
/// assert_eq!(part, array![[4, 5], [7, 8]]);
/// assert_eq!(region.put_back(&part, (3, 3))?, array![[0, 0, 0], [4, 5, 0], [7, 8, 0]]);
/// # Ok::<(), qunet_stack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Region {
    /// The first row.
    pub top: usize,
    /// The first column.
    pub left: usize,
    /// How many rows.
    pub height: usize,
    /// How many columns.
    pub width: usize,
}

impl Region {
    /// The smallest region that holds what is inside in any slice, wider by `margin` pixels where
    /// there are so many; `None` where nothing is inside.
    #[must_use]
    pub fn around(mask: &ArrayRef3<bool>, margin: usize) -> Option<Self> {
        let (_, height, width) = mask.dim();
        let bounds = mask.indexed_iter().filter(|(_, inside)| **inside).fold(
            None,
            |bounds: Option<[usize; 4]>, ((_, y, x), _)| {
                let [top, left, bottom, right] = bounds.unwrap_or([y, x, y, x]);
                Some([top.min(y), left.min(x), bottom.max(y), right.max(x)])
            },
        );
        let [top, left, bottom, right] = bounds?;
        let (top, left) = (top.saturating_sub(margin), left.saturating_sub(margin));
        let bottom = bottom.saturating_add(margin).min(height - 1);
        let right = right.saturating_add(margin).min(width - 1);
        Some(Self { top, left, height: bottom + 1 - top, width: right + 1 - left })
    }

    /// The part of a slice.
    ///
    /// # Errors
    /// [`Error::Region`] where it reaches beyond the slice or is empty.
    pub fn crop<T: Clone>(&self, slice: &ArrayRef2<T>) -> Result<Array2<T>, Error> {
        Ok(self.view(slice)?.to_owned())
    }

    /// The part of each slice of a stack.
    ///
    /// # Errors
    /// As [`Region::crop`].
    pub fn crop_all<T: Clone>(&self, stack: &ArrayRef3<T>) -> Result<Array3<T>, Error> {
        let (_, height, width) = stack.dim();
        let (bottom, right) = self.check((height, width))?;
        Ok(stack.slice(s![.., self.top..bottom, self.left..right]).to_owned())
    }

    /// A slice of the given height and width that holds `part` in this region, and the default
    /// value elsewhere: the inverse of [`Region::crop`].
    ///
    /// # Errors
    /// [`Error::Region`] where it reaches beyond the slice, or `part` is not of its size.
    pub fn put_back<T: Clone + Default>(
        &self,
        part: &ArrayRef2<T>,
        shape: (usize, usize),
    ) -> Result<Array2<T>, Error> {
        let (bottom, right) = self.check(shape)?;
        if part.dim() != (self.height, self.width) {
            return Err(self.unfit(part.dim()));
        }
        let mut slice = Array2::default(shape);
        slice.slice_mut(s![self.top..bottom, self.left..right]).assign(part);
        Ok(slice)
    }

    fn view<'a, T>(&self, slice: &'a ArrayRef2<T>) -> Result<ArrayView2<'a, T>, Error> {
        let (bottom, right) = self.check(slice.dim())?;
        Ok(slice.slice(s![self.top..bottom, self.left..right]))
    }

    fn unfit(&self, shape: (usize, usize)) -> Error {
        let rows = self.top..self.top.saturating_add(self.height);
        Error::Region { rows, columns: self.left..self.left.saturating_add(self.width), shape }
    }

    /// The row and column after the last.
    fn check(&self, (height, width): (usize, usize)) -> Result<(usize, usize), Error> {
        let bottom = self.top.checked_add(self.height).filter(|&bottom| bottom <= height);
        let right = self.left.checked_add(self.width).filter(|&right| right <= width);
        match (bottom, right) {
            (Some(bottom), Some(right)) if self.height > 0 && self.width > 0 => Ok((bottom, right)),
            _ => Err(self.unfit((height, width))),
        }
    }
}
