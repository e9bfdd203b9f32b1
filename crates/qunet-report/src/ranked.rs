use qunet_stack::SliceId;

/// A slice that stands for how well or badly a segmentation goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankedSlice {
    /// "best", "median" or "worst".
    pub label: &'static str,
    /// Which slice.
    pub id: SliceId,
    /// Its Dice.
    pub dice: f64,
}

/// The slices of highest, middle and lowest Dice; ties are broken by slice index.
///
/// Slices of undefined Dice are left out. With one defined slice it is the best, with two the
/// second one is the worst.
///
/// # Example
/// ```
/// use qunet_report::best_median_worst;
/// use qunet_stack::SliceId;
///
/// let dice = [(SliceId(0), Some(0.2)), (SliceId(1), None), (SliceId(2), Some(0.9)), (SliceId(3), Some(0.6))];
/// let ids: Vec<usize> = best_median_worst(&dice).iter().map(|slice| slice.id.0).collect();
/// assert_eq!(ids, [2, 3, 0]);
/// ```
#[must_use]
pub fn best_median_worst(dice: &[(SliceId, Option<f64>)]) -> Vec<RankedSlice> {
    let mut defined: Vec<(f64, SliceId)> =
        dice.iter().filter_map(|&(id, dice)| Some((dice.filter(|d| !d.is_nan())?, id))).collect();
    defined.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let last = defined.len().saturating_sub(1);
    let places: &[(&str, usize)] = match defined.len() {
        0 => &[],
        1 => &[("best", 0)],
        2 => &[("best", 0), ("worst", 1)],
        _ => &[("best", 0), ("median", last / 2), ("worst", last)],
    };
    let ranked = |&(label, place): &(&'static str, usize)| RankedSlice {
        label,
        id: defined[place].1,
        dice: defined[place].0,
    };
    places.iter().map(ranked).collect()
}
