use ndarray::{ArrayRef, Dimension};

use crate::{Counting, lines::line};

/// Pixels of each pair (true, predicted), with a last row and column for what is no class.
pub(super) fn histogram<L: Copy + PartialEq + TryInto<i64>, D: Dimension>(
    prediction: &ArrayRef<L, D>,
    truth: &ArrayRef<L, D>,
    classes: usize,
    counting: &Counting<'_, L, D>,
) -> Vec<u64> {
    let side = classes + 1;
    let bin = |label| class(label).map_or(classes, |class| class.min(classes));
    // Two histograms by turns, so that equal neighbours need not wait for each other.
    let mut bins = [(); 2].map(|()| vec![0_u64; side * side]);
    let mut count = |position: usize, p: L, t: L, inside: bool| {
        bins[position % 2][bin(t) * side + bin(p)] +=
            u64::from(inside & (Some(t) != counting.ignore));
    };
    let (mut p_line, mut t_line) = (Vec::new(), Vec::new());
    let mut regions = counting.region.map(|region| region.rows().into_iter());
    for (p, t) in prediction.rows().into_iter().zip(truth.rows()) {
        let pairs = line(&p, &mut p_line).iter().zip(line(&t, &mut t_line)).enumerate();
        match regions.as_mut().and_then(Iterator::next) {
            None => pairs.for_each(|(position, (&p, &t))| count(position, p, t, true)),
            Some(region) => pairs
                .zip(region)
                .for_each(|((position, (&p, &t)), &inside)| count(position, p, t, inside)),
        }
    }
    let [even, odd] = bins;
    even.iter().zip(odd).map(|(even, odd)| even + odd).collect()
}

/// The class of a label that may be one.
fn class<L: TryInto<i64>>(label: L) -> Option<usize> {
    usize::try_from(label.try_into().ok()?).ok()
}

/// The first pixel counted whose label is no class, as the array's name and the label.
pub(super) fn stray<L: Copy + PartialEq + TryInto<i64>, D: Dimension>(
    prediction: &ArrayRef<L, D>,
    truth: &ArrayRef<L, D>,
    classes: usize,
    counting: &Counting<'_, L, D>,
) -> Option<(&'static str, i64)> {
    let is_stray = |&label: &L| class(label).is_none_or(|class| class >= classes);
    let mut regions = counting.region.map(|region| region.iter());
    for (p, t) in prediction.iter().zip(truth) {
        let inside = regions.as_mut().and_then(Iterator::next).copied().unwrap_or(true);
        if inside && Some(*t) != counting.ignore {
            let found = [("truth", t), ("prediction", p)];
            if let Some((name, &label)) = found.into_iter().find(|(_, label)| is_stray(label)) {
                return Some((name, label.try_into().unwrap_or(i64::MAX)));
            }
        }
    }
    None
}
