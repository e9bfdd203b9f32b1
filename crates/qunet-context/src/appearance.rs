//! What pixels look like, as features of a pixel classifier.

use image::{ImageBuffer, Luma};
use imageproc::filter::gaussian_blur_f32;
use ndarray::{Array2, ArrayRef2, Zip};
use qunet_grid::squared_distances;

use crate::{Error, Result};

/// Standard deviations of the Gaussians, in pixels.
const SIGMAS: [f32; 3] = [1.0, 2.0, 4.0];

/// From here on the distance to the edge of the region of interest tells nothing more, in pixels.
const DEEP: f64 = 15.0;

/// What the pixels of one slice look like: the intensity, its Gaussians with standard deviations of
/// 1, 2 and 4 pixels, the standard deviation within the second of them and, with a region of
/// interest, the distance to the region's edge (at most 15 pixels).
///
/// ```
/// use ndarray::Array2;
/// use qunet_context::Appearance;
///
/// let slice = Appearance::new(&Array2::from_elem((8, 8), 0.5), None)?;
/// let planes = slice.planes();
/// assert_eq!(planes.len(), 5);
/// // A Gaussian of a constant is that constant, and nothing deviates from it.
/// assert!(planes[1].iter().all(|&pixel| (pixel - 0.5).abs() < 1e-6));
/// assert!(planes[4].iter().all(|&pixel| pixel < 1e-3));
/// # Ok::<(), qunet_context::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Appearance {
    planes: Vec<Array2<f32>>,
}

impl Appearance {
    /// Of an image `(H, W)` with its region of interest.
    ///
    /// # Errors
    /// [`Error::Shape`] where image and region differ in size.
    pub fn new(image: &ArrayRef2<f32>, region: Option<&ArrayRef2<bool>>) -> Result<Self> {
        let smooth = SIGMAS.map(|sigma| gaussian(image, sigma));
        let mut deviation = gaussian(&image.mapv(|pixel| pixel * pixel), SIGMAS[1]);
        Zip::from(&mut deviation).and(&smooth[1]).for_each(|square, &mean| {
            *square = (*square - mean * mean).max(0.0).sqrt();
        });
        let mut planes = vec![image.to_owned()];
        planes.extend(smooth);
        planes.push(deviation);
        if let Some(region) = region {
            if region.dim() != image.dim() {
                return Err(Error::Shape { expected: image.dim(), found: region.dim() });
            }
            let outside = region.mapv(|inside| !inside);
            let squares = squared_distances(&outside, &[1.0, 1.0])?;
            planes.push(squares.mapv(|square| square.sqrt().min(DEEP) as f32));
        }
        Ok(Self { planes })
    }

    /// The features, each `(H, W)`.
    #[must_use]
    pub fn planes(&self) -> &[Array2<f32>] {
        &self.planes
    }

    /// Those features that tell something of a neighbour slice too: the two finer Gaussians.
    #[must_use]
    pub fn smooth(&self) -> &[Array2<f32>] {
        &self.planes[1..3]
    }
}

/// Standard deviations at which a first segmentation is smoothed, in pixels.
const SURROUNDINGS: [f32; 2] = [1.5, 4.0];

/// What a first segmentation says of the surroundings of each pixel, as features of a second one:
/// the probabilities on the slice, their Gaussians with standard deviations of 1.5 and 4 pixels, and
/// those of the slices before and after (auto-context; Z. Tu and X. Bai, Auto-context and its
/// application to high-level vision tasks, 2010).
///
/// ```
/// use ndarray::Array2;
/// use qunet_context::surroundings;
///
/// let (sure, unsure) = (Array2::from_elem((8, 8), 0.9), Array2::from_elem((8, 8), 0.5));
/// let planes = surroundings(&sure, [&unsure, &sure]);
/// let levels: Vec<f32> = planes.iter().map(|plane| (plane[[4, 4]] * 10.0).round()).collect();
/// assert_eq!(levels, [9.0, 9.0, 9.0, 5.0, 5.0, 9.0, 9.0]);
/// ```
#[must_use]
pub fn surroundings(here: &ArrayRef2<f32>, next_to: [&ArrayRef2<f32>; 2]) -> Vec<Array2<f32>> {
    let mut planes = vec![here.to_owned()];
    for map in [here].into_iter().chain(next_to) {
        planes.extend(SURROUNDINGS.map(|sigma| gaussian(map, sigma)));
    }
    planes
}

/// An image smoothed with a Gaussian, its border repeated.
fn gaussian(image: &ArrayRef2<f32>, sigma: f32) -> Array2<f32> {
    let (height, width) = image.dim();
    let pixels: Vec<f32> = image.iter().copied().collect();
    let blurred = ImageBuffer::<Luma<f32>, _>::from_raw(width as u32, height as u32, pixels)
        .filter(|_| height > 0 && width > 0)
        .map(|buffer| gaussian_blur_f32(&buffer, sigma).into_raw());
    let shaped = blurred.and_then(|pixels| Array2::from_shape_vec((height, width), pixels).ok());
    shaped.unwrap_or_else(|| image.to_owned())
}
