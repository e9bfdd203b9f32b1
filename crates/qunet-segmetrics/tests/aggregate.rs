//! Intervals and tests of means, beside SciPy and by their laws.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use proptest::prelude::*;
use qunet_segmetrics::{
    Bootstrap, Error, IntervalMethod, PairedDifference, SignedRank, Summary, Zeros,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    signed_rank: Vec<RankCase>,
    bootstrap: Vec<MeanCase>,
}

#[derive(Deserialize)]
struct RankCase {
    differences: Vec<f64>,
    leave_out: Test,
    rank: Test,
}

#[derive(Deserialize)]
struct Test {
    statistic: f64,
    p_value: f64,
}

#[derive(Deserialize)]
struct MeanCase {
    values: Vec<f64>,
    mean: f64,
    percentile: [f64; 2],
    bca: [f64; 2],
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/aggregate.json")).unwrap()
}

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

#[test]
fn signed_ranks_are_those_of_scipy() {
    for case in golden().signed_rank {
        for (zeros, expected) in [(Zeros::LeaveOut, case.leave_out), (Zeros::Rank, case.rank)] {
            let test = SignedRank::of(&case.differences, zeros).unwrap();
            assert_eq!(test.positive_ranks.min(test.negative_ranks), expected.statistic);
            // The normal distribution of statrs is good for nine digits.
            assert_relative_eq!(test.p_value, expected.p_value, max_relative = 1e-9);
        }
    }
}

#[test]
fn intervals_are_those_of_scipy_but_for_the_draws() {
    for case in golden().bootstrap {
        for (method, [low, high]) in
            [(IntervalMethod::Percentile, case.percentile), (IntervalMethod::Bca, case.bca)]
        {
            let bootstrap = Bootstrap { resamples: 200_000, method, ..Bootstrap::default() };
            let interval = bootstrap.mean(some(&case.values)).unwrap().unwrap();
            // Ends of an interval from 200,000 draws scatter by less than a hundredth of its length.
            let slack = 0.01 * (high - low);
            assert_relative_eq!(interval.mean, case.mean, max_relative = 1e-14);
            assert_relative_eq!(interval.low, low, epsilon = slack);
            assert_relative_eq!(interval.high, high, epsilon = slack);
        }
    }
}

#[test]
fn bias_and_skewness_move_both_ends_towards_the_long_tail() {
    let skewed = golden().bootstrap.swap_remove(1).values;
    let interval = |method| {
        let bootstrap = Bootstrap { method, ..Bootstrap::default() };
        bootstrap.mean(some(&skewed)).unwrap().unwrap()
    };
    let (plain, corrected) = (interval(IntervalMethod::Percentile), interval(IntervalMethod::Bca));
    assert!(corrected.low > plain.low && corrected.high > plain.high);
}

#[test]
fn degenerate_series_follow_the_table() {
    let bootstrap = Bootstrap::default();
    let ends = |values: &[Option<f64>]| {
        let interval = bootstrap.mean(values.iter().copied()).unwrap();
        interval.map(|interval| (interval.low, interval.high))
    };
    assert_eq!(ends(&[]), None);
    assert_eq!(ends(&[None, Some(f64::NAN), Some(f64::INFINITY)]), None);
    assert_eq!(ends(&[Some(0.5), None]), Some((0.5, 0.5)));
    assert_eq!(ends(&[Some(0.5); 4]), Some((0.5, 0.5)));
    assert_eq!(SignedRank::of(&[], Zeros::LeaveOut), None);
    assert_eq!(SignedRank::of(&[0.0; 3], Zeros::Rank), None);
    assert_eq!(SignedRank::of(&[0.1, f64::NAN], Zeros::LeaveOut), None);
    assert_eq!(SignedRank::of(&[0.1], Zeros::LeaveOut).unwrap().p_value, 1.0);
    let summary = Summary::from_values([Some(f64::INFINITY), None]);
    assert_eq!((summary.defined, summary.undefined, summary.max), (0, 2, None));
    let paired = PairedDifference::between(&[Some(1.0), None], &[None, Some(1.0)], &bootstrap);
    let paired = paired.unwrap();
    assert_eq!((paired.differences.undefined, paired.interval), (2, None));
    assert_eq!(paired.signed_rank, None);
}

#[test]
fn settings_out_of_range_are_named() {
    let values = [Some(1.0), Some(2.0)];
    for (resamples, level, name) in
        [(0, 0.95, "resamples"), (9, 1.0, "level"), (9, f64::NAN, "level")]
    {
        let error =
            Bootstrap { resamples, level, ..Bootstrap::default() }.mean(values).unwrap_err();
        assert!(matches!(error, Error::Bootstrap { name: found, .. } if found == name), "{error}");
    }
    let error =
        PairedDifference::between(&values, &values[1..], &Bootstrap::default()).unwrap_err();
    assert!(error.to_string().contains("second method"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn intervals_scale_and_shift(
        values in prop::collection::vec(0_u16..1000, 2..30), shift in 0_u16..50, seed in any::<u64>(),
    ) {
        let bootstrap = Bootstrap { resamples: 500, seed, ..Bootstrap::default() };
        let interval = |change: &dyn Fn(f64) -> f64| {
            bootstrap.mean(values.iter().map(|&v| Some(change(f64::from(v))))).unwrap().unwrap()
        };
        let (plain, moved) = (interval(&|v| v), interval(&|v| 2.0 * v + f64::from(shift)));
        prop_assert!(plain.low <= plain.high);
        for (plain, moved) in [(plain.low, moved.low), (plain.high, moved.high)] {
            prop_assert!((2.0 * plain + f64::from(shift) - moved).abs() < 1e-9 * moved.max(1.0));
        }
        prop_assert_eq!(plain, interval(&|v| v));
    }

    #[test]
    fn differences_change_their_sign_with_the_order(
        pairs in prop::collection::vec((0_u8..9, 0_u8..9), 1..40),
    ) {
        let (first, second): (Vec<_>, Vec<_>) =
            pairs.iter().map(|&(a, b)| (Some(f64::from(a)), Some(f64::from(b)))).unzip();
        let bootstrap = Bootstrap { resamples: 100, ..Bootstrap::default() };
        let forth = PairedDifference::between(&first, &second, &bootstrap).unwrap();
        let back = PairedDifference::between(&second, &first, &bootstrap).unwrap();
        prop_assert_eq!(forth.differences.mean, back.differences.mean.map(|mean| -mean));
        let tests = forth.signed_rank.zip(back.signed_rank);
        prop_assert_eq!(forth.signed_rank.is_some(), back.signed_rank.is_some());
        if let Some((forth, back)) = tests {
            prop_assert_eq!(forth.p_value, back.p_value);
            prop_assert_eq!(forth.positive_ranks, back.negative_ranks);
        }
    }

    #[test]
    fn exact_and_approximate_p_values_are_near_each_other(
        sizes in prop::collection::hash_set(1_u16..1000, 30..50), signs in prop::collection::vec(any::<bool>(), 50),
    ) {
        let differences: Vec<f64> = sizes.iter().zip(signs)
            .map(|(&size, up)| f64::from(size) * if up { 1.0 } else { -1.0 }).collect();
        let exact = SignedRank::of(&differences, Zeros::LeaveOut).unwrap();
        // A zero that is left out changes the method and nothing else.
        let approximate = SignedRank::of(&[&differences[..], &[0.0]].concat(), Zeros::LeaveOut).unwrap();
        prop_assert!(exact.exact && !approximate.exact);
        prop_assert!((exact.p_value - approximate.p_value).abs() < 0.02);
    }
}
