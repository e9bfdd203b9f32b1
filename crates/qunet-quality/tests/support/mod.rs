//! The golden file and the images it speaks of, made again from their formulas.

use std::collections::BTreeMap;

use ndarray::Array2;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Golden {
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) dtype: String,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) checksum: u32,
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    pub(crate) max: f64,
    pub(crate) variance_of_laplacian: Laplacians,
    pub(crate) median: BTreeMap<usize, Median>,
    pub(crate) mask: Mask,
}

#[derive(Deserialize)]
pub(crate) struct Laplacians {
    pub(crate) opencv_ksize1: f64,
    pub(crate) opencv_ksize3: f64,
    pub(crate) scikit_image: f64,
    pub(crate) kornia_8_neighbours: Option<f64>,
}

#[derive(Deserialize)]
pub(crate) struct Median {
    pub(crate) checksum: u32,
    pub(crate) inverse_psnr: Option<f64>,
}

#[derive(Deserialize)]
pub(crate) struct Mask {
    pub(crate) pixels: u64,
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    pub(crate) max: f64,
    pub(crate) variance_over_max: Option<f64>,
    pub(crate) std_over_mean: Option<f64>,
}

pub(crate) fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/quality.json")).unwrap()
}

/// The pixels of a case as integers (f32 images times 65536).
pub(crate) fn pixels(case: &Case) -> Array2<u32> {
    image_of(&case.name, case.height, case.width)
}

/// The values of a formula as integers.
pub(crate) fn image_of(name: &str, height: usize, width: usize) -> Array2<u32> {
    let formula = formula(name);
    Array2::from_shape_fn((height, width), |(y, x)| formula(x as u32, y as u32))
}

/// The disc in the middle of an image.
pub(crate) fn disc(height: usize, width: usize) -> Array2<bool> {
    let radius = height.min(width);
    Array2::from_shape_fn((height, width), |(y, x)| {
        let (dx, dy) = (x.abs_diff(width / 2), y.abs_diff(height / 2));
        (dx * dx + dy * dy) * 16 <= radius * radius
    })
}

/// Sum of value * (i mod 251 + 1) over the flat index i, modulo 2^32.
pub(crate) fn checksum(values: impl IntoIterator<Item = u32>) -> u32 {
    let weighted = values.into_iter().enumerate();
    weighted
        .fold(0, |sum: u32, (i, value)| sum.wrapping_add(value.wrapping_mul((i % 251 + 1) as u32)))
}

fn hash(x: u32, y: u32, seed: u32) -> u32 {
    let mut h = x
        .wrapping_mul(2_654_435_761)
        .wrapping_add(y.wrapping_mul(2_246_822_519))
        .wrapping_add(seed.wrapping_mul(668_265_263));
    h = (h ^ (h >> 15)).wrapping_mul(2_246_822_519);
    h = (h ^ (h >> 13)).wrapping_mul(3_266_489_917);
    h ^ (h >> 16)
}

fn formula(name: &str) -> fn(u32, u32) -> u32 {
    match name {
        "ramp_noise_u8" => |x, y| (96 + ((5 * x + 3 * y) / 8) % 64 + hash(x, y, 1) % 41) % 256,
        "ramp_noise_f32" => |x, y| (1000 + 9 * x + 4 * y + hash(x, y, 1) % 1021) % 65536,
        "odd_size_u8" => |x, y| (7 * x + 11 * y + hash(x, y, 2) % 50) % 256,
        "odd_size_u16" => |x, y| (700 * x + 110 * y + hash(x, y, 2) % 5000) % 65536,
        "full_range_noise_u8" => |x, y| hash(x, y, 3) % 256,
        "full_range_noise_u16" => |x, y| hash(x, y, 3) % 65536,
        "checker_u16" => |x, y| ((x + y) % 2) * 65535,
        "constant_u8" => |_, _| 77,
        "zero_u8" => |_, _| 0,
        "one_bright_u8" => |x, y| u32::from(x == 15 && y == 16) * 200,
        "bright_corner_u8" => |x, y| u32::from(x == 0 && y == 0) * 200,
        "steps_u8" => |x, y| (x / 8 + y / 8) % 2 * 128 + 40,
        "tiny2_u8" => |x, y| (31 * x + 57 * y) % 256,
        "row_u8" => |x, y| (31 * x + hash(x, y, 4) % 9) % 256,
        "column_u8" => |x, y| (31 * y + hash(x, y, 4) % 9) % 256,
        other => panic!("no formula for {other}"),
    }
}
