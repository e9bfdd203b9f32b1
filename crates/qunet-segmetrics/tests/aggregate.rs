//! Intervals and tests of means, beside SciPy and by their laws.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use proptest::prelude::*;
use qunet_segmetrics::{
    Alternative, Bootstrap, Error, Interval, IntervalMethod, PairedCases, PairedDifference,
    SignedRank, SignedRankOptions, Summary, Unmatched, Zeros,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    signed_rank: Vec<RankCase>,
    bootstrap: Vec<MeanCase>,
    clusters: Vec<ClusterCase>,
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
    /// Two-sided, greater, less; each without and with continuity correction.
    p_values: Vec<f64>,
}

#[derive(Deserialize)]
struct ClusterCase {
    volumes: Vec<Vec<f64>>,
    mean: f64,
    percentile: [f64; 2],
    bca: [f64; 2],
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
            let test = tested(&case.differences, zeros).unwrap();
            assert_eq!(test.positive_ranks.min(test.negative_ranks), expected.statistic);
            // The normal distribution of statrs is good for nine digits.
            assert_relative_eq!(test.p_value, expected.p_value, max_relative = 1e-9);
            let alternatives = [Alternative::TwoSided, Alternative::Greater, Alternative::Less];
            let options = alternatives.into_iter().flat_map(|alternative| {
                [false, true].map(|continuity| SignedRankOptions { zeros, alternative, continuity })
            });
            for (options, expected) in options.zip(expected.p_values) {
                let test = SignedRank::test(&case.differences, options).unwrap();
                assert_relative_eq!(test.p_value, expected, max_relative = 1e-9);
            }
        }
    }
}

fn tested(differences: &[f64], zeros: Zeros) -> Option<SignedRank> {
    SignedRank::test(differences, SignedRankOptions { zeros, ..Default::default() })
}

/// Slices, each with the number of its volume.
fn slices(volumes: &[Vec<f64>]) -> Vec<(usize, Option<f64>)> {
    let of_volume = |(volume, slices): (usize, &Vec<f64>)| {
        slices.iter().map(move |&value| (volume, Some(value))).collect::<Vec<_>>()
    };
    volumes.iter().enumerate().flat_map(of_volume).collect()
}

#[test]
fn intervals_by_drawing_volumes_are_those_of_scipy_but_for_the_draws() {
    for case in golden().clusters {
        for (method, [low, high]) in
            [(IntervalMethod::Percentile, case.percentile), (IntervalMethod::Bca, case.bca)]
        {
            let bootstrap = Bootstrap { resamples: 200_000, method, ..Bootstrap::default() };
            let interval = bootstrap.clustered_mean(slices(&case.volumes)).unwrap().unwrap();
            let slack = 0.01 * (high - low);
            assert_relative_eq!(interval.estimate, case.mean, max_relative = 1e-14);
            assert_relative_eq!(interval.low, low, epsilon = slack);
            assert_relative_eq!(interval.high, high, epsilon = slack);
        }
    }
}

#[test]
fn two_volumes_give_the_three_means_there_are() {
    // Volumes (0, 0, 0) and (1): the draws have means 0, 1/4 and 1 with chances 1/4, 1/2 and 1/4.
    let slices = slices(&[vec![0.0; 3], vec![1.0]]);
    let at = |level| {
        let method = IntervalMethod::Percentile;
        let bootstrap = Bootstrap { level, method, ..Bootstrap::default() };
        let interval = bootstrap.clustered_mean(slices.clone()).unwrap().unwrap();
        (interval.low, interval.estimate, interval.high)
    };
    assert_eq!(at(0.4), (0.25, 0.25, 0.25));
    assert_eq!(at(0.6), (0.0, 0.25, 1.0));
}

#[test]
fn the_interval_of_a_median_has_the_chances_of_the_binomial_distribution() {
    // A resample of (1, ..., 9) has its median at k or below where 5 of 9 draws are: the chance is
    // 1 - scipy.stats.binom(9, k / 9).cdf(4) = 0.030, 0.145, 0.343 for k = 2, 3, 4.
    let values: Vec<Option<f64>> = (1..=9).map(|value| Some(f64::from(value))).collect();
    for (level, low) in [(0.95, 2.0), (0.9, 3.0), (0.6, 4.0), (0.2, 5.0)] {
        let method = IntervalMethod::Percentile;
        let bootstrap = Bootstrap { level, method, ..Bootstrap::default() };
        let median = |sample: &mut [f64]| {
            sample.sort_by(f64::total_cmp);
            sample[4]
        };
        let interval = bootstrap.interval_of(values.clone(), median).unwrap().unwrap();
        assert_eq!(interval, Interval { estimate: 5.0, low, high: 10.0 - low });
    }
}

#[test]
fn cases_are_paired_by_name_and_the_others_named() {
    let first = [("b", Some(2.0)), ("a", Some(1.0)), ("x", Some(9.0)), ("n", None)];
    let second = [("a", Some(0.5)), ("n", Some(1.0)), ("b", Some(1.0)), ("y", Some(0.0))];
    let error = PairedCases::by_name(first, second, Unmatched::Refuse).unwrap_err();
    let (only_first, only_second) = (vec!["x".to_owned()], vec!["y".to_owned()]);
    assert_eq!(error, Error::Unmatched { only_first, only_second });
    assert!(error.to_string().contains("1 only in the first (x)"), "{error}");
    let pairs = PairedCases::by_name(first, second, Unmatched::LeaveOut).unwrap();
    assert_eq!(
        (&pairs.cases[..], pairs.only_second.len()),
        (&["b", "a", "n"].map(String::from)[..], 1)
    );
    let difference = pairs.difference(&Bootstrap::default()).unwrap();
    assert_eq!(difference.differences.mean, Some(0.75));
    assert_eq!(difference.differences.undefined, 1);
    let twice = PairedCases::by_name([("a", None); 2], [("a", None)], Unmatched::LeaveOut);
    assert_eq!(twice, Err(Error::Repeated { case: "a".to_owned(), place: "the first method" }));
    let none: [(&str, Option<f64>); 0] = [];
    let nothing = PairedCases::by_name(none, none, Unmatched::Refuse).unwrap();
    assert_eq!(nothing.difference(&Bootstrap::default()).unwrap().interval, None);
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
            assert_relative_eq!(interval.estimate, case.mean, max_relative = 1e-14);
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
    let none: [(u8, Option<f64>); 0] = [];
    assert_eq!(bootstrap.clustered_mean(none), Ok(None));
    assert_eq!(bootstrap.clustered_mean([("a", None), ("b", Some(f64::NAN))]), Ok(None));
    let one_volume = bootstrap.clustered_mean([("a", Some(0.0)), ("a", Some(1.0)), ("b", None)]);
    assert_eq!(one_volume, Ok(Some(Interval { estimate: 0.5, low: 0.5, high: 0.5 })));
    // Three times 0.1 over three is not 0.1.
    let equal = bootstrap.clustered_mean(slices(&[vec![0.1; 3], vec![0.1]]));
    assert_eq!(equal, Ok(Some(Interval { estimate: 0.1, low: 0.1, high: 0.1 })));
    assert_eq!(bootstrap.interval_of([None], |sample| sample[0]), Ok(None));
    assert_eq!(bootstrap.interval_of([Some(1.0), Some(2.0)], |_| f64::NAN), Ok(None));
    let huge = [Some(f64::MAX), Some(f64::MAX), Some(-f64::MAX)];
    assert_eq!(bootstrap.mean(huge), Ok(None));
    let summary = Summary::from_values([Some(f64::MAX), Some(-f64::MAX)]);
    assert_eq!((summary.median, summary.lower_quartile), (Some(0.0), Some(-0.5 * f64::MAX)));
    assert_eq!((summary.mean, summary.std), (Some(0.0), None));
    assert_eq!(tested(&[], Zeros::LeaveOut), None);
    assert_eq!(tested(&[0.0; 3], Zeros::Rank), None);
    assert_eq!(tested(&[0.1, f64::NAN], Zeros::LeaveOut), None);
    assert_eq!(tested(&[0.1], Zeros::LeaveOut).unwrap().p_value, 1.0);
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

#[cfg(feature = "parallel")]
#[test]
fn threads_do_not_change_an_interval() {
    let values: Vec<f64> = (0..40_i32).map(|value| f64::from(value % 7)).collect();
    let bootstrap = Bootstrap { resamples: 999, seed: 5, ..Bootstrap::default() };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bootstrap.mean(some(&values))).unwrap()
    };
    assert_eq!(with(1), with(3));
    assert_ne!(with(1), Bootstrap { seed: 6, ..bootstrap }.mean(some(&values)).unwrap());
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
    fn ends_are_in_order_and_within_the_values_at_any_level(
        values in prop::collection::vec((-30.0..3.0_f64).prop_map(f64::exp), 1..40),
        nines in 0.1..4.0_f64, resamples in 1_usize..300, seed in any::<u64>(),
    ) {
        for method in [IntervalMethod::Percentile, IntervalMethod::Bca] {
            let level = 1.0 - 10.0_f64.powf(-nines);
            let bootstrap = Bootstrap { resamples, level, method, seed };
            let interval = bootstrap.mean(some(&values)).unwrap().unwrap();
            let greatest = values.iter().fold(0.0, |a: f64, b| a.max(*b)) * (1.0 + 1e-12);
            prop_assert!(interval.low <= interval.high, "{interval:?}");
            prop_assert!((0.0..=greatest).contains(&interval.low));
            prop_assert!((0.0..=greatest).contains(&interval.high));
        }
    }

    #[test]
    fn volumes_of_one_slice_are_cases(
        values in prop::collection::vec(0.0..1.0_f64, 1..30), seed in any::<u64>(),
    ) {
        let bootstrap = Bootstrap { resamples: 300, seed, ..Bootstrap::default() };
        let volumes: Vec<Vec<f64>> = values.iter().map(|&value| vec![value]).collect();
        let clustered = bootstrap.clustered_mean(slices(&volumes)).unwrap();
        prop_assert_eq!(clustered, bootstrap.mean(some(&values)).unwrap());
        // Any statistic, computed from scratch each time, and the mean in its short form.
        let count = values.len() as f64;
        let mean = |sample: &mut [f64]| sample.iter().sum::<f64>() / count;
        let percentile = Bootstrap { method: IntervalMethod::Percentile, ..bootstrap };
        let any = percentile.interval_of(some(&values), mean).unwrap();
        prop_assert_eq!(any, percentile.mean(some(&values)).unwrap());
    }

    #[test]
    fn slices_said_twice_make_no_interval_shorter(
        volumes in prop::collection::vec(prop::collection::vec(0.0..1.0_f64, 1..5), 2..12),
    ) {
        let bootstrap = Bootstrap { resamples: 300, ..Bootstrap::default() };
        let twice: Vec<Vec<f64>> = volumes.iter().map(|v| [&v[..], v].concat()).collect();
        let once = bootstrap.clustered_mean(slices(&volumes)).unwrap().unwrap();
        let twice = bootstrap.clustered_mean(slices(&twice)).unwrap().unwrap();
        prop_assert!((once.low - twice.low).abs() < 1e-9 && (once.high - twice.high).abs() < 1e-9);
    }

    #[test]
    fn one_sided_p_values_share_what_is_and_mirror_each_other(
        values in prop::collection::vec(-9_i8..9, 1..60), continuity in any::<bool>(),
    ) {
        let differences: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
        let mirrored: Vec<f64> = differences.iter().map(|v| -v).collect();
        let p = |differences: &[f64], alternative| {
            let options = SignedRankOptions { alternative, continuity, ..Default::default() };
            SignedRank::test(differences, options).map(|test| test.p_value)
        };
        let (greater, less) =
            (p(&differences, Alternative::Greater), p(&differences, Alternative::Less));
        prop_assert_eq!(greater, p(&mirrored, Alternative::Less));
        if let (Some(greater), Some(less)) = (greater, less) {
            prop_assert!(greater + less > 1.0 - 1e-9);
            let both = p(&differences, Alternative::TwoSided).unwrap_or_default();
            prop_assert!((both - (2.0 * greater.min(less)).min(1.0)).abs() < 1e-12);
        }
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
        let exact = tested(&differences, Zeros::LeaveOut).unwrap();
        // A zero that is left out changes the method and nothing else.
        let approximate = tested(&[&differences[..], &[0.0]].concat(), Zeros::LeaveOut).unwrap();
        prop_assert!(exact.exact && !approximate.exact);
        prop_assert!((exact.p_value - approximate.p_value).abs() < 0.02);
    }
}
