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
/// 1, 2 and 4 pixels, the standard deviation within the second of them, the larger and the smaller
/// curvature of each Gaussian and, with a region of interest, the distance to the region's edge (at
/// most 15 pixels) and how far down the region a pixel lies.
///
/// The curvatures are the eigenvalues of the Hessian times the variance of the Gaussian, which
/// makes blobs of all sizes alike (T. Lindeberg, Feature detection with automatic scale selection,
/// 1998): both are positive in a dark blob, both negative in a bright one, and one is near 0 along
/// an edge or a vessel. How far down is 0 at the region's first row in a column and 1 past its last:
/// layers of a retina keep their place in it.
///
/// ```
/// use ndarray::Array2;
/// use qunet_context::Appearance;
///
/// let slice = Appearance::new(&Array2::from_elem((8, 8), 0.5), None)?;
/// let planes = slice.planes();
/// assert_eq!(planes.len(), 11);
/// // A Gaussian of a constant is that constant, nothing deviates from it, and nothing curves.
/// assert!(planes[1].iter().all(|&pixel| (pixel - 0.5).abs() < 1e-6));
/// assert!(planes[4..].iter().flatten().all(|&pixel| pixel.abs() < 1e-3));
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
        let curved = smooth.iter().zip(SIGMAS).flat_map(|(plane, sigma)| curvatures(plane, sigma));
        let curved: Vec<_> = curved.collect();
        let mut planes = vec![image.to_owned()];
        planes.extend(smooth);
        planes.push(deviation);
        planes.extend(curved);
        if let Some(region) = region {
            if region.dim() != image.dim() {
                return Err(Error::Shape { expected: image.dim(), found: region.dim() });
            }
            let outside = region.mapv(|inside| !inside);
            let squares = squared_distances(&outside, &[1.0, 1.0])?;
            planes.push(squares.mapv(|square| square.sqrt().min(DEEP) as f32));
            planes.push(down(region));
        }
        Ok(Self { planes })
    }

    /// The features, each `(H, W)`.
    #[must_use]
    pub fn planes(&self) -> &[Array2<f32>] {
        &self.planes
    }

    /// The image without its brightness at large: the difference of the finest and the coarsest
    /// Gaussian. Slices that lie far apart still resemble each other at large; in their detail they
    /// do not.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use qunet_context::Appearance;
    ///
    /// let edge = Array2::from_shape_fn((32, 32), |(_, x)| if x < 16 { 0.2 } else { 0.8 });
    /// let detail = Appearance::new(&edge, None)?.detail();
    /// assert!(detail[[16, 15]] < -0.05 && detail[[16, 16]] > 0.05);
    /// assert!(detail[[16, 0]].abs() < 1e-3);
    /// # Ok::<(), qunet_context::Error>(())
    /// ```
    #[must_use]
    pub fn detail(&self) -> Array2<f32> {
        &self.planes[1] - &self.planes[SIGMAS.len()]
    }

    /// Those features that tell something of a neighbour slice too: the two finer Gaussians.
    #[must_use]
    pub fn smooth(&self) -> &[Array2<f32>] {
        &self.planes[1..3]
    }
}

/// The eigenvalues of the Hessian of a smoothed image, the larger first, times the variance of its
/// Gaussian. Differences of neighbouring pixels; at the rim the image goes on as it ends.
fn curvatures(smooth: &ArrayRef2<f32>, sigma: f32) -> [Array2<f32>; 2] {
    let (height, width) = smooth.dim();
    let (mut larger, mut smaller) =
        (Array2::zeros((height, width)), Array2::zeros((height, width)));
    for ((row, column), &here) in smooth.indexed_iter() {
        let rows = [row.saturating_sub(1), row, (row + 1).min(height - 1)];
        let columns = [column.saturating_sub(1), column, (column + 1).min(width - 1)];
        let at = |y: usize, x: usize| smooth[[rows[y], columns[x]]];
        let down = at(0, 1) - 2.0 * here + at(2, 1);
        let across = at(1, 0) - 2.0 * here + at(1, 2);
        let mixed = (at(2, 2) - at(2, 0) - at(0, 2) + at(0, 0)) / 4.0;
        let (mean, half) = ((down + across) / 2.0, (down - across) / 2.0);
        let spread = half.hypot(mixed);
        larger[[row, column]] = sigma * sigma * (mean + spread);
        smaller[[row, column]] = sigma * sigma * (mean - spread);
    }
    [larger, smaller]
}

/// How far down its column of the region each pixel lies, in [0, 1); -1 outside.
fn down(region: &ArrayRef2<bool>) -> Array2<f32> {
    let mut depth = Array2::from_elem(region.dim(), -1.0);
    for (column, mut depth) in region.columns().into_iter().zip(depth.columns_mut()) {
        let Some(top) = column.iter().position(|&inside| inside) else { continue };
        let bottom = column.iter().rposition(|&inside| inside).map_or(top, |last| last);
        let extent = (bottom + 1 - top) as f32;
        for (row, depth) in depth.iter_mut().enumerate().filter(|(row, _)| column[*row]) {
            *depth = (row - top) as f32 / extent;
        }
    }
    depth
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
