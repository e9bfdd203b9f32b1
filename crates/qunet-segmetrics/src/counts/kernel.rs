//! The inner loops of counting, over pairs of arrays of any memory layout.

use std::cmp::Reverse;

use ndarray::{ArrayRef, Dimension};
use qunet_grid::{contiguous, vectorised};

/// Byte counters that run side by side.
const LANES: usize = 64;
/// Pixels after which a byte counter could overflow.
const BLOCK: usize = 255 * LANES;

static EVERYWHERE: [bool; BLOCK] = [true; BLOCK];

/// Sums from which the four counts follow.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub both: u64,
    pub predicted: u64,
    pub actual: u64,
    pub pixels: u64,
}

/// Counts over arrays of one shape: at once where all lie in memory in the same order, otherwise
/// row by row of the prediction's own order.
pub(super) fn sums<L: Copy + PartialEq, D: Dimension>(
    prediction: &ArrayRef<L, D>,
    truth: &ArrayRef<L, D>,
    region: Option<&ArrayRef<bool, D>>,
    what: (L, Option<L>),
) -> Sums {
    let mut sums = Sums::default();
    let same_order = prediction.strides() == truth.strides()
        && region.is_none_or(|region| region.strides() == prediction.strides());
    if same_order
        && let Some(p) = prediction.as_slice_memory_order()
        && let Some(t) = truth.as_slice_memory_order()
    {
        let inside = region.and_then(|region| region.as_slice_memory_order());
        if inside.is_some() == region.is_some() {
            add(&mut sums, p, t, inside, what);
            return sums;
        }
    }
    let axes = memory_order(prediction);
    let prediction = prediction.view().permuted_axes(axes.clone());
    let truth = truth.view().permuted_axes(axes.clone());
    let region = region.map(|region| region.view().permuted_axes(axes));
    let (mut p_line, mut t_line, mut r_line) = (Vec::new(), Vec::new(), Vec::new());
    let mut regions = region.as_ref().map(|region| region.rows().into_iter());
    for (p, t) in prediction.rows().into_iter().zip(truth.rows()) {
        let inside = regions.as_mut().and_then(Iterator::next);
        let inside = inside.as_ref().map(|row| contiguous(row, &mut r_line));
        add(&mut sums, contiguous(&p, &mut p_line), contiguous(&t, &mut t_line), inside, what);
    }
    sums
}

/// The axes of an array, the one with the longest steps through the memory first.
fn memory_order<L, D: Dimension>(array: &ArrayRef<L, D>) -> D {
    let mut axes = array.raw_dim();
    for (position, axis) in axes.slice_mut().iter_mut().enumerate() {
        *axis = position;
    }
    axes.slice_mut().sort_by_key(|&axis| Reverse(array.strides()[axis].unsigned_abs()));
    axes
}

/// Adds the pixels of two slices of one length, in the region if there is one, and leaving out
/// those whose truth is `ignore`.
fn add<L: Copy + PartialEq>(
    sums: &mut Sums,
    prediction: &[L],
    truth: &[L],
    region: Option<&[bool]>,
    (label, ignore): (L, Option<L>),
) {
    for (block, (p, t)) in prediction.chunks(BLOCK).zip(truth.chunks(BLOCK)).enumerate() {
        let start = block * BLOCK;
        let inside = region.map(|region| &region[start..start + p.len()]);
        let [both, predicted, actual, pixels] = match (inside, ignore) {
            (None, None) => everywhere(p, t, label),
            (Some(inside), None) => within(p, t, inside, label),
            (inside, Some(ignore)) => {
                annotated(p, t, inside.unwrap_or(&EVERYWHERE[..p.len()]), label, ignore)
            }
        };
        sums.both += both;
        sums.predicted += predicted;
        sums.actual += actual;
        sums.pixels += pixels;
    }
}

vectorised! {
    fn everywhere<L: Copy + PartialEq>(prediction: &[L], truth: &[L], label: L) -> [u64; 4] {
        let (mut both, mut predicted, mut actual) = ([0_u8; LANES], [0_u8; LANES], [0_u8; LANES]);
        let (p_chunks, p_rest) = prediction.as_chunks::<LANES>();
        let (t_chunks, t_rest) = truth.as_chunks::<LANES>();
        for (p, t) in p_chunks.iter().zip(t_chunks) {
            for lane in 0..LANES {
                let (p, t) = (p[lane] == label, t[lane] == label);
                both[lane] += u8::from(p & t);
                predicted[lane] += u8::from(p);
                actual[lane] += u8::from(t);
            }
        }
        let mut sums = [total(&both), total(&predicted), total(&actual), prediction.len() as u64];
        for (&p, &t) in p_rest.iter().zip(t_rest) {
            let (p, t) = (p == label, t == label);
            sums[0] += u64::from(p & t);
            sums[1] += u64::from(p);
            sums[2] += u64::from(t);
        }
        sums
    }

    fn within<L: Copy + PartialEq>(
        prediction: &[L],
        truth: &[L],
        region: &[bool],
        label: L,
    ) -> [u64; 4] {
        selected(prediction, truth, region, label, |_| true)
    }

    fn annotated<L: Copy + PartialEq>(
        prediction: &[L],
        truth: &[L],
        region: &[bool],
        label: L,
        ignore: L,
    ) -> [u64; 4] {
        selected(prediction, truth, region, label, |actual| actual != ignore)
    }
}

/// Counts where `region` holds and the truth is annotated.
#[inline(always)]
fn selected<L: Copy + PartialEq>(
    prediction: &[L],
    truth: &[L],
    region: &[bool],
    label: L,
    is_annotated: impl Fn(L) -> bool,
) -> [u64; 4] {
    let mut lanes = [[0_u8; LANES]; 4];
    let mut observe = |lane: usize, p: L, t: L, inside: bool| {
        let inside = inside & is_annotated(t);
        let (p, t) = ((p == label) & inside, (t == label) & inside);
        lanes[0][lane] += u8::from(p & t);
        lanes[1][lane] += u8::from(p);
        lanes[2][lane] += u8::from(t);
        lanes[3][lane] += u8::from(inside);
    };
    let (p_chunks, p_rest) = prediction.as_chunks::<LANES>();
    let (t_chunks, t_rest) = truth.as_chunks::<LANES>();
    let (r_chunks, r_rest) = region.as_chunks::<LANES>();
    for ((p, t), r) in p_chunks.iter().zip(t_chunks).zip(r_chunks) {
        for lane in 0..LANES {
            observe(lane, p[lane], t[lane], r[lane]);
        }
    }
    // A block has 255 whole chunks, or fewer and a rest: no counter overflows.
    for (lane, ((&p, &t), &r)) in p_rest.iter().zip(t_rest).zip(r_rest).enumerate() {
        observe(lane, p, t, r);
    }
    lanes.each_ref().map(total)
}

#[inline(always)]
fn total(lanes: &[u8; LANES]) -> u64 {
    lanes.iter().map(|&count| u64::from(count)).sum()
}
