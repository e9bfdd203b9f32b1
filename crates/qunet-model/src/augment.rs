use ndarray::{Array2, ArrayRef2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, TchError, Tensor};

use crate::error::{Error, While, require};
use crate::tensors::{as_labels, batch, check_finite, label_batch, maps};

/// Random geometry of each training slice, the same for image and mask, and random intensity of
/// the image: drawn afresh for every slice of every batch, uniformly within each range, and computed
/// where the tensors are. [Priors](crate::Channels::priors) move with their slice and keep their values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Largest rotation in degrees.
    pub rotation_degrees: f64,
    /// Largest horizontal shift as a fraction of the width.
    pub width_shift: f64,
    /// Largest vertical shift as a fraction of the height.
    pub height_shift: f64,
    /// Largest shear angle in degrees.
    pub shear_degrees: f64,
    /// Largest change of size: slices are enlarged or shrunk by a factor within 1 plus or minus this.
    pub zoom: f64,
    /// Whether half of the slices are mirrored left to right.
    pub horizontal_flip: bool,
    /// Whether half of the slices are mirrored top to bottom.
    pub vertical_flip: bool,
    /// What comes in from outside the slice.
    pub fill: Fill,
    /// Largest change of brightness, added to intensities in [0, 1].
    pub brightness: f64,
    /// Largest change of contrast: intensities are scaled about the image's mean by up to 1 plus
    /// or minus this.
    pub contrast: f64,
    /// Largest change of gamma: intensities are raised to a power within 1 / (1 + this) and 1 + this.
    pub gamma: f64,
    /// Largest standard deviation of added Gaussian noise.
    pub noise: f64,
    /// Largest share of a 3 x 3 mean in the image, in 0..=1.
    pub blur: f64,
}

/// What comes into a slice that is moved, from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fill {
    /// The nearest pixel of the border, again and again, and its label.
    #[default]
    Border,
    /// Intensity 0 and label 0; priors, of which 0 may say anything, repeat their border.
    Zero,
    /// The slice mirrored at its border.
    Reflect,
}

impl Default for Augmentation {
    /// Rotation 10 degrees, shifts 10 %, shear 5 degrees, horizontal flips; brightness 0.05,
    /// contrast 10 %, noise 0.03, blur up to a whole 3 x 3 mean.
    fn default() -> Self {
        Self {
            rotation_degrees: 10.0,
            width_shift: 0.1,
            height_shift: 0.1,
            shear_degrees: 5.0,
            horizontal_flip: true,
            brightness: 0.05,
            contrast: 0.1,
            noise: 0.03,
            blur: 1.0,
            ..Self::none()
        }
    }
}

impl Augmentation {
    /// The paper's "range 0.2" in the units of its Keras code: 0.2 degrees of rotation and shear,
    /// 20 % of shift; horizontal but no vertical flips.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            horizontal_flip: true,
            rotation_degrees: 0.2,
            width_shift: 0.2,
            height_shift: 0.2,
            shear_degrees: 0.2,
            ..Self::none()
        }
    }

    /// Leaves every slice unchanged.
    #[must_use]
    pub fn none() -> Self {
        Self {
            rotation_degrees: 0.0,
            width_shift: 0.0,
            height_shift: 0.0,
            shear_degrees: 0.0,
            zoom: 0.0,
            horizontal_flip: false,
            vertical_flip: false,
            fill: Fill::Border,
            brightness: 0.0,
            contrast: 0.0,
            gamma: 0.0,
            noise: 0.0,
            blur: 0.0,
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        let within = |field, value: f64, limit: f64, rule| {
            require(field, value, (0.0..=limit).contains(&value), rule)
        };
        within("rotation_degrees", self.rotation_degrees, 180.0, "it must lie in 0..=180")?;
        within("shear_degrees", self.shear_degrees, 80.0, "it must lie in 0..=80")?;
        within("width_shift", self.width_shift, 1.0, "it is a fraction in 0..=1")?;
        within("height_shift", self.height_shift, 1.0, "it is a fraction in 0..=1")?;
        within("zoom", self.zoom, 0.9, "it must lie in 0..=0.9")?;
        within("gamma", self.gamma, 10.0, "it must lie in 0..=10")?;
        within("brightness", self.brightness, 1.0, "it must lie in 0..=1")?;
        within("contrast", self.contrast, 1.0, "it must lie in 0..=1")?;
        within("noise", self.noise, 1.0, "it must lie in 0..=1")?;
        within("blur", self.blur, 1.0, "it is a share in 0..=1")
    }

    /// One slice and its mask as a training might draw them: what settings do is best inspected before a long run.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use qunet_model::Augmentation;
    ///
    /// let (image, mask) = (Array2::from_elem((32, 32), 0.5), Array2::from_elem((32, 32), true));
    /// let (moved, moved_mask) = Augmentation::default().preview(&image, &mask, 7)?;
    /// assert_eq!((moved.dim(), moved_mask), ((32, 32), mask));
    /// # Ok::<(), qunet_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value out of range, [`Error::ShapeMismatch`] where image and mask differ in size.
    pub fn preview(
        &self,
        image: &ArrayRef2<f32>,
        mask: &ArrayRef2<bool>,
        seed: u64,
    ) -> Result<(Array2<f32>, Array2<bool>), Error> {
        self.check()?;
        if image.dim() != mask.dim() {
            return Err(Error::ShapeMismatch { image: image.dim(), mask: mask.dim() });
        }
        let image = image.to_owned().insert_axis(Axis(0));
        check_finite(0, &image)?;
        let images = batch([&image], Device::Cpu)?;
        let labels = label_batch(&[as_labels(mask)], Device::Cpu)?;
        crate::seed(seed);
        let (images, labels) =
            self.apply(&images, &labels, 0, &mut ChaCha8Rng::seed_from_u64(seed))?;
        let plane = |tensor: &Tensor| -> Result<Array2<f32>, Error> {
            let map = maps(tensor)?.swap_remove(0);
            Ok(map.index_axis_move(Axis(0), 0))
        };
        Ok((plane(&images)?, plane(&labels)?.mapv(|label| label > 0.0)))
    }

    /// Transforms a batch of images and labels `(N, C, H, W)`: bilinear for images, nearest for labels. The last
    /// `priors` channels of the images are moved alone.
    pub(crate) fn apply(
        &self,
        images: &Tensor,
        labels: &Tensor,
        priors: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<(Tensor, Tensor), Error> {
        if *self == Self::none() {
            return Ok((images.shallow_clone(), labels.shallow_clone()));
        }
        let doing = "augmenting a batch";
        let (count, channels, height, width) = images.size4().while_doing(doing)?;
        let aspect = height as f64 / width as f64;
        let theta: Vec<f32> = (0..count).flat_map(|_| self.draw(aspect, rng)).collect();
        let split = [channels - priors as i64, priors as i64];
        let (images, labels) = self.sample(images, labels, split, &theta).while_doing(doing)?;
        let images = self.change_intensities(&images, split, rng).while_doing(doing)?;
        Ok((images, labels))
    }

    fn change_intensities(
        &self,
        images: &Tensor,
        split: [i64; 2],
        rng: &mut ChaCha8Rng,
    ) -> Result<Tensor, TchError> {
        if split[1] == 0 {
            return self.change_intensity(images, rng);
        }
        let [intensities, priors] = parts(images, split)?;
        Tensor::f_cat(&[self.change_intensity(&intensities, rng)?, priors], 1)
    }

    /// Blur, contrast about the mean, gamma, brightness, noise; noise last, as a scanner adds it.
    fn change_intensity(&self, images: &Tensor, rng: &mut ChaCha8Rng) -> Result<Tensor, TchError> {
        let count = images.size()[0];
        let mut each = |low: f64, high: f64| {
            let values: Vec<f32> =
                (0..count).map(|_| rng.random_range(low..=high) as f32).collect();
            Tensor::f_from_slice(&values)?.f_reshape([-1, 1, 1, 1])?.f_to_device(images.device())
        };
        let blurred = images.f_avg_pool2d([3, 3], [1, 1], [1, 1], false, false, None)?;
        let images = images.f_lerp_tensor(&blurred, &each(0.0, self.blur)?)?;
        let mean = images.f_mean_dim(&[2i64, 3][..], true, Kind::Float)?;
        let contrast = each(1.0 - self.contrast, 1.0 + self.contrast)?;
        let mut images = images.f_sub(&mean)?.f_mul(&contrast)?.f_add(&mean)?;
        if self.gamma > 0.0 {
            let limit = self.gamma.ln_1p();
            images = images.f_clamp_min(0.0)?.f_pow(&each(-limit, limit)?.f_exp()?)?;
        }
        let noise = images.f_randn_like()?.f_mul(&each(0.0, self.noise)?)?;
        images.f_add(&each(-self.brightness, self.brightness)?)?.f_add(&noise)
    }

    /// The 2 x 3 matrix from output to input coordinates, both in [-1, 1]. Angles are those of
    /// square pixels, so the off-diagonal entries carry the aspect ratio.
    fn draw(&self, aspect: f64, rng: &mut ChaCha8Rng) -> [f32; 6] {
        let mut within = |limit: f64| limit * rng.random_range(-1.0..=1.0);
        let angle = within(self.rotation_degrees).to_radians();
        let shear = within(self.shear_degrees).to_radians();
        let shift = [2.0 * within(self.width_shift), 2.0 * within(self.height_shift)];
        let size = (1.0 + within(self.zoom)).recip();
        let mut mirrored = |wanted: bool| if wanted && rng.random_bool(0.5) { -size } else { size };
        let (across, down) = (mirrored(self.horizontal_flip), mirrored(self.vertical_flip));
        let (sin, cos) = angle.sin_cos();
        let rows = [
            [across * cos, across * (-(sin) + shear.tan() * cos) * aspect, shift[0]],
            [down * sin / aspect, down * (cos + shear.tan() * sin), shift[1]],
        ];
        [rows[0][0], rows[0][1], rows[0][2], rows[1][0], rows[1][1], rows[1][2]]
            .map(|value| value as f32)
    }

    fn sample(
        &self,
        images: &Tensor,
        labels: &Tensor,
        split: [i64; 2],
        theta: &[f32],
    ) -> Result<(Tensor, Tensor), TchError> {
        let theta = Tensor::f_from_slice(theta)?.f_reshape([-1, 2, 3])?;
        let theta = theta.f_to_device(images.device())?;
        let grid = Tensor::f_affine_grid_generator(&theta, images.size(), false)?;
        let outside = self.fill.number();
        let moved = labels.f_to_kind(Kind::Float)?;
        let moved =
            moved.f_grid_sampler(&grid, NEAREST, outside, false)?.f_to_kind(labels.kind())?;
        let sample = |channels: &Tensor, fill: Fill| {
            channels.f_grid_sampler(&grid, BILINEAR, fill.number(), false)
        };
        if split[1] == 0 || self.fill != Fill::Zero {
            return Ok((sample(images, self.fill)?, moved));
        }
        let [intensities, priors] = parts(images, split)?;
        let sampled = [sample(&intensities, Fill::Zero)?, sample(&priors, Fill::Border)?];
        Ok((Tensor::f_cat(&sampled, 1)?, moved))
    }
}

impl Fill {
    /// LibTorch's number for it.
    fn number(self) -> i64 {
        match self {
            Self::Zero => 0,
            Self::Border => 1,
            Self::Reflect => 2,
        }
    }
}

/// The intensities and the priors of a batch.
fn parts(images: &Tensor, [intensities, priors]: [i64; 2]) -> Result<[Tensor; 2], TchError> {
    Ok([images.f_narrow(1, 0, intensities)?, images.f_narrow(1, intensities, priors)?])
}

/// LibTorch's numbers for the ways to sample.
const BILINEAR: i64 = 0;
const NEAREST: i64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Tensor {
        Tensor::arange(64, (Kind::Float, Device::Cpu)).reshape([1, 1, 8, 8])
    }

    #[test]
    fn image_and_mask_move_together() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mask = ramp().ge(32.0).to_kind(Kind::Float);
        let geometry = Augmentation {
            zoom: 0.2,
            vertical_flip: true,
            brightness: 0.0,
            contrast: 0.0,
            noise: 0.0,
            blur: 0.0,
            ..Augmentation::default()
        };
        let (image, moved) = geometry.apply(&mask, &mask, 0, &mut rng).unwrap();
        // Bilinear and nearest sampling of one step image agree after rounding, but for ties.
        let different = (image.round() - moved).abs().sum(Kind::Float).double_value(&[]);
        assert!(different <= 2.0, "{different} pixels differ");
    }

    #[test]
    fn none_is_the_identity_and_a_flip_is_exact() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (same, _) = Augmentation::none().apply(&ramp(), &ramp(), 0, &mut rng).unwrap();
        assert_eq!(same, ramp());
        let flips = Augmentation { horizontal_flip: true, ..Augmentation::none() };
        let flipped = ramp().flip([3]);
        let mut seen = [false; 2];
        for _ in 0..20 {
            let (image, _) = flips.apply(&ramp(), &ramp(), 0, &mut rng).unwrap();
            let is = |other: &Tensor| image.allclose(other, 1e-4, 1e-4, false);
            assert!(is(&ramp()) || is(&flipped));
            seen[usize::from(is(&flipped))] = true;
        }
        assert_eq!(seen, [true, true]);
    }

    #[test]
    fn intensity_changes_the_image_within_bounds_and_never_the_mask() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let flat = Tensor::full([4, 1, 8, 8], 0.5, (Kind::Float, Device::Cpu));
        let brightness = Augmentation { brightness: 0.1, ..Augmentation::none() };
        let (image, mask) = brightness.apply(&flat, &flat, 0, &mut rng).unwrap();
        assert_eq!(mask, flat);
        let change = (&image - &flat).abs();
        assert!(change.max().double_value(&[]) <= 0.1 + 1e-6);
        assert!(change.min().double_value(&[]) > 0.0);
        // Contrast about the mean leaves a flat image alone.
        let contrast = Augmentation { contrast: 0.5, ..Augmentation::none() };
        let (image, _) = contrast.apply(&flat, &flat, 0, &mut rng).unwrap();
        assert!(image.allclose(&flat, 1e-5, 1e-6, false));
    }

    #[test]
    fn a_zoom_is_the_affine_map_by_hand() {
        // Half of [0.9, 1.1]: whatever is drawn, the middle of a centred step stays and the rest scales about it.
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let zoom = Augmentation { zoom: 0.1, ..Augmentation::none() };
        let theta = zoom.draw(1.0, &mut rng);
        assert!(theta[0] > 0.9 && theta[0] < 1.12 && theta[0] == theta[4], "{theta:?}");
        assert_eq!([theta[1], theta[2], theta[3], theta[5]], [0.0; 4]);
    }

    #[test]
    fn what_comes_in_follows_the_fill() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let ones = Tensor::ones([8, 1, 8, 8], (Kind::Float, Device::Cpu));
        let labels = Tensor::ones([8, 1, 8, 8], (Kind::Uint8, Device::Cpu));
        for (fill, smallest) in [(Fill::Border, 1.0), (Fill::Reflect, 1.0), (Fill::Zero, 0.0)] {
            let shifts = Augmentation { width_shift: 0.9, fill, ..Augmentation::none() };
            let (image, moved) = shifts.apply(&ones, &labels, 0, &mut rng).unwrap();
            assert_eq!(moved.kind(), Kind::Uint8);
            assert!((image.min().double_value(&[]) - smallest).abs() < 1e-6, "{fill:?}");
            assert_eq!(moved.min().double_value(&[]), smallest, "{fill:?}");
        }
    }

    #[test]
    fn priors_move_with_the_slice_and_keep_their_values() {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let prior = (ramp() - 32.0) / 32.0;
        let images = Tensor::cat(&[&ramp() / 64.0, &ramp() / 64.0, prior.shallow_clone()], 1);
        let channel = |images: &Tensor, number| images.narrow(1, number, 1);
        let intensity = Augmentation {
            brightness: 0.2,
            contrast: 0.5,
            gamma: 0.5,
            noise: 0.1,
            blur: 1.0,
            ..Augmentation::none()
        };
        let (changed, _) = intensity.apply(&images, &prior, 1, &mut rng).unwrap();
        assert!(channel(&changed, 2).allclose(&prior, 1e-5, 1e-5, false));
        for number in [0, 1] {
            let before = channel(&images, number);
            assert!(!channel(&changed, number).allclose(&before, 1e-2, 1e-2, false));
        }
        // Were they intensities, they would change.
        let (changed, _) = intensity.apply(&images, &prior, 0, &mut rng).unwrap();
        assert!(!channel(&changed, 2).allclose(&prior, 1e-2, 1e-2, false));
        let geometry = Augmentation { rotation_degrees: 30.0, ..Augmentation::none() };
        let flips = Augmentation { horizontal_flip: true, ..geometry };
        let (moved, _) = flips.apply(&images, &prior, 1, &mut rng).unwrap();
        // The prior is the image times 2 less 1, and stays so wherever it goes: no sign turns with a flip.
        let expected = channel(&moved, 0) * 2.0 - 1.0;
        assert!(channel(&moved, 2).allclose(&expected, 1e-4, 1e-4, false));
        assert!(!channel(&moved, 2).allclose(&prior, 1e-2, 1e-2, false));
    }

    #[test]
    fn nothing_says_nothing_about_a_prior_from_outside() {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let far = Tensor::full([8, 1, 8, 8], -1.0, (Kind::Float, Device::Cpu));
        let images = Tensor::cat(&[Tensor::ones_like(&far), far.shallow_clone()], 1);
        let shifts = Augmentation { width_shift: 0.9, fill: Fill::Zero, ..Augmentation::none() };
        let (moved, _) = shifts.apply(&images, &far, 1, &mut rng).unwrap();
        assert!(moved.narrow(1, 1, 1).allclose(&far, 1e-6, 1e-6, false));
        assert!(moved.narrow(1, 0, 1).min().double_value(&[]).abs() < 1e-6);
    }

    #[test]
    fn gamma_keeps_black_and_white() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let ends = Tensor::from_slice(&[0.0_f32, 1.0, 0.5, 0.5]).reshape([1, 1, 2, 2]);
        let gamma = Augmentation { gamma: 1.0, ..Augmentation::none() };
        let (image, _) = gamma.apply(&ends, &ends, 0, &mut rng).unwrap();
        let values = Vec::<f32>::try_from(&image.reshape([-1])).unwrap();
        assert!(values[0].abs() < 1e-6 && (values[1] - 1.0).abs() < 1e-6, "{values:?}");
        // A power between a half and two.
        assert!(values[2] > 0.24 && values[2] < 0.71 && values[2] != 0.5, "{values:?}");
    }

    #[test]
    fn ranges_are_checked() {
        let error = Augmentation { width_shift: 1.5, ..Augmentation::none() }.check();
        assert_eq!(error.unwrap_err().to_string(), "width_shift is 1.5: it is a fraction in 0..=1");
    }
}
