use ndarray::Dimension;

use super::Objects;

/// Some of the objects; the kept ones are numbered anew, in the same order.
impl<D: Dimension> Objects<D> {
    /// Without the objects of fewer than `pixels` pixels.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::{Connectivity, Objects};
    ///
    /// let mask = array![true, false, true, true, false, true, true];
    /// let objects = Objects::of(&mask, Connectivity::Full)?.at_least(2);
    /// assert_eq!(objects.labels(), array![0, 0, 1, 1, 0, 2, 2]);
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    #[must_use]
    pub fn at_least(self, pixels: u64) -> Self {
        let sizes = self.sizes().to_vec();
        self.retain(|object| sizes[object] >= pixels)
    }

    /// Only the object of the most pixels, the first of equal ones; none where there is none.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::{Connectivity, Objects};
    ///
    /// let mask = array![true, false, true, true, false, true, true];
    /// let largest = Objects::of(&mask, Connectivity::Full)?.largest();
    /// assert_eq!(largest.labels(), array![0, 0, 1, 1, 0, 0, 0]);
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    #[must_use]
    pub fn largest(self) -> Self {
        let most = self.sizes().iter().max().copied();
        let first = self.sizes().iter().position(|size| Some(*size) == most);
        self.retain(|object| Some(object) == first)
    }

    /// Only object `object`, from 0; none where there is no such object.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::{Connectivity, Objects};
    ///
    /// let mask = array![true, false, true, true];
    /// let second = Objects::of(&mask, Connectivity::Full)?.only(1);
    /// assert_eq!(second.mask(), array![false, false, true, true]);
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    #[must_use]
    pub fn only(self, object: usize) -> Self {
        self.retain(|other| other == object)
    }
}
