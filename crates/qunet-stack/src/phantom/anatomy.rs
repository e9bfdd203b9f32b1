//! A chest: what it consists of, and how dense that is.

use std::f32::consts::{PI, TAU};

use ndarray::Array2;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::scanner::{LUNG, SmoothNoise};

const AIR: f32 = -1000.0;
const FAT: f32 = -100.0;
const TISSUE: f32 = 40.0;
const BONE: f32 = 450.0;
const VESSEL: f32 = 20.0;

/// A chest in normalised coordinates: x and y in [-1, 1], z in [0, 1] from the lung bases up.
pub(super) struct Chest {
    slices: usize,
    size: usize,
    vessels: Vec<Vessel>,
    lesions: Vec<Lesion>,
    /// Makes the lesions' edges ragged and their density uneven.
    texture: SmoothNoise,
}

/// One axial section.
pub(super) struct Section {
    pub(super) hounsfield: Array2<f32>,
    pub(super) lungs: Array2<bool>,
    pub(super) lesions: Array2<bool>,
}

/// A straight tube from the hilum outwards.
struct Vessel {
    from: [f32; 3],
    to: [f32; 3],
    radius: f32,
}

/// A ragged ellipsoid of ground glass.
struct Lesion {
    centre: [f32; 3],
    radii: [f32; 3],
    hounsfield: f32,
}

impl Chest {
    pub(super) fn new(slices: usize, size: usize, rng: &mut ChaCha8Rng) -> Self {
        let vessels = (0..160).map(|_| Vessel::random(rng)).collect();
        let lesions = (0..14).map(|_| Lesion::random(rng)).collect();
        let texture = SmoothNoise::new([2.0, 2.0, 1.0], [0.09, 0.09, 0.05], rng);
        Self { slices, size, vessels, lesions, texture }
    }

    pub(super) fn section(&self, index: usize) -> Section {
        let z = (index as f32 + 0.5) / self.slices as f32;
        let shape = (self.size, self.size);
        let mut lungs = Array2::from_elem(shape, false);
        let mut lesions = Array2::from_elem(shape, false);
        let hounsfield = Array2::from_shape_fn(shape, |(row, column)| {
            let normal = |pixel| 2.0 * (pixel as f32 + 0.5) / self.size as f32 - 1.0;
            let point = [normal(column), normal(row), z];
            if !in_lung(point) {
                return tissue(point);
            }
            lungs[(row, column)] = true;
            let glass = self.ground_glass(point);
            lesions[(row, column)] = glass.is_some();
            if self.vessels.iter().any(|vessel| vessel.holds(point)) {
                return VESSEL;
            }
            glass.unwrap_or(LUNG + 25.0 * self.texture.at(shifted(point)))
        });
        Section { hounsfield, lungs, lesions }
    }

    /// The density of the lesion at a point of the lung, if there is one.
    fn ground_glass(&self, point: [f32; 3]) -> Option<f32> {
        let texture = self.texture.at(shifted(point));
        self.lesions
            .iter()
            .filter(|lesion| lesion.distance(point) + 0.35 * texture < 1.0)
            .map(|lesion| lesion.hounsfield + 70.0 * texture)
            .reduce(f32::max)
    }
}

/// Texture coordinates are not negative.
fn shifted([x, y, z]: [f32; 3]) -> [f32; 3] {
    [x + 1.0, y + 1.0, z]
}

fn ellipse(x: f32, y: f32, radius_x: f32, radius_y: f32) -> f32 {
    (x / radius_x).powi(2) + (y / radius_y).powi(2)
}

/// The lungs are widest at a third of their height and taper to the apex.
fn lung_extent(z: f32) -> f32 {
    (PI * (0.15 + 0.8 * z)).sin().max(0.0).sqrt()
}

fn in_lung([x, y, z]: [f32; 3]) -> bool {
    let extent = lung_extent(z);
    let (side, width) = if x < 0.0 { (-0.42, 0.31) } else { (0.42, 0.28) };
    let heart = z < 0.55 && ellipse(x - 0.12, y + 0.12, 0.3, 0.26) < 1.0;
    !heart && ellipse(x - side, y + 0.02, width * extent, 0.52 * extent) < 1.0
}

fn tissue([x, y, z]: [f32; 3]) -> f32 {
    if ellipse(x, y, 0.94, 0.76) >= 1.0 {
        return AIR;
    }
    if ellipse(x, y - 0.5, 0.12, 0.12) < 1.0 || rib(x, y, z) {
        return BONE;
    }
    if ellipse(x, y, 0.86, 0.68) >= 1.0 { FAT } else { TISSUE }
}

/// Ribs cross an axial section as arcs between the lungs and the fat; they move with z.
fn rib(x: f32, y: f32, z: f32) -> bool {
    let ring = ellipse(x, y, 0.82, 0.64);
    let angle = y.atan2(x) + 3.0 * z;
    (0.86..0.98).contains(&ring) && (angle * 6.0).sin() > 0.55
}

impl Vessel {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let side = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
        let z: f32 = rng.random_range(0.1..0.9);
        let angle = rng.random_range(0.0..TAU);
        let reach = rng.random_range(0.15..0.45);
        let hilum = [side * rng.random_range(0.18..0.34), rng.random_range(-0.1..0.1), z];
        let to = [
            side * 0.42 + 0.6 * reach * angle.cos(),
            reach * angle.sin(),
            z + rng.random_range(-0.12..0.12),
        ];
        Self { from: hilum, to, radius: rng.random_range(0.008..0.024) }
    }

    /// Distance to the segment, thinner towards its end; z counts double, slices being thick.
    fn holds(&self, point: [f32; 3]) -> bool {
        let scaled = |[x, y, z]: [f32; 3]| [x, y, 2.0 * z];
        let (from, to, point) = (scaled(self.from), scaled(self.to), scaled(point));
        let along = [0, 1, 2].map(|axis| to[axis] - from[axis]);
        let offset = [0, 1, 2].map(|axis| point[axis] - from[axis]);
        let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let part = (dot(offset, along) / dot(along, along).max(1e-6)).clamp(0.0, 1.0);
        let gap = [0, 1, 2].map(|axis| offset[axis] - part * along[axis]);
        dot(gap, gap).sqrt() < self.radius * (1.0 - 0.5 * part)
    }
}

impl Lesion {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let side = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
        let angle = rng.random_range(0.0..TAU);
        let out: f32 = rng.random_range(0.3..0.9);
        let centre = [
            side * 0.42 + 0.26 * out * angle.cos(),
            0.44 * out * angle.sin(),
            rng.random_range(0.12..0.85),
        ];
        let radii = [
            rng.random_range(0.09..0.2),
            rng.random_range(0.09..0.2),
            rng.random_range(0.06..0.14),
        ];
        Self { centre, radii, hounsfield: rng.random_range(-560.0..-380.0) }
    }

    /// 1 on the ellipsoid's surface.
    fn distance(&self, point: [f32; 3]) -> f32 {
        (0..3)
            .map(|axis| ((point[axis] - self.centre[axis]) / self.radii[axis]).powi(2))
            .sum::<f32>()
            .sqrt()
    }
}
