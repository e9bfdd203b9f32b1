use ndarray::Array3;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// One draw from the standard normal distribution.
pub(super) fn gaussian(rng: &mut ChaCha8Rng) -> f32 {
    rng.sample(StandardNormal)
}

/// Smooth noise in [-1, 1]: random values on a coarse grid, trilinear between them.
pub(super) struct SmoothNoise {
    grid: Array3<f32>,
    /// Grid cells per unit of each coordinate.
    frequency: [f32; 3],
}

impl SmoothNoise {
    /// Noise over `[0, extent]` in each coordinate, with cells of the given size.
    pub(super) fn new(extent: [f32; 3], cell: [f32; 3], rng: &mut ChaCha8Rng) -> Self {
        let frequency = cell.map(|size| 1.0 / size);
        let nodes = [0, 1, 2].map(|axis| (extent[axis] * frequency[axis]).ceil() as usize + 2);
        let grid = Array3::from_shape_simple_fn(nodes, || rng.random_range(-1.0f32..=1.0));
        Self { grid, frequency }
    }

    pub(super) fn at(&self, point: [f32; 3]) -> f32 {
        let mut low = [0usize; 3];
        let mut part = [0f32; 3];
        for axis in 0..3 {
            let last = self.grid.shape()[axis] - 2;
            let place = (point[axis] * self.frequency[axis]).clamp(0.0, last as f32);
            low[axis] = (place as usize).min(last);
            part[axis] = place - low[axis] as f32;
        }
        let mut sum = 0.0;
        for corner in 0..8usize {
            let step = [corner & 1, (corner >> 1) & 1, corner >> 2];
            let weight: f32 = (0..3)
                .map(|axis| if step[axis] == 1 { part[axis] } else { 1.0 - part[axis] })
                .product();
            sum += weight * self.grid[[low[0] + step[0], low[1] + step[1], low[2] + step[2]]];
        }
        sum
    }
}
