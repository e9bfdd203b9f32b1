use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::{Kind, TchError, Tensor};

use crate::Error;
use crate::error::While;

/// Random geometry of each training slice, the same for image and mask, and random intensity of
/// the image: drawn afresh for every slice of every batch, uniformly within each range. What comes
/// in from outside repeats the border.
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
    /// Whether half of the slices are mirrored left to right.
    pub horizontal_flip: bool,
    /// Largest change of brightness, added to intensities in [0, 1].
    pub brightness: f64,
    /// Largest change of contrast: intensities are scaled about the image's mean by up to 1 plus
    /// or minus this.
    pub contrast: f64,
    /// Largest standard deviation of added Gaussian noise.
    pub noise: f64,
    /// Largest share of a 3 x 3 mean in the image, in 0..=1.
    pub blur: f64,
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

    /// Leaves every slice as it is.
    #[must_use]
    pub fn none() -> Self {
        Self {
            rotation_degrees: 0.0,
            width_shift: 0.0,
            height_shift: 0.0,
            shear_degrees: 0.0,
            horizontal_flip: false,
            brightness: 0.0,
            contrast: 0.0,
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
            if (0.0..=limit).contains(&value) {
                return Ok(());
            }
            Err(Error::Parameter { field, value, rule })
        };
        within("rotation_degrees", self.rotation_degrees, 180.0, "it must lie in 0..=180")?;
        within("shear_degrees", self.shear_degrees, 80.0, "it must lie in 0..=80")?;
        within("width_shift", self.width_shift, 1.0, "it is a fraction in 0..=1")?;
        within("height_shift", self.height_shift, 1.0, "it is a fraction in 0..=1")?;
        within("brightness", self.brightness, 1.0, "it must lie in 0..=1")?;
        within("contrast", self.contrast, 1.0, "it must lie in 0..=1")?;
        within("noise", self.noise, 1.0, "it must lie in 0..=1")?;
        within("blur", self.blur, 1.0, "it is a share in 0..=1")
    }

    /// Transforms a batch of images and masks `(N, C, H, W)`: bilinear for images, nearest for
    /// masks.
    pub(crate) fn apply(
        &self,
        images: &Tensor,
        masks: &Tensor,
        rng: &mut ChaCha8Rng,
    ) -> Result<(Tensor, Tensor), Error> {
        if *self == Self::none() {
            return Ok((images.shallow_clone(), masks.shallow_clone()));
        }
        let doing = "augmenting a batch";
        let (count, _, height, width) = images.size4().while_doing(doing)?;
        let aspect = height as f64 / width as f64;
        let theta: Vec<f32> = (0..count).flat_map(|_| self.draw(aspect, rng)).collect();
        let (images, masks) = sample(images, masks, &theta).while_doing(doing)?;
        let images = self.change_intensity(&images, rng).while_doing(doing)?;
        Ok((images, masks))
    }

    /// Blur, contrast about the mean, brightness, noise, in the order in which a scanner adds them.
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
        let images = images.f_sub(&mean)?.f_mul(&contrast)?.f_add(&mean)?;
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
        let flip = if self.horizontal_flip && rng.random_bool(0.5) { -1.0 } else { 1.0 };
        let (sin, cos) = angle.sin_cos();
        let rows = [
            [flip * cos, flip * (-(sin) + shear.tan() * cos) * aspect, shift[0]],
            [sin / aspect, cos + shear.tan() * sin, shift[1]],
        ];
        [rows[0][0], rows[0][1], rows[0][2], rows[1][0], rows[1][1], rows[1][2]]
            .map(|value| value as f32)
    }
}

const BILINEAR: i64 = 0;
const NEAREST: i64 = 1;
const BORDER: i64 = 1;

fn sample(images: &Tensor, masks: &Tensor, theta: &[f32]) -> Result<(Tensor, Tensor), TchError> {
    let theta = Tensor::f_from_slice(theta)?.f_reshape([-1, 2, 3])?.f_to_device(images.device())?;
    let grid = Tensor::f_affine_grid_generator(&theta, images.size(), false)?;
    Ok((
        images.f_grid_sampler(&grid, BILINEAR, BORDER, false)?,
        masks.f_grid_sampler(&grid, NEAREST, BORDER, false)?,
    ))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use tch::Device;

    use super::*;

    fn ramp() -> Tensor {
        Tensor::arange(64, (Kind::Float, Device::Cpu)).reshape([1, 1, 8, 8])
    }

    #[test]
    fn image_and_mask_move_together() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mask = ramp().ge(32.0).to_kind(Kind::Float);
        let geometry = Augmentation {
            brightness: 0.0,
            contrast: 0.0,
            noise: 0.0,
            blur: 0.0,
            ..Augmentation::default()
        };
        let (image, moved) = geometry.apply(&mask, &mask, &mut rng).unwrap();
        // Bilinear and nearest sampling of one step image agree after rounding, but for ties.
        let differing = (image.round() - moved).abs().sum(Kind::Float).double_value(&[]);
        assert!(differing <= 2.0, "{differing} pixels differ");
    }

    #[test]
    fn none_is_the_identity_and_a_flip_is_exact() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (same, _) = Augmentation::none().apply(&ramp(), &ramp(), &mut rng).unwrap();
        assert_eq!(same, ramp());
        let flips = Augmentation { horizontal_flip: true, ..Augmentation::none() };
        let flipped = ramp().flip([3]);
        let mut seen = [false; 2];
        for _ in 0..20 {
            let (image, _) = flips.apply(&ramp(), &ramp(), &mut rng).unwrap();
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
        let (image, mask) = brightness.apply(&flat, &flat, &mut rng).unwrap();
        assert_eq!(mask, flat);
        let change = (&image - &flat).abs();
        assert!(change.max().double_value(&[]) <= 0.1 + 1e-6);
        assert!(change.min().double_value(&[]) > 0.0);
        // Contrast about the mean leaves a flat image alone.
        let contrast = Augmentation { contrast: 0.5, ..Augmentation::none() };
        let (image, _) = contrast.apply(&flat, &flat, &mut rng).unwrap();
        assert!(image.allclose(&flat, 1e-5, 1e-6, false));
    }

    #[test]
    fn ranges_are_checked() {
        let error = Augmentation { width_shift: 1.5, ..Augmentation::none() }.check();
        assert_eq!(error.unwrap_err().to_string(), "width_shift is 1.5: it is a fraction in 0..=1");
    }
}
