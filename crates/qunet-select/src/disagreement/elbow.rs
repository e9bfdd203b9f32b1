/// How many of the values, sorted upwards, lie before the elbow of their curve; see
/// [`QualityThreshold::Elbow`](super::QualityThreshold::Elbow).
pub(super) fn elbow(sorted: &[f64]) -> Option<usize> {
    let (low, high) = (sorted.first()?, sorted.last()?);
    let (steps, height) = ((sorted.len() - 1) as f64, high - low);
    if height <= 0.0 {
        return None;
    }
    let off = |(at, value): (usize, &f64)| (at, (value - low) / height - at as f64 / steps);
    let off: Vec<(usize, f64)> = sorted.iter().enumerate().map(off).collect();
    // Of equal distances the first above the diagonal, the last below it.
    let above = *off.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let below = *off.iter().rev().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let (count, distance) = if above.1 >= -below.1 { above } else { (below.0 + 1, -below.1) };
    (distance > 1.0 / steps).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elbows_by_hand() {
        let cases: [(&[f64], Option<usize>); 8] = [
            // x = 0, 1/4, 1/2, 3/4, 1; y = 0, 0.1/0.8, 0.7/0.8, 0.75/0.8, 1: farthest above at 2.
            (&[0.1, 0.2, 0.8, 0.85, 0.9], Some(2)),
            // y = 0, 0, 0.02/0.8, 0.05/0.8, 1: farthest below at 3.
            (&[0.1, 0.1, 0.12, 0.15, 0.9], Some(4)),
            // The first of equal values begins the plateau.
            (&[0.0, 0.9, 0.9, 0.9, 0.9], Some(1)),
            (&[0.1, 0.1, 0.1, 0.1, 0.9], Some(4)),
            // On the diagonal, or within a step of it, there is no elbow.
            (&[0.0, 0.25, 0.5, 0.75, 1.0], None),
            (&[0.0, 0.5, 1.0], None),
            (&[0.5, 0.5, 0.5, 0.5], None),
            (&[], None),
        ];
        for (sorted, count) in cases {
            assert_eq!(elbow(sorted), count, "{sorted:?}");
        }
    }
}
