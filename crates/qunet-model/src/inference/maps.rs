use ndarray::{Array2, Array3, ArrayRef2, Axis, s};

use crate::error::Error;

/// The probability maps of one slice, one per head, L1 first, in the slice's own size.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadMaps {
    levels: Vec<usize>,
    /// Of anything but background.
    maps: Vec<Array2<f32>>,
    /// Of each class, `(classes, H, W)`; empty with a single class.
    classes: Vec<Array3<f32>>,
}

/// The maps of one head of one slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head<'a> {
    /// Its level, counted from 1 as in the paper.
    pub level: usize,
    /// The probability of anything but background, `(H, W)`.
    pub foreground: &'a Array2<f32>,
    /// The probability of each class, `(classes, H, W)`; `None` where there is a single class.
    pub classes: Option<&'a Array3<f32>>,
}

impl HeadMaps {
    /// From one map `(C, H, W)` per level.
    pub(super) fn new(levels: &[usize], heads: Vec<Array3<f32>>) -> Self {
        let levels = levels.to_vec();
        if heads.iter().all(|head| head.dim().0 == 1) {
            let maps = heads.into_iter().map(|head| head.index_axis_move(Axis(0), 0)).collect();
            return Self { levels, maps, classes: Vec::new() };
        }
        let maps = heads.iter().map(|head| head.slice(s![1.., .., ..]).sum_axis(Axis(0))).collect();
        Self { levels, maps, classes: heads }
    }

    /// The head of `level`, counted from 1 as in the paper; `None` for a level without a head.
    #[must_use]
    pub fn head(&self, level: usize) -> Option<Head<'_>> {
        self.place(self.levels.iter().position(|&found| found == level)?)
    }

    /// The heads in order, L1 first.
    pub fn heads(&self) -> impl Iterator<Item = Head<'_>> {
        (0..self.levels.len()).filter_map(|place| self.place(place))
    }

    /// The last two heads, whose disagreement chooses slices: L3 and L4 with the paper's five rows.
    ///
    /// # Errors
    /// [`Error::OneHead`] where there are fewer.
    pub fn last_two(&self) -> Result<[Head<'_>; 2], Error> {
        let heads: Vec<Head<'_>> = self.heads().collect();
        match heads[..] {
            [.., before, last] => Ok([before, last]),
            _ => Err(Error::OneHead { available: self.levels.clone() }),
        }
    }

    /// The foreground of the last head: the segmentation (L4 of U-net++).
    #[must_use]
    pub fn last(&self) -> &Array2<f32> {
        // A network has at least one head.
        &self.maps[self.maps.len() - 1]
    }

    /// The foreground of all heads, L1 first.
    #[must_use]
    pub fn maps(&self) -> &[Array2<f32>] {
        &self.maps
    }

    /// The label of each pixel by the last head: with a single class 1 where the probability is above `threshold`
    /// (strictly), with several the most probable class (of equals the lowest), which no threshold changes.
    #[must_use]
    pub fn labels(&self, threshold: f32) -> Array2<u8> {
        qunet_grid::labels(&self.probabilities(), threshold)
    }

    /// The last head, `(1, H, W)` with a single class, otherwise `(classes, H, W)` with the
    /// background first.
    #[must_use]
    pub fn probabilities(&self) -> Array3<f32> {
        match self.classes.last() {
            None => self.last().clone().insert_axis(Axis(0)),
            Some(classes) => classes.clone(),
        }
    }

    /// The same maps with nothing but background outside a region `(H, W)`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the region has another size.
    pub fn restricted_to(mut self, region: &ArrayRef2<bool>) -> Result<Self, Error> {
        if self.last().dim() != region.dim() {
            return Err(Error::ShapeMismatch { image: self.last().dim(), mask: region.dim() });
        }
        let foreground = self.maps.iter_mut().map(|map| map.view_mut().insert_axis(Axis(0)));
        for mut map in foreground.chain(self.classes.iter_mut().map(|map| map.view_mut())) {
            // Region and maps have one size.
            let _ = qunet_grid::restrict(&mut map, region);
        }
        Ok(self)
    }

    fn place(&self, place: usize) -> Option<Head<'_>> {
        let (level, foreground) = (*self.levels.get(place)?, self.maps.get(place)?);
        Some(Head { level, foreground, classes: self.classes.get(place) })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn outside_a_region_there_is_background() {
        let region = array![[true, false]];
        let single = HeadMaps::new(&[3, 4], vec![array![[[0.9_f32, 0.8]]]; 2]);
        let maps = single.clone().restricted_to(&region).unwrap();
        assert_eq!(maps.maps(), [array![[0.9, 0.0]], array![[0.9, 0.0]]]);
        assert!(single.restricted_to(&array![[true]]).is_err());
        let head = array![[[0.2_f32, 0.6]], [[0.8, 0.4]]];
        let maps = HeadMaps::new(&[4], vec![head]).restricted_to(&region).unwrap();
        assert_eq!(maps.head(4).unwrap().classes, Some(&array![[[0.2, 1.0]], [[0.8, 0.0]]]));
        assert_eq!(maps.labels(0.5), array![[1_u8, 0]]);
    }

    #[test]
    fn several_classes_give_labels_and_foreground() {
        let head = array![[[0.2_f32, 0.6]], [[0.5, 0.3]], [[0.3, 0.1]]];
        let maps = HeadMaps::new(&[4], vec![head.clone()]);
        for threshold in [0.1, 0.5, 0.9] {
            assert_eq!(maps.labels(threshold), array![[1_u8, 0]]);
        }
        let foreground = &array![[0.8_f32, 0.4]];
        assert_eq!(maps.head(4), Some(Head { level: 4, foreground, classes: Some(&head) }));
        assert_eq!(maps.head(3), None);
    }

    #[test]
    fn a_pixel_at_the_threshold_is_background() {
        let maps = HeadMaps::new(&[4], vec![array![[[0.4_f32, 0.5, 0.6]]]]);
        assert_eq!(maps.labels(0.5), array![[0_u8, 0, 1]]);
        assert_eq!(maps.labels(0.4), array![[0_u8, 1, 1]]);
    }

    #[test]
    fn the_last_two_heads_are_those_of_the_network_whatever_its_depth() {
        let map = |value: f32| array![[[value]]];
        for levels in [&[1, 2][..], &[1, 2, 3], &[1, 2, 3, 4]] {
            let heads = levels.iter().map(|&level| map(level as f32 / 10.0)).collect();
            let maps = HeadMaps::new(levels, heads);
            let found = maps.last_two().unwrap().map(|head| head.level);
            assert_eq!(found, levels[levels.len() - 2..]);
        }
        let alone = HeadMaps::new(&[4], vec![map(0.5)]).last_two().unwrap_err().to_string();
        assert!(alone.contains("there is L4 alone"), "{alone}");
    }
}
