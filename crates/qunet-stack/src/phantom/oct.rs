//! A retina in OCT.

use ndarray::{Array2, Array3, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::scanner::{Fault, SmoothNoise, faults, gaussian};
use super::{Phantom, check};
use crate::{Error, Geometry, LabelMap, Pixels, Stack};

/// Layers from the inner limiting membrane down: where each ends as a share of the retina's
/// thickness, and how bright it is.
const LAYERS: [(f32, f32); 7] = [
    (0.12, 150.0),
    (0.32, 105.0),
    (0.44, 80.0),
    (0.54, 100.0),
    (0.80, 62.0),
    (0.88, 120.0),
    (1.0, 195.0),
];
const VITREOUS: f32 = 24.0;
const CHOROID: f32 = 95.0;
const CYST: f32 = 34.0;
/// Standard deviation of speckle as a share of the brightness, and of what is added to it: those of
/// B-scans that the scanner averages of several.
const SPECKLE: f32 = 0.09;
const GROUND: f32 = 2.0;

/// An OCT-like retina: layers with a foveal pit, choroid, speckle, and cysts that vary from
/// B-scan to B-scan; some are blurred or dim; all from one seed.
///
/// Pixels are 8-bit. The region of interest is the retina from the inner limiting membrane to the
/// pigment epithelium, cysts included; the truth is the cysts.
///
/// ```
/// use qunet_stack::phantom::OctPhantom;
///
/// let phantom = OctPhantom { slices: 6, height: 96, width: 128, seed: 7 }.generate()?;
/// assert_eq!(phantom.stack.shape(), [6, 96, 128]);
/// assert!(phantom.stack.has_roi());
/// # Ok::<(), qunet_stack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OctPhantom {
    /// How many B-scans, at least 4.
    pub slices: usize,
    /// Height in pixels, at least 64.
    pub height: usize,
    /// Width in pixels, at least 64.
    pub width: usize,
    /// The same seed gives the same phantom, bit for bit.
    pub seed: u64,
}

impl Default for OctPhantom {
    /// 24 B-scans of 248 x 384 pixels, seed 0.
    fn default() -> Self {
        Self { slices: 24, height: 248, width: 384, seed: 0 }
    }
}

impl OctPhantom {
    /// Makes the stack, the region of interest and the truth.
    ///
    /// # Errors
    /// [`Error::Parameter`] where slices, height or width are too small to hold a retina.
    pub fn generate(&self) -> Result<Phantom, Error> {
        check("slices", self.slices, 4, "a phantom has at least 4 slices")?;
        check("height", self.height, 64, "an OCT phantom is at least 64 pixels high")?;
        check("width", self.width, 64, "an OCT phantom is at least 64 pixels wide")?;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let eye = Eye::new(&mut rng);
        let faults = faults(self.slices, &mut rng);
        let shape = (self.slices, self.height, self.width);
        let mut pixels = Array3::<u8>::zeros(shape);
        let mut retina = Array3::from_elem(shape, false);
        let mut cysts = Array3::<u8>::zeros(shape);
        for (index, fault) in faults.iter().enumerate() {
            let z = (index as f32 + 0.5) / self.slices as f32;
            let mut image = Array2::<f32>::zeros((self.height, self.width));
            for ((row, column), value) in image.indexed_iter_mut() {
                let x = (column as f32 + 0.5) / self.width as f32;
                let y = (row as f32 + 0.5) / self.height as f32;
                let point = eye.at([x, y, z]);
                *value = point.brightness;
                retina[(index, row, column)] = point.in_retina;
                cysts[(index, row, column)] = u8::from(point.in_cyst);
            }
            pixels.index_axis_mut(Axis(0), index).assign(&expose(image, *fault, &mut rng));
        }
        let geometry = Geometry::from_spacing([
            6.0 / self.slices as f64,
            1.92 / self.height as f64,
            8.7 / self.width as f64,
        ]);
        let name = format!("OCT phantom, seed {}", self.seed);
        let stack = Stack::new(name, Pixels::U8(pixels), geometry)?.with_roi_mask(retina)?;
        let truth = LabelMap::new(cysts, "the phantom's truth", &stack)?;
        Ok(Phantom { stack, truth })
    }
}

/// The retina in coordinates [0, 1]: x along a B-scan, y into the eye, z from scan to scan.
struct Eye {
    tilt: f32,
    waves: SmoothNoise,
    texture: SmoothNoise,
    cysts: Vec<Cyst>,
}

/// An ellipsoid of fluid; its height is a share of the retina's thickness.
struct Cyst {
    centre: [f32; 3],
    radii: [f32; 3],
}

struct Point {
    brightness: f32,
    in_retina: bool,
    in_cyst: bool,
}

impl Eye {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        Self {
            tilt: rng.random_range(-0.08..0.08),
            waves: SmoothNoise::new([1.0; 3], [0.2, 1.0, 0.3], rng),
            texture: SmoothNoise::new([1.0; 3], [0.03, 0.02, 0.1], rng),
            cysts: (0..18).map(|_| Cyst::random(rng)).collect(),
        }
    }

    fn at(&self, point @ [x, y, z]: [f32; 3]) -> Point {
        let wave = 0.012 * self.waves.at([x, 0.0, z]);
        let bottom = 0.66 + self.tilt * (x - 0.5) + 0.10 * (x - 0.5).powi(2) + wave;
        let off_fovea = ((x - 0.5) / 0.12).powi(2) + ((z - 0.5) / 0.16).powi(2);
        let thickness = 0.24 * (1.0 - 0.42 * (-off_fovea).exp());
        let depth = 1.0 - (bottom - y) / thickness;
        let in_retina = (0.0..=1.0).contains(&depth);
        let in_cyst = in_retina && self.cysts.iter().any(|cyst| cyst.holds([x, depth, z]));
        let texture = 1.0 + 0.15 * self.texture.at(point);
        let brightness = if in_cyst {
            CYST
        } else if depth < 0.0 {
            VITREOUS
        } else if in_retina {
            texture * LAYERS.iter().find(|(end, _)| depth <= *end).map_or(CHOROID, |layer| layer.1)
        } else {
            VITREOUS + texture * CHOROID * (-(depth - 1.0) / 0.9).exp()
        };
        Point { brightness, in_retina, in_cyst }
    }
}

impl Cyst {
    /// Near the fovea, between the inner and the outer nuclear layer.
    fn random(rng: &mut ChaCha8Rng) -> Self {
        Self {
            centre: [
                rng.random_range(0.3..0.7),
                rng.random_range(0.3..0.7),
                rng.random_range(0.2..0.8),
            ],
            radii: [
                rng.random_range(0.012..0.04),
                rng.random_range(0.06..0.16),
                rng.random_range(0.03..0.09),
            ],
        }
    }

    fn holds(&self, point: [f32; 3]) -> bool {
        let part = |axis: usize| ((point[axis] - self.centre[axis]) / self.radii[axis]).powi(2);
        part(0) + part(1) + part(2) < 1.0
    }
}

/// The scanner's part: blur or light loss, then speckle.
fn expose(mut image: Array2<f32>, fault: Fault, rng: &mut ChaCha8Rng) -> Array2<u8> {
    match fault {
        Fault::LowContrast { contrast } => image.mapv_inplace(|value| value * (contrast - 0.3)),
        Fault::Blurred { .. } | Fault::Clean { .. } => fault.apply(&mut image),
    }
    image.mapv(|value| {
        let speckled = value * (1.0 + SPECKLE * gaussian(rng)) + GROUND * gaussian(rng);
        speckled.round().clamp(0.0, 255.0) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roi::Anatomy;

    #[test]
    fn one_seed_one_phantom_with_cysts_in_the_retina() {
        let make = |seed| OctPhantom { slices: 6, height: 96, width: 96, seed }.generate().unwrap();
        assert_eq!(make(3).stack.pixels(), make(3).stack.pixels());
        assert_ne!(make(3).stack.pixels(), make(4).stack.pixels());
        let phantom = OctPhantom::default().generate().unwrap();
        let mut cysts = 0;
        for id in phantom.stack.ids() {
            let retina = phantom.stack.roi(id).unwrap().unwrap();
            let mask = phantom.truth.mask(id).unwrap();
            assert!(mask.iter().zip(retina).all(|(&cyst, &retina)| retina || !cyst));
            cysts += mask.iter().filter(|&&cyst| cyst).count();
        }
        let share = cysts as f64 / (24.0 * 248.0 * 384.0);
        assert!((0.001..0.05).contains(&share), "cysts fill {share} of the stack");
    }

    #[test]
    fn the_band_that_is_found_covers_the_retina() {
        let phantom = OctPhantom::default().generate().unwrap();
        let found = Anatomy::Retina.find(&phantom.stack).unwrap();
        let (mut both, mut truth) = (0, 0);
        for id in phantom.stack.ids() {
            let retina = phantom.stack.roi(id).unwrap().unwrap();
            for (&retina, &found) in retina.iter().zip(found.index_axis(Axis(0), id.0)) {
                both += usize::from(retina && found);
                truth += usize::from(retina);
            }
        }
        assert!(both * 100 > truth * 90, "{both} of {truth}");
    }

    #[test]
    fn too_small_is_refused() {
        assert!(OctPhantom { slices: 3, ..OctPhantom::default() }.generate().is_err());
        assert!(OctPhantom { height: 63, ..OctPhantom::default() }.generate().is_err());
    }
}
