//! What is bright.

use ndarray::{Array2, Array3, Axis};

use crate::{Error, SliceView, Stack};

const BINS: usize = 256;

/// Everything above the Otsu threshold of the whole stack.
pub(super) fn find(stack: &Stack) -> Result<Array3<bool>, Error> {
    let mut counts = [0u64; BINS];
    for id in stack.ids() {
        let slice = stack.slice(id)?.to_f32();
        count(&slice, stack.range(), &mut counts);
    }
    let threshold = otsu(&counts, stack.range());
    let [slices, height, width] = stack.shape();
    let mut found = Array3::from_elem((slices, height, width), false);
    for id in stack.ids() {
        let slice = stack.slice(id)?.to_f32();
        found.index_axis_mut(Axis(0), id.0).assign(&slice.mapv(|value| value > threshold));
    }
    Ok(found)
}

/// Otsu's threshold of one slice.
pub(super) fn threshold(slice: &Array2<f32>) -> f32 {
    let range = SliceView::F32(slice.view()).range();
    let mut counts = [0; BINS];
    count(slice, range, &mut counts);
    otsu(&counts, range)
}

/// Counts by multiplication: the histogram of `ndarray_stats` searches the edges of its bins for each
/// pixel, which is slower and puts a pixel on an edge into another bin after rounding.
fn count(slice: &Array2<f32>, (low, high): (f32, f32), counts: &mut [u64; BINS]) {
    let scale = BINS as f32 / (high - low).max(f32::MIN_POSITIVE);
    for value in slice {
        let bin = ((value - low) * scale) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
}

/// The upper edge of the bin up to which the variance between both classes is largest (Otsu 1979).
fn otsu(counts: &[u64; BINS], (low, high): (f32, f32)) -> f32 {
    let total: f64 = counts.iter().map(|&count| count as f64).sum();
    let moment: f64 =
        counts.iter().enumerate().map(|(bin, &count)| (bin as f64) * count as f64).sum();
    let (mut below, mut moment_below) = (0.0, 0.0);
    let (mut best, mut threshold) = (0.0, 0);
    for (bin, &count) in counts.iter().enumerate() {
        below += count as f64;
        moment_below += bin as f64 * count as f64;
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let gap = moment_below / below - (moment - moment_below) / above;
        let between = below * above * gap * gap;
        if between > best {
            (best, threshold) = (between, bin);
        }
    }
    low + (threshold + 1) as f32 * (high - low) / BINS as f32
}
