use std::ops::Range;

use ndarray::ArrayRef2;

use crate::rows::Rows;

/// The pixels whose whole window lies within the image and the region, as runs along rows.
pub(crate) struct Inner<'a> {
    region: Option<Rows<'a, bool>>,
    dim: (usize, usize),
    before: usize,
    after: usize,
    /// Whether a column is inside the region in all rows of the window.
    common: Vec<bool>,
}

impl<'a> Inner<'a> {
    /// Windows that reach `before` pixels up and left and `after` pixels down and right in an
    /// image of size `dim`; no region means all pixels.
    pub(crate) fn new(
        region: Option<&'a ArrayRef2<bool>>,
        dim: (usize, usize),
        before: usize,
        after: usize,
    ) -> Self {
        let region = region.map(|region| Rows::new(region, before + 1 + after));
        Self { region, dim, before, after, common: vec![true; dim.1] }
    }

    /// Shows `visit` the columns of such pixels in row `row`, run by run from left to right.
    pub(crate) fn for_each_run(&mut self, row: usize, mut visit: impl FnMut(Range<usize>)) {
        let (height, width) = self.dim;
        if row < self.before || row + self.after >= height {
            return;
        }
        self.find_common(row);
        let mut start = 0;
        while start < width {
            let ends = |inside: bool| move |&common: &bool| common != inside;
            let rest = &self.common[start..];
            let len = rest.iter().position(ends(true)).unwrap_or(rest.len());
            if len > self.before + self.after {
                visit(start + self.before..start + len - self.after);
            }
            let gap = rest[len..].iter().position(ends(false)).unwrap_or(rest.len() - len);
            start += len + gap;
        }
    }

    fn find_common(&mut self, row: usize) {
        let Some(region) = &mut self.region else {
            return;
        };
        self.common.fill(true);
        for row in row - self.before..=row + self.after {
            region.load(row);
            for (common, inside) in self.common.iter_mut().zip(region.get(row)) {
                *common &= inside;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn runs(inner: &mut Inner<'_>, row: usize) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        inner.for_each_run(row, |run| runs.push(run));
        runs
    }

    #[test]
    fn windows_lie_within_image_and_region() {
        let mut all = Inner::new(None, (5, 6), 2, 1);
        assert_eq!(runs(&mut all, 1), []);
        assert_eq!(runs(&mut all, 2).first(), Some(&(2..5)));
        assert_eq!(runs(&mut all, 4), []);

        let mut region = Array2::from_elem((3, 9), true);
        region[[0, 4]] = false;
        let mut inner = Inner::new(Some(&region), (3, 9), 1, 1);
        assert_eq!(runs(&mut inner, 1), [1..3, 6..8]);
        assert_eq!(runs(&mut inner, 0), []);
    }

    #[test]
    fn a_side_shorter_than_the_window_has_none() {
        assert_eq!(runs(&mut Inner::new(None, (3, 2), 1, 1), 1), []);
        assert_eq!(runs(&mut Inner::new(None, (1, 9), 1, 1), 0), []);
    }
}
