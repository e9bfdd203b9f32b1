use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::{Device, TchError, Tensor};

use crate::Error;
use crate::error::While;

/// Random geometry of each training slice, the same for image and mask: drawn afresh for every
/// slice of every batch, uniformly within plus or minus each range. What comes in from outside
/// repeats the border.
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
}

impl Default for Augmentation {
    /// Rotation 10 degrees, shifts 10 %, shear 5 degrees, horizontal flips.
    fn default() -> Self {
        Self {
            rotation_degrees: 10.0,
            width_shift: 0.1,
            height_shift: 0.1,
            shear_degrees: 5.0,
            horizontal_flip: true,
        }
    }
}

impl Augmentation {
    /// The paper's "range 0.2" in the units of its Keras code: 0.2 degrees of rotation and shear,
    /// 20 % of shift; horizontal but no vertical flips.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            rotation_degrees: 0.2,
            width_shift: 0.2,
            height_shift: 0.2,
            shear_degrees: 0.2,
            horizontal_flip: true,
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
        within("height_shift", self.height_shift, 1.0, "it is a fraction in 0..=1")
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
        sample(images, masks, &theta, images.device()).while_doing(doing)
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

fn sample(
    images: &Tensor,
    masks: &Tensor,
    theta: &[f32],
    device: Device,
) -> Result<(Tensor, Tensor), TchError> {
    let theta = Tensor::f_from_slice(theta)?.f_reshape([-1, 2, 3])?.f_to_device(device)?;
    let grid = Tensor::f_affine_grid_generator(&theta, images.size(), false)?;
    Ok((
        images.f_grid_sampler(&grid, BILINEAR, BORDER, false)?,
        masks.f_grid_sampler(&grid, NEAREST, BORDER, false)?,
    ))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn ramp() -> Tensor {
        Tensor::arange(64, (tch::Kind::Float, Device::Cpu)).reshape([1, 1, 8, 8])
    }

    #[test]
    fn image_and_mask_move_together() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mask = ramp().ge(32.0).to_kind(tch::Kind::Float);
        let (image, moved) = Augmentation::default().apply(&mask, &mask, &mut rng).unwrap();
        // Bilinear and nearest sampling of one step image agree after rounding, but for ties.
        let differing = (image.round() - moved).abs().sum(tch::Kind::Float).double_value(&[]);
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
    fn ranges_are_checked() {
        let error = Augmentation { width_shift: 1.5, ..Augmentation::none() }.check();
        assert_eq!(error.unwrap_err().to_string(), "width_shift is 1.5: it is a fraction in 0..=1");
    }
}
