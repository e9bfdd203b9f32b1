//! Many tests at once.

/// Holm's correction of the p-values of a family of tests: each as it is reported, in the order given.
///
/// Sorted upwards, the i-th of m p-values is multiplied by m - i + 1, at most 1 and at least the one before.
/// Rejecting those below a level keeps the probability of any false rejection below that level, whatever the tests
/// have to do with each other (S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979). It is what
/// R's `p.adjust` and statsmodels' `multipletests` call `holm`.
///
/// ```
/// // By hand: 0.005 · 4, 0.01 · 3, 0.03 · 2, and 0.04 · 1, which is below the one before.
/// assert_eq!(qunet_segmetrics::holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
/// ```
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut before = 0.0_f64;
    for (rank, place) in order.into_iter().enumerate() {
        let tests = (p_values.len() - rank) as f64;
        before = before.max((p_values[place] * tests).min(1.0));
        adjusted[place] = before;
    }
    adjusted
}
