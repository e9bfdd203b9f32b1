use ndarray::{Array2, Array3, Axis, s};

/// The probability maps of one slice, one per head, L1 first, in the slice's own size.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadMaps {
    levels: Vec<usize>,
    /// Of anything but background.
    maps: Vec<Array2<f32>>,
    /// Of each class, `(classes, H, W)`; empty with a single class.
    classes: Vec<Array3<f32>>,
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

    /// The probability of anything but background in the head of `level`, counted from 1 as in the paper; `None` for
    /// a level without a head.
    #[must_use]
    pub fn level(&self, level: usize) -> Option<&Array2<f32>> {
        self.maps.get(self.place(level)?)
    }

    /// The probability of each class in the head of `level`, `(classes, H, W)`; `None` where there is a single class.
    #[must_use]
    pub fn classes(&self, level: usize) -> Option<&Array3<f32>> {
        self.classes.get(self.place(level)?)
    }

    /// The map of the last head: the segmentation (L4 of U-net++).
    #[must_use]
    pub fn last(&self) -> &Array2<f32> {
        // A network has at least one head.
        &self.maps[self.maps.len() - 1]
    }

    /// All maps, L1 first.
    #[must_use]
    pub fn maps(&self) -> &[Array2<f32>] {
        &self.maps
    }

    /// The label of each pixel by the last head: with a single class 1 where the probability is above one half, with
    /// several the most probable (of equals the lowest).
    #[must_use]
    pub fn labels(&self) -> Array2<u8> {
        match self.classes.last() {
            None => self.last().mapv(|probability| u8::from(probability > 0.5)),
            Some(classes) => classes.map_axis(Axis(0), |lane| {
                let best =
                    lane.iter().enumerate().fold((0, f32::NEG_INFINITY), |best, (label, &p)| {
                        if p > best.1 { (label, p) } else { best }
                    });
                best.0 as u8
            }),
        }
    }

    fn place(&self, level: usize) -> Option<usize> {
        self.levels.iter().position(|&found| found == level)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn several_classes_give_labels_and_foreground() {
        let head = array![[[0.2_f32, 0.6]], [[0.5, 0.3]], [[0.3, 0.1]]];
        let maps = HeadMaps::new(&[4], vec![head.clone()]);
        assert_eq!(maps.labels(), array![[1_u8, 0]]);
        assert_eq!(maps.level(4), Some(&array![[0.8_f32, 0.4]]));
        assert_eq!(maps.classes(4), Some(&head));
        assert_eq!(maps.level(3), None);
    }
}
