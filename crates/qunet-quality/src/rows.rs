use ndarray::{ArrayRef2, ArrayView2, aview_mut1};

/// The rows of an image as slices, whatever its strides.
///
/// Rows of an image in standard layout are lent as they are; others are copied, one row at a time,
/// into a ring of buffers, so that no copy of the image is made.
pub(crate) struct Rows<'a, T> {
    image: ArrayView2<'a, T>,
    /// All pixels, row after row, where the image is in standard layout.
    whole: Option<&'a [T]>,
    /// The rows loaded last, where it is not.
    ring: Vec<T>,
}

impl<'a, T: Copy + Default> Rows<'a, T> {
    /// Rows of `image`, of which any `slots` that follow each other can be lent at a time.
    pub(crate) fn new(image: &'a ArrayRef2<T>, slots: usize) -> Self {
        let image = image.view();
        let whole = image.to_slice();
        let slots = if whole.is_some() { 0 } else { slots };
        Self { image, whole, ring: vec![T::default(); slots * image.ncols()] }
    }

    /// Makes row `row` ready to be lent, where there is such a row.
    pub(crate) fn load(&mut self, row: usize) {
        if self.whole.is_none() && row < self.image.nrows() {
            let slot = self.slot(row);
            aview_mut1(&mut self.ring[slot]).assign(&self.image.row(row));
        }
    }

    /// Lends row `row`, one of the last that were loaded.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> &[T] {
        match self.whole {
            Some(pixels) => &pixels[row * self.image.ncols()..][..self.image.ncols()],
            None => &self.ring[self.slot(row)],
        }
    }

    fn slot(&self, row: usize) -> std::ops::Range<usize> {
        let start = row * self.image.ncols() % self.ring.len();
        start..start + self.image.ncols()
    }
}
