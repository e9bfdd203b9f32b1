//! What the network sees of a stack: the region of interest, and nothing else (section II-A).

use ndarray::{Array2, Array3, ArrayRef2, ArrayView2, Axis, Zip};
use qunet_model::{HeadMaps, IGNORE};
use qunet_stack::{Region, Scaling, SliceId, Stack};

use crate::{CampaignConfig, Error};

/// The slices of a stack as the network sees them, and the way back.
pub(crate) struct NetworkInput<'a> {
    stack: &'a Stack,
    scaling: Scaling,
    mask: bool,
    /// The box around the region of interest over the whole stack; the whole slice without one.
    field: Region,
}

impl<'a> NetworkInput<'a> {
    pub(crate) fn new(stack: &'a Stack, config: &CampaignConfig) -> Result<Self, Error> {
        let input = config.input;
        let [_, height, width] = stack.shape();
        let whole = Region { top: 0, left: 0, height, width };
        let field = if input.crop { field(stack, input.margin)?.unwrap_or(whole) } else { whole };
        Ok(Self { stack, scaling: config.scaling, mask: input.mask, field })
    }

    /// Slices, height and width of the stack.
    pub(crate) fn shape(&self) -> (usize, usize, usize) {
        let [slices, height, width] = self.stack.shape();
        (slices, height, width)
    }

    /// The image `(1, height, width)` of a slice.
    pub(crate) fn image(&self, id: SliceId) -> Result<Array3<f32>, Error> {
        let image = self.stack.scaled_slice(id, &self.scaling)?;
        let mut image = self.field.crop(&image)?;
        if let Some(region) = self.region(id)? {
            Zip::from(&mut image).and(&region).for_each(|pixel, &inside| {
                if !inside {
                    *pixel = 0.0;
                }
            });
        }
        Ok(image.insert_axis(Axis(0)))
    }

    /// The labels of that image. Foreground outside the region is ignored in training: the network
    /// cannot see what was outlined there.
    pub(crate) fn labels(&self, id: SliceId, labels: &ArrayRef2<u8>) -> Result<Array2<u8>, Error> {
        let mut labels = self.field.crop(labels)?;
        if let Some(region) = self.region(id)? {
            Zip::from(&mut labels).and(&region).for_each(|label, &inside| {
                if !inside && *label != 0 {
                    *label = IGNORE;
                }
            });
        }
        Ok(labels)
    }

    /// The maps of that image, with nothing but background outside the region.
    pub(crate) fn restricted(&self, id: SliceId, maps: HeadMaps) -> Result<HeadMaps, Error> {
        Ok(match self.region(id)? {
            Some(region) => maps.restricted_to(&region)?,
            None => maps,
        })
    }

    /// Labels of that image as labels of the whole slice, background elsewhere.
    pub(crate) fn restored(&self, labels: &ArrayRef2<u8>) -> Result<Array2<u8>, Error> {
        let (_, height, width) = self.shape();
        Ok(self.field.put_back(labels, (height, width))?)
    }

    /// What is inside the region of interest, where the input is masked by one.
    fn region(&self, id: SliceId) -> Result<Option<Array2<bool>>, Error> {
        let roi: Option<ArrayView2<'_, bool>> = self.stack.roi(id)?.filter(|_| self.mask);
        Ok(roi.map(|roi| self.field.crop(&roi)).transpose()?)
    }
}

/// The box around the region of interest, wider by a share of its longer side; `None` without a
/// region, or where it is empty throughout.
fn field(stack: &Stack, margin: f64) -> Result<Option<Region>, Error> {
    let [slices, height, width] = stack.shape();
    if !stack.has_roi() {
        return Ok(None);
    }
    let mut inside = Array3::from_elem((1, height, width), false);
    let mut all = inside.index_axis_mut(Axis(0), 0);
    for id in (0..slices).map(SliceId) {
        if let Some(roi) = stack.roi(id)? {
            all.zip_mut_with(&roi, |any, &here| *any |= here);
        }
    }
    let Some(tight) = Region::around(&inside, 0) else { return Ok(None) };
    let pixels = (margin * tight.height.max(tight.width) as f64).ceil() as usize;
    Ok(Region::around(&inside, pixels))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};
    use qunet_stack::{Geometry, Pixels};

    use super::*;

    /// Two slices of 6 x 8 with the region in rows 2 and 3, columns 3 to 5.
    fn stack() -> Stack {
        let pixels = Array3::from_shape_fn((2, 6, 8), |(z, y, x)| (100 * z + 10 * y + x) as u8);
        let mut roi = Array3::from_elem((2, 6, 8), false);
        roi.slice_mut(ndarray::s![0, 2..4, 3..5]).fill(true);
        roi.slice_mut(ndarray::s![1, 3, 5]).fill(true);
        let stack = Stack::new("s", Pixels::U8(pixels), Geometry::default()).unwrap();
        stack.with_roi_mask(roi).unwrap()
    }

    fn config() -> CampaignConfig {
        let mut config = CampaignConfig { scaling: Scaling::None, ..CampaignConfig::quick() };
        config.input.margin = 0.0;
        config
    }

    #[test]
    fn the_network_sees_the_region_alone_and_its_prediction_goes_back() {
        let stack = stack();
        let input = NetworkInput::new(&stack, &config()).unwrap();
        let seen = input.image(SliceId(0)).unwrap();
        assert_eq!(seen, array![[[23.0, 24.0, 0.0], [33.0, 34.0, 0.0]]]);
        let seen = input.image(SliceId(1)).unwrap();
        assert_eq!(seen, array![[[0.0, 0.0, 0.0], [0.0, 0.0, 135.0]]]);
        let whole = input.restored(&array![[1, 2, 0], [0, 0, 1]]).unwrap();
        assert_eq!(whole.dim(), (6, 8));
        assert_eq!((whole[[2, 3]], whole[[2, 4]], whole[[3, 5]]), (1, 2, 1));
        assert_eq!(whole.iter().filter(|&&label| label > 0).count(), 3);
    }

    #[test]
    fn foreground_outside_the_region_is_ignored_not_unlearnt() {
        let stack = stack();
        let input = NetworkInput::new(&stack, &config()).unwrap();
        let drawn = ndarray::Array2::from_elem((6, 8), 1_u8);
        let labels = input.labels(SliceId(1), &drawn).unwrap();
        assert_eq!(labels, array![[255, 255, 255], [255, 255, 1]]);
        let labels = input.labels(SliceId(1), &ndarray::Array2::zeros((6, 8))).unwrap();
        assert!(labels.iter().all(|&label| label == 0), "background stays background");
    }

    #[test]
    fn margin_mask_and_crop_are_settings() {
        let stack = stack();
        let shape = |change: fn(&mut CampaignConfig)| {
            let mut config = config();
            change(&mut config);
            let input = NetworkInput::new(&stack, &config).unwrap();
            let image = input.image(SliceId(0)).unwrap();
            (image.dim(), image.iter().filter(|&&pixel| pixel > 0.0).count())
        };
        assert_eq!(shape(|_| ()), ((1, 2, 3), 4));
        assert_eq!(shape(|it| it.input.margin = 0.34), ((1, 6, 7), 4));
        assert_eq!(shape(|it| it.input.mask = false), ((1, 2, 3), 6));
        assert_eq!(shape(|it| it.input.crop = false), ((1, 6, 8), 4));
        let plain = Stack::new("s", stack.pixels().clone(), Geometry::default()).unwrap();
        let input = NetworkInput::new(&plain, &config()).unwrap();
        assert_eq!(input.image(SliceId(0)).unwrap().dim(), (1, 6, 8));
    }
}
