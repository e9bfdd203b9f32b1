/// The quantile `share` in [0, 1] of values in ascending order, interpolated linearly between the
/// two nearest (NumPy's default, type 7 of Hyndman and Fan 1996); `None` without values.
pub(super) fn quantile(ascending: &[f64], share: f64) -> Option<f64> {
    let position = share * ascending.len().checked_sub(1)? as f64;
    let (below, above) = (position.floor(), position.ceil());
    let (low, high) = (*ascending.get(below as usize)?, *ascending.get(above as usize)?);
    let part = position - below;
    // Half of it, which is finite for any two numbers.
    let distance = 0.5 * high - 0.5 * low;
    // From the nearer end, so that equal neighbours give themselves.
    let nearer = part.min(1.0 - part) * 2.0;
    Some(if part < 0.5 { low + distance * nearer } else { high - distance * nearer })
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quartiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0, .25, .5, .75, 1])
        let expected = [1.0, 1.75, 3.0, 5.0, 8.0];
        for (share, expected) in [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().zip(expected) {
            assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], share), Some(expected));
        }
        assert_eq!(quantile(&[7.0], 0.3), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
