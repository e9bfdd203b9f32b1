use std::cmp::Ordering;

/// The value below which `share` (in [0, 1]) of `values` lies, interpolated between the two
/// nearest ones as NumPy's method `linear` does; `None` without values. Reorders `values`.
pub(crate) fn quantile<V: Copy + PartialOrd + Into<f64>>(
    values: &mut [V],
    share: f64,
) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let place = last as f64 * share;
    let below = (place.floor() as usize).min(last);
    let (_, &mut low, above) = values.select_nth_unstable_by(below, ascending);
    let next = above.iter().copied().reduce(|a, b| if b < a { b } else { a });
    let (low, high): (f64, f64) = (low.into(), next.unwrap_or(low).into());
    Some(between(low, high, place - below as f64))
}

/// From `low` at 0 to `high` at 1, rounded as NumPy rounds: from the nearer end.
fn between(low: f64, high: f64, share: f64) -> f64 {
    let step = high - low;
    if share < 0.5 { low + step * share } else { high - step * (1.0 - share) }
}

/// The order of finite values.
fn ascending<V: PartialOrd>(a: &V, b: &V) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [40_u8, 10, 30, 20];
        let quantile = |share| quantile(&mut values.clone(), share);
        assert_eq!([0.0, 0.5, 1.0].map(quantile), [Some(10.0), Some(25.0), Some(40.0)]);
        assert_eq!(quantile(0.1), Some(13.0));
        assert_eq!(super::quantile::<f64>(&mut [], 0.5), None);
        assert_eq!(super::quantile(&mut [7.0_f64], 0.3), Some(7.0));
    }
}
