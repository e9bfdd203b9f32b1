//! A stack as the sources of its segmentation see it: cut to the region of interest (section II-A of
//! the paper), on one grid, with its neighbours and what was drawn on them.

use std::cell::OnceCell;

use ndarray::{Array2, Array3, ArrayRef2, ArrayRef3, ArrayView2, Axis, Zip, s};
use qunet_context::{Appearance, Drawn, FAR};
use qunet_grid::squared_distances;
use qunet_model::IGNORE;
use qunet_stack::{Region, SliceId, Stack, resize_bilinear, resize_nearest};

use crate::{CampaignConfig, Error};

/// How many pixels of signed distance make the odds of an interpolated mask e to 1.
const SOFTNESS: f32 = 2.0;

/// Whether pixels come with what was drawn on other slices.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priors {
    Shown,
    Hidden,
}

/// One stack on the grid that all sources work on, with its drawn slices.
pub(crate) struct WorkingStack<'a> {
    stack: &'a Stack,
    config: &'a CampaignConfig,
    /// The box around the region of interest over the whole stack; the whole slice without one.
    field: Region,
    /// Height and width of the grid.
    grid: (usize, usize),
    drawn: Drawn,
    /// What was drawn, on the grid; 255 on all other slices.
    labels: Array3<u8>,
    regions: Vec<OnceCell<Option<Array2<bool>>>>,
    images: Vec<OnceCell<Array2<f32>>>,
    smooth: Vec<OnceCell<Vec<Array2<f32>>>>,
    correlation: OnceCell<Option<f64>>,
}

impl<'a> WorkingStack<'a> {
    pub(crate) fn new(
        stack: &'a Stack,
        annotated: &[SliceId],
        annotations: &ArrayRef3<u8>,
        config: &'a CampaignConfig,
    ) -> Result<Self, Error> {
        let input = config.input;
        let [slices, height, width] = stack.shape();
        let whole = Region { top: 0, left: 0, height, width };
        let field = if input.crop { field(stack, input.margin)?.unwrap_or(whole) } else { whole };
        let grid = grid((field.height, field.width), input.grid);
        let mut labels = Array3::from_elem((slices, grid.0, grid.1), IGNORE);
        for id in annotated {
            let drawn = field.crop(&annotations.index_axis(Axis(0), id.0))?;
            labels.index_axis_mut(Axis(0), id.0).assign(&resize_nearest(&drawn, grid)?);
        }
        let [z, y, x] = stack.geometry().spacing();
        let scale = |from: usize, to: usize| from as f64 / to as f64;
        let spacing = [z, y * scale(field.height, grid.0), x * scale(field.width, grid.1)];
        let numbers: Vec<usize> = annotated.iter().map(|id| id.0).collect();
        let drawn = Drawn::new(&labels, &numbers, config.classes.len(), spacing)?;
        let regions = vec![OnceCell::new(); slices];
        let (images, smooth) = (vec![OnceCell::new(); slices], vec![OnceCell::new(); slices]);
        let correlation = OnceCell::new();
        Ok(Self { stack, config, field, grid, drawn, labels, regions, images, smooth, correlation })
    }

    /// Slices, height and width of the stack.
    pub(crate) fn shape(&self) -> (usize, usize, usize) {
        let [slices, height, width] = self.stack.shape();
        (slices, height, width)
    }

    /// Height and width of the grid.
    pub(crate) fn grid(&self) -> (usize, usize) {
        self.grid
    }

    /// The drawn slices.
    pub(crate) fn drawn(&self) -> &Drawn {
        &self.drawn
    }

    /// The intensities of a slice, 0 outside the region of interest where the input is masked.
    pub(crate) fn image(&self, slice: usize) -> Result<&Array2<f32>, Error> {
        if let Some(image) = self.images[slice].get() {
            return Ok(image);
        }
        let image = self.stack.scaled_slice(SliceId(slice), &self.config.scaling)?;
        let image = self.field.crop(&image)?;
        let mut image = match image.dim() == self.grid {
            true => image,
            false => resize_bilinear(&image, self.grid)?,
        };
        if let Some(region) = self.region(slice)? {
            Zip::from(&mut image).and(region).for_each(|pixel, &inside| {
                if !inside {
                    *pixel = 0.0;
                }
            });
        }
        Ok(self.images[slice].get_or_init(|| image))
    }

    /// What the network is shown of a slice, `(channels, height, width)`: the image; its two
    /// neighbours, the slice itself beyond an end and where neighbours are not alike; for each class
    /// the interpolated signed distance of what was drawn on other slices, in [-1, 1] for ±[`FAR`]
    /// pixels, and 1 where there is one. The prior is made without the slices `Some(without)`, and
    /// without any for `None`.
    pub(crate) fn channels(
        &self,
        slice: usize,
        without: Option<&[usize]>,
    ) -> Result<Array3<f32>, Error> {
        let (input, classes) = (self.config.input, self.config.classes.len());
        let (height, width) = self.grid;
        let mut channels = Array3::zeros((self.config.channels().input, height, width));
        channels.index_axis_mut(Axis(0), 0).assign(self.image(slice)?);
        let mut next = 1;
        if input.neighbours.is_some() {
            let alike = self.is_alike(input.neighbours)?;
            for neighbour in if alike { self.next_to(slice) } else { [slice; 2] } {
                channels.index_axis_mut(Axis(0), next).assign(self.image(neighbour)?);
                next += 1;
            }
        }
        if input.prior {
            let mut known = 0.0;
            for class in 1..=classes {
                let prior = match without {
                    Some(without) => self.drawn.prior(slice, class, without)?,
                    None => None,
                };
                let mut to = channels.index_axis_mut(Axis(0), next);
                match prior {
                    None => to.fill(-1.0),
                    Some(prior) => {
                        to.assign(&(prior.interpolated / FAR));
                        known = 1.0;
                    }
                }
                next += 1;
            }
            channels.index_axis_mut(Axis(0), next).fill(known);
        }
        Ok(channels)
    }

    /// The labels of a drawn slice. Foreground outside the region is ignored in training: nothing
    /// that is shown tells what was outlined there.
    pub(crate) fn labels(&self, slice: usize) -> Result<Array2<u8>, Error> {
        let mut labels = self.labels.index_axis(Axis(0), slice).to_owned();
        if let Some(region) = self.region(slice)? {
            Zip::from(&mut labels).and(region).for_each(|label, &inside| {
                if !inside && *label != 0 {
                    *label = IGNORE;
                }
            });
        }
        Ok(labels)
    }

    /// The share of the drawn foreground that lies outside the region of interest, in [0, 1]; 0
    /// where nothing is drawn.
    pub(crate) fn outside_region(&self, annotations: &ArrayRef3<u8>) -> Result<f64, Error> {
        let (mut drawn, mut outside) = (0_usize, 0_usize);
        for &slice in self.drawn.slices() {
            let labels = annotations.index_axis(Axis(0), slice);
            let all = labels.iter().filter(|&&label| is_foreground(label)).count();
            let within = self.field.crop(&labels)?;
            let region = self.region_of_field(slice)?;
            let inside = |(at, label): ((usize, usize), &u8)| {
                is_foreground(*label) && region.as_ref().is_none_or(|region| region[at])
            };
            drawn += all;
            outside += all - within.indexed_iter().filter(|&it| inside(it)).count();
        }
        Ok(if drawn > 0 { outside as f64 / drawn as f64 } else { 0.0 })
    }

    /// The labels of a drawn slice, wherever they are.
    pub(crate) fn drawn_labels(&self, slice: usize) -> ArrayView2<'_, u8> {
        self.labels.index_axis(Axis(0), slice)
    }

    /// The labels that trees learn from: nothing outside the region, where all is background.
    pub(crate) fn learnt(&self, slice: usize) -> Result<Array2<u8>, Error> {
        let mut labels = self.labels.index_axis(Axis(0), slice).to_owned();
        if let Some(region) = self.region(slice)? {
            Zip::from(&mut labels).and(region).for_each(|label, &inside| {
                if !inside {
                    *label = IGNORE;
                }
            });
        }
        Ok(labels)
    }

    /// The features of the pixels of a slice for boosted trees: its appearance, the neighbours'
    /// Gaussians, and per class three signed distances of what was drawn on other slices where
    /// priors are shown.
    pub(crate) fn planes(&self, slice: usize, priors: Priors) -> Result<Vec<Array2<f32>>, Error> {
        let region = self.region(slice)?;
        let appearance = Appearance::new(self.image(slice)?, region.map(|region| &**region))?;
        let mut planes = appearance.planes().to_vec();
        if region.is_none() {
            // Other stacks of the campaign may have a region, of which two features tell; these tell
            // nothing.
            planes.extend(vec![Array2::zeros(self.grid); 2]);
        }
        for neighbour in self.next_to(slice) {
            planes.extend_from_slice(self.smooth(neighbour)?);
        }
        let shown = if priors == Priors::Shown { self.config.classes.len() } else { 0 };
        for class in 1..=shown {
            match self.drawn.prior(slice, class, &[])? {
                Some(prior) => planes.extend([prior.interpolated, prior.larger, prior.nearer]),
                None => planes.extend(vec![Array2::from_elem(self.grid, -FAR); 3]),
            }
        }
        Ok(planes)
    }

    /// The probabilities of the masks drawn on either side, interpolated along z; `None` where no
    /// other slice is drawn.
    pub(crate) fn interpolation(&self, slice: usize) -> Result<Option<Array3<f32>>, Error> {
        let classes = self.config.classes.len();
        let mut odds = Vec::with_capacity(classes);
        for class in 1..=classes {
            match self.drawn.interpolated_distance(slice, class, &[])? {
                Some(distance) => odds.push(distance / SOFTNESS),
                None => return Ok(None),
            }
        }
        Ok(Some(qunet_context::from_log_odds(&odds)?))
    }

    /// Probabilities with nothing but background outside the region of interest.
    pub(crate) fn restrict(&self, slice: usize, map: &mut Array3<f32>) -> Result<(), Error> {
        match self.region(slice)? {
            Some(region) => Ok(qunet_grid::restrict(map, region)?),
            None => Ok(()),
        }
    }

    /// Labels on the grid from probabilities on it.
    pub(crate) fn restored(
        &self,
        map: &ArrayRef3<f32>,
        threshold: f32,
    ) -> Result<Array2<u8>, Error> {
        let size = (self.field.height, self.field.width);
        if size == self.grid {
            return self.put_back(&qunet_grid::labels(map, threshold));
        }
        let mut large = Array3::zeros((map.dim().0, size.0, size.1));
        for (from, mut to) in map.outer_iter().zip(large.outer_iter_mut()) {
            to.assign(&resize_bilinear(&from, size)?);
        }
        self.put_back(&qunet_grid::labels(&large, threshold))
    }

    /// Labels on the grid as labels of the whole slice.
    pub(crate) fn restored_labels(&self, labels: &ArrayRef2<u8>) -> Result<Array2<u8>, Error> {
        let size = (self.field.height, self.field.width);
        if size == self.grid {
            return self.put_back(labels);
        }
        self.put_back(&resize_nearest(labels, size)?)
    }

    fn put_back(&self, labels: &ArrayRef2<u8>) -> Result<Array2<u8>, Error> {
        let (_, height, width) = self.shape();
        Ok(self.field.put_back(labels, (height, width))?)
    }

    /// What is inside the region of interest, where the input is masked by one, on the grid and
    /// wider by [`InputConfig::dilation`](crate::InputConfig::dilation).
    pub(crate) fn region(&self, slice: usize) -> Result<Option<&Array2<bool>>, Error> {
        if let Some(region) = self.regions[slice].get() {
            return Ok(region.as_ref());
        }
        let region = self.find_region(slice)?;
        Ok(self.regions[slice].get_or_init(|| region).as_ref())
    }

    fn find_region(&self, slice: usize) -> Result<Option<Array2<bool>>, Error> {
        match self.region_of_field(slice)? {
            Some(inside) if inside.dim() != self.grid => {
                let inside = resize_nearest(&inside.mapv(u8::from), self.grid)?;
                Ok(Some(inside.mapv(|inside| inside > 0)))
            }
            inside => Ok(inside),
        }
    }

    /// The same in the pixels of the slice.
    fn region_of_field(&self, slice: usize) -> Result<Option<Array2<bool>>, Error> {
        let roi = self.stack.roi(SliceId(slice))?.filter(|_| self.config.input.mask);
        let Some(roi) = roi else { return Ok(None) };
        let mut inside = self.field.crop(&roi)?;
        let dilation = self.config.input.dilation;
        if dilation > 0.0 && inside.iter().any(|&inside| inside) {
            let [_, y, x] = self.stack.geometry().spacing();
            let squares = squared_distances(&inside, &[y, x])?;
            inside = squares.mapv(|square| square <= dilation * dilation);
        }
        Ok(Some(inside))
    }

    /// The slices before and after, the slice itself beyond an end.
    pub(crate) fn next_to(&self, slice: usize) -> [usize; 2] {
        [slice.saturating_sub(1), (slice + 1).min(self.shape().0 - 1)]
    }

    /// What a slice tells of its neighbours' pixels.
    fn smooth(&self, slice: usize) -> Result<&[Array2<f32>], Error> {
        if let Some(smooth) = self.smooth[slice].get() {
            return Ok(smooth);
        }
        let appearance = Appearance::new(self.image(slice)?, None)?;
        Ok(self.smooth[slice].get_or_init(|| appearance.smooth().to_vec()))
    }

    /// Whether the details of neighbouring slices correlate by so much; `None` is never.
    pub(crate) fn is_alike(&self, least: Option<f64>) -> Result<bool, Error> {
        let Some(least) = least else { return Ok(false) };
        let correlation = match self.correlation.get() {
            Some(found) => *found,
            None => {
                let found = self.correlate()?;
                *self.correlation.get_or_init(|| found)
            }
        };
        Ok(correlation.is_some_and(|found| found >= least))
    }

    /// The median correlation of the details of neighbouring slices, see
    /// [`qunet_context::neighbour_correlation`] and [`Appearance::detail`].
    fn correlate(&self) -> Result<Option<f64>, Error> {
        let (slices, _, _) = self.shape();
        // Pairs all over the stack tell as much as all of them.
        let step = (slices / 16).max(1);
        let mut pairs = Vec::new();
        for slice in (0..slices.saturating_sub(1)).step_by(step) {
            let mut pair = Array3::zeros((2, self.grid.0, self.grid.1));
            for (number, mut to) in [slice, slice + 1].into_iter().zip(pair.outer_iter_mut()) {
                to.assign(&Appearance::new(self.image(number)?, None)?.detail());
            }
            for number in [slice, slice + 1] {
                if let Some(region) = self.region(number)? {
                    qunet_grid::restrict(&mut pair.slice_mut(s![..1, .., ..]), region)?;
                    qunet_grid::restrict(&mut pair.slice_mut(s![1.., .., ..]), region)?;
                }
            }
            pairs.extend(qunet_context::neighbour_correlation(&pair));
        }
        pairs.sort_by(f64::total_cmp);
        Ok(pairs.get(pairs.len() / 2).copied())
    }
}

/// Whether a label is that of a foreground class.
pub(crate) fn is_foreground(label: u8) -> bool {
    label != 0 && label != IGNORE
}

/// The size of a field of view whose longer side has at most so many pixels.
fn grid((height, width): (usize, usize), most: Option<usize>) -> (usize, usize) {
    let longer = height.max(width);
    match most {
        Some(most) if longer > most => {
            let scale = |side: usize| ((side * most) as f64 / longer as f64).round().max(1.0);
            (scale(height) as usize, scale(width) as usize)
        }
        _ => (height, width),
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
    use qunet_stack::{Geometry, Pixels, Scaling};

    use super::*;
    use crate::InputConfig;

    /// Three slices of 6 x 8 with the region in rows 2 and 3, columns 3 to 5.
    fn stack() -> Stack {
        let pixels = Array3::from_shape_fn((3, 6, 8), |(z, y, x)| (100 * z + 10 * y + x) as u8);
        let mut roi = Array3::from_elem((3, 6, 8), false);
        roi.slice_mut(s![0, 2..4, 3..5]).fill(true);
        roi.slice_mut(s![1, 3, 5]).fill(true);
        let stack = Stack::new("s", Pixels::U8(pixels), Geometry::default()).unwrap();
        stack.with_roi_mask(roi).unwrap()
    }

    fn config(change: fn(&mut InputConfig)) -> CampaignConfig {
        let mut config = CampaignConfig { scaling: Scaling::None, ..CampaignConfig::quick() };
        config.input = InputConfig { margin: 0.0, ..InputConfig::paper() };
        change(&mut config.input);
        config
    }

    fn nobody() -> Array3<u8> {
        Array3::from_elem((3, 6, 8), IGNORE)
    }

    #[test]
    fn a_stack_without_region_has_as_many_features_as_one_with() {
        let (with, config) = (stack(), config(|_| {}));
        let without = Stack::new("s", with.pixels().clone(), Geometry::default()).unwrap();
        let planes = [with, without].map(|stack| {
            let working = WorkingStack::new(&stack, &[], &nobody(), &config).unwrap();
            working.planes(1, Priors::Hidden).unwrap().len()
        });
        assert_eq!(planes[0], planes[1]);
    }

    #[test]
    fn the_network_sees_the_region_alone_and_its_prediction_goes_back() {
        let (stack, config) = (stack(), config(|_| {}));
        let working = WorkingStack::new(&stack, &[], &nobody(), &config).unwrap();
        let seen = working.channels(0, None).unwrap();
        assert_eq!(seen, array![[[23.0, 24.0, 0.0], [33.0, 34.0, 0.0]]]);
        let seen = working.channels(1, None).unwrap();
        assert_eq!(seen, array![[[0.0, 0.0, 0.0], [0.0, 0.0, 135.0]]]);
        let whole = working.restored_labels(&array![[1, 2, 0], [0, 0, 1]]).unwrap();
        assert_eq!(whole.dim(), (6, 8));
        assert_eq!((whole[[2, 3]], whole[[2, 4]], whole[[3, 5]]), (1, 2, 1));
        assert_eq!(whole.iter().filter(|&&label| label > 0).count(), 3);
        let mut map = array![[[0.9_f32, 0.4, 0.9], [0.9, 0.9, 0.9]]];
        working.restrict(0, &mut map).unwrap();
        let whole = working.restored(&map, 0.5).unwrap();
        assert_eq!(whole.indexed_iter().filter(|(_, label)| **label > 0).count(), 3);
        assert_eq!((whole[[2, 3]], whole[[2, 4]], whole[[3, 5]]), (1, 0, 0));
    }

    #[test]
    fn foreground_outside_the_region_is_ignored_not_unlearnt() {
        let (stack, config) = (stack(), config(|_| {}));
        let mut drawn = nobody();
        drawn.index_axis_mut(Axis(0), 1).fill(1);
        let working = WorkingStack::new(&stack, &[SliceId(1)], &drawn, &config).unwrap();
        assert_eq!(working.labels(1).unwrap(), array![[255, 255, 255], [255, 255, 1]]);
        drawn.index_axis_mut(Axis(0), 1).fill(0);
        let working = WorkingStack::new(&stack, &[SliceId(1)], &drawn, &config).unwrap();
        let labels = working.labels(1).unwrap();
        assert!(labels.iter().all(|&label| label == 0), "background stays background");
        // Trees learn from the region alone.
        assert_eq!(working.learnt(1).unwrap(), array![[255, 255, 255], [255, 255, 0]]);
    }

    #[test]
    fn what_was_drawn_outside_the_region_is_a_share_of_all_that_was() {
        let (stack, config) = (stack(), config(|_| {}));
        let share = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
            let mut drawn = nobody();
            drawn.slice_mut(s![0, .., ..]).fill(0);
            drawn.slice_mut(s![0, rows, columns]).fill(1);
            let working = WorkingStack::new(&stack, &[SliceId(0)], &drawn, &config).unwrap();
            working.outside_region(&drawn).unwrap()
        };
        assert_eq!(share(2..4, 3..5), 0.0);
        // Of four pixels one lies outside the box, and one in the box but not in the region.
        assert_eq!(share(2..3, 2..6), 0.5);
        assert_eq!(share(1..2, 3..5), 1.0);
        assert_eq!(share(0..0, 0..0), 0.0, "nothing is drawn");
    }

    /// Where neighbours differ the slice itself stands for them, so that the network has as many
    /// channels for every stack.
    #[test]
    fn neighbours_are_shown_where_they_are_alike() {
        let blobs = |shift: usize| {
            let pixels = Array3::from_shape_fn((6, 32, 32), |(z, y, x)| {
                let column = (x + shift * z) % 32;
                if (8..13).contains(&(y % 16)) && (8..13).contains(&(column % 16)) {
                    200_u8
                } else {
                    90
                }
            });
            Stack::new("s", Pixels::U8(pixels), Geometry::default()).unwrap()
        };
        let mut config = config(|it| it.neighbours = Some(0.7));
        config.scaling = Scaling::StackMinMax;
        let nobody = Array3::from_elem((6, 32, 32), IGNORE);
        for (shift, alike) in [(1, true), (8, false)] {
            let stack = blobs(shift);
            let working = WorkingStack::new(&stack, &[], &nobody, &config).unwrap();
            let shown = working.channels(2, None).unwrap();
            assert_eq!(shown.index_axis(Axis(0), 0) == shown.index_axis(Axis(0), 2), !alike);
            assert_eq!(working.is_alike(Some(0.7)).unwrap(), alike);
        }
    }

    #[test]
    fn margin_mask_crop_dilation_and_grid_are_settings() {
        let stack = stack();
        let shape = |change: fn(&mut InputConfig)| {
            let config = config(change);
            let working = WorkingStack::new(&stack, &[], &nobody(), &config).unwrap();
            let image = working.image(0).unwrap();
            (image.dim(), image.iter().filter(|&&pixel| pixel > 0.0).count())
        };
        assert_eq!(shape(|_| {}), ((2, 3), 4));
        assert_eq!(shape(|it| it.margin = 0.34), ((6, 7), 4));
        assert_eq!(shape(|it| it.mask = false), ((2, 3), 6));
        assert_eq!(shape(|it| it.crop = false), ((6, 8), 4));
        assert_eq!(shape(|it| it.dilation = 1.0), ((2, 3), 6));
        assert_eq!(shape(|it| it.grid = Some(2)).0, (1, 2));
        let plain = Stack::new("s", stack.pixels().clone(), Geometry::default()).unwrap();
        let config = config(|_| {});
        let working = WorkingStack::new(&plain, &[], &nobody(), &config).unwrap();
        assert_eq!(working.image(0).unwrap().dim(), (6, 8));
    }

    /// Labels on the grid of a field of view come back as they were, where the grid is not coarser.
    #[test]
    fn labels_go_there_and_back() {
        let (stack, config) = (stack(), config(|_| {}));
        let mut drawn = nobody();
        let there = array![[0, 1, 0], [1, 1, 0]];
        drawn.slice_mut(s![2, .., ..]).fill(0);
        drawn.slice_mut(s![2, 2..4, 3..6]).assign(&there);
        let working = WorkingStack::new(&stack, &[SliceId(2)], &drawn, &config).unwrap();
        assert_eq!(working.drawn_labels(2), there);
        let back = working.restored_labels(&working.drawn_labels(2)).unwrap();
        assert_eq!(back, drawn.index_axis(Axis(0), 2));
    }

    /// The channels of a drawn slice do not change with its own mask, only with those of others.
    #[test]
    fn a_drawn_slice_is_not_shown_its_own_mask() {
        let stack = stack();
        let config = config(|it| (it.neighbours, it.prior, it.mask) = (Some(-1.0), true, false));
        let annotated = [SliceId(0), SliceId(2)];
        let channels = |slice: usize, first: u8, last: u8, without: Option<&[usize]>| {
            let mut drawn = nobody();
            drawn.slice_mut(s![0, 2..4, 3..5]).fill(first);
            drawn.slice_mut(s![2, 2..4, 4..6]).fill(last);
            let working = WorkingStack::new(&stack, &annotated, &drawn, &config).unwrap();
            working.channels(slice, without).unwrap()
        };
        let shown = channels(0, 1, 1, Some(&[]));
        assert_eq!(shown.dim(), (5, 2, 3));
        assert_eq!(shown, channels(0, 0, 1, Some(&[])), "its own mask");
        assert_ne!(shown, channels(0, 1, 0, Some(&[])), "that of the other drawn slice");
        // Itself before the first slice, the next one behind it, a prior and its availability.
        assert_eq!(shown.index_axis(Axis(0), 1), shown.index_axis(Axis(0), 0));
        assert!(shown.index_axis(Axis(0), 4).iter().all(|&known| known == 1.0));
        // Without the other slice nothing is known; nor is it where no prior is shown.
        for unknown in [channels(0, 1, 1, Some(&[2])), channels(1, 1, 1, None)] {
            assert!(unknown.index_axis(Axis(0), 3).iter().all(|&prior| prior == -1.0));
            assert!(unknown.index_axis(Axis(0), 4).iter().all(|&known| known == 0.0));
        }
        let planes = |first: u8| {
            let mut drawn = nobody();
            drawn.slice_mut(s![0, 2..4, 3..5]).fill(first);
            let working = WorkingStack::new(&stack, &annotated, &drawn, &config).unwrap();
            working.planes(0, Priors::Shown).unwrap()
        };
        assert_eq!(planes(0), planes(1), "nor are trees");
    }
}
