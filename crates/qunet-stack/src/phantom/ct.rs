//! A chest in CT.

use ndarray::{Array2, Array3, Axis};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::anatomy::Chest;
use super::scanner::{Fault, faults, gaussian};
use super::{Phantom, check};
use crate::{Error, Geometry, LabelMap, Pixels, Stack};

/// A CT-like chest: body, lungs, vessels, and ground-glass patches that vary from slice to slice,
/// with noise, some blurred and some low-contrast slices; all from one seed.
///
/// Pixels are Hounsfield units. The region of interest is the lungs, lesions included; the truth
/// is the ground glass.
///
/// ```
/// use qunet_stack::phantom::CtPhantom;
///
/// let phantom = CtPhantom { slices: 8, size: 64, seed: 7 }.generate()?;
/// assert_eq!(phantom.stack.shape(), [8, 64, 64]);
/// assert!(phantom.stack.has_roi());
/// # Ok::<(), qunet_stack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CtPhantom {
    /// How many axial slices, at least 4.
    pub slices: usize,
    /// Height and width in pixels, at least 32.
    pub size: usize,
    /// The same seed gives the same phantom, bit for bit.
    pub seed: u64,
}

impl Default for CtPhantom {
    /// 60 slices of 192 x 192 pixels, seed 0.
    fn default() -> Self {
        Self { slices: 60, size: 192, seed: 0 }
    }
}

impl CtPhantom {
    /// Makes the stack, the region of interest and the truth.
    ///
    /// # Errors
    /// [`Error::Parameter`] where slices or size are too small to hold a chest.
    pub fn generate(&self) -> Result<Phantom, Error> {
        check("slices", self.slices, 4, "a phantom has at least 4 slices")?;
        check("size", self.size, 32, "a phantom is at least 32 pixels wide")?;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let chest = Chest::new(self.slices, self.size, &mut rng);
        let faults = faults(self.slices, &mut rng);
        let shape = (self.slices, self.size, self.size);
        let mut hounsfield = Array3::<i16>::zeros(shape);
        let mut lungs = Array3::from_elem(shape, false);
        let mut lesions = Array3::<u8>::zeros(shape);
        for (index, fault) in faults.iter().enumerate() {
            let section = chest.section(index);
            let image = expose(section.hounsfield, *fault, &mut rng);
            hounsfield.index_axis_mut(Axis(0), index).assign(&image);
            lungs.index_axis_mut(Axis(0), index).assign(&section.lungs);
            lesions.index_axis_mut(Axis(0), index).assign(&section.lesions.mapv(u8::from));
        }
        let millimetres = 320.0 / self.size as f64;
        let geometry = Geometry::from_spacing([5.0, millimetres, millimetres]);
        let name = format!("CT phantom, seed {}", self.seed);
        let stack = Stack::new(name, Pixels::I16(hounsfield), geometry)?.with_roi_mask(lungs)?;
        let truth = LabelMap::new(lesions, "the phantom's truth", &stack)?;
        Ok(Phantom { stack, truth })
    }
}

/// The scanner's part: blur or contrast loss, then noise.
fn expose(mut image: Array2<f32>, fault: Fault, rng: &mut ChaCha8Rng) -> Array2<i16> {
    fault.apply(&mut image);
    for value in &mut image {
        *value += fault.noise() * gaussian(rng);
    }
    image.mapv(|value| value.round().clamp(-1024.0, 3071.0) as i16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_one_phantom() {
        let make = |seed| CtPhantom { slices: 6, size: 48, seed }.generate().unwrap();
        assert_eq!(make(3).stack.pixels(), make(3).stack.pixels());
        assert_ne!(make(3).stack.pixels(), make(4).stack.pixels());
    }

    #[test]
    fn lesions_lie_in_the_lungs_and_are_common_but_small() {
        let phantom = CtPhantom::default().generate().unwrap();
        let (mut lesion, mut with_lesion) = (0, 0);
        for id in phantom.stack.ids() {
            let lungs = phantom.stack.roi(id).unwrap().unwrap();
            let mask = phantom.truth.mask(id).unwrap();
            assert!(mask.iter().zip(lungs).all(|(&lesion, &lung)| lung || !lesion));
            let pixels = mask.iter().filter(|&&lesion| lesion).count();
            lesion += pixels;
            with_lesion += usize::from(pixels > 0);
        }
        let share = lesion as f64 / (60.0 * 192.0 * 192.0);
        assert!((0.005..0.10).contains(&share), "lesions fill {share} of the stack");
        assert!((30..=60).contains(&with_lesion), "{with_lesion} of 60 slices have a lesion");
    }

    #[test]
    fn too_small_is_refused() {
        assert!(CtPhantom { slices: 3, size: 64, seed: 0 }.generate().is_err());
        assert!(CtPhantom { slices: 4, size: 31, seed: 0 }.generate().is_err());
    }
}
