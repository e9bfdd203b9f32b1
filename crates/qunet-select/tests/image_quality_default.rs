//! Step 1 by default: no ordinary stack is refused, and no two picks are neighbours without need.
#![allow(clippy::unwrap_used)]

mod common;

use common::{at, costs, numbers, slice, take, try_pool, verdicts};
use qunet_quality::QualityRecord;
use qunet_select::{ImageQuality, Request, Strategy, StrategyConfig, Verdict};

fn default(count: usize, records: &[QualityRecord]) -> Vec<usize> {
    numbers(&take(count, ImageQuality::default(), &[records]))
}

/// Whether some of the slices differ by 1.
fn has_neighbours(mut slices: Vec<usize>) -> bool {
    slices.sort_unstable();
    slices.windows(2).any(|pair| pair[1] - pair[0] == 1)
}

#[test]
fn slices_that_are_all_equally_bad_are_spread() {
    // No slice is below average, as in a stack of one quality throughout; the paper picks none.
    let records: Vec<_> = (0..42).map(|id| at(&slice(id, 0.5, 0.5), 0.25, 1.0)).collect();
    assert!(take(5, ImageQuality::paper(), &[&records]).ids().is_empty());
    let picks = default(5, &records);
    assert_eq!(picks.len(), 5);
    assert!(!has_neighbours(picks));
}

#[test]
fn one_metric_that_fails_where_the_other_passes_refuses_no_stack() {
    // Sharp slices are noisy and quiet slices are blurred: none is below both means.
    let records: Vec<_> = (0..54)
        .map(|id| if id % 3 == 0 { slice(id, 0.25, 2.0) } else { slice(id, 2.0, 0.25) })
        .collect();
    assert!(take(5, ImageQuality::paper(), &[&records]).ids().is_empty());
    let selection = take(5, ImageQuality::default(), &[&records]);
    assert_eq!(selection.ids().len(), 5);
    assert!(!has_neighbours(numbers(&selection)));
    // Means of (18 * 0.25 + 36 * 2) / 54 and (18 * 2 + 36 * 0.25) / 54: what passes at the scale
    // 2 / (17 / 12) is written down.
    let limits = selection.thresholds.image_quality[0];
    let scale = 2.0 / (17.0 / 12.0);
    assert!((limits.scale.unwrap() - scale).abs() < 1e-12, "{limits:?}");
    assert!((limits.blurriness.unwrap() - 2.0).abs() < 1e-12);
}

#[test]
fn a_metric_that_is_zero_everywhere_refuses_no_stack() {
    let records: Vec<_> = (0..20).map(|id| slice(id, 0.25 + id as f64 / 64.0, 0.0)).collect();
    assert!(take(3, ImageQuality::paper(), &[&records]).ids().is_empty());
    assert_eq!(default(3, &records), [0, 2, 4]);
}

#[test]
fn few_slices_are_all_picked_those_apart_first() {
    for slices in 2..=5 {
        let records: Vec<_> = (0..slices).map(|id| slice(id, 0.5, 0.5)).collect();
        let picks = default(10, &records);
        let mut sorted = picks.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..slices).collect::<Vec<_>>());
        assert!(!has_neighbours(picks[..slices.div_ceil(2)].to_vec()), "{picks:?}");
        let two = default(2, &records);
        assert_eq!(two.len(), 2);
        assert!(slices == 2 || !has_neighbours(two));
    }
}

#[test]
fn constant_slices_and_empty_regions_alone_stay_out() {
    let constant = |id| QualityRecord {
        variance_of_laplacian: 0.0,
        inverse_psnr: None,
        ..slice(id, 1.0, 1.0)
    };
    let outside = |id| QualityRecord { roi_mean: None, roi_cov: None, ..slice(id, 0.25, 0.25) };
    let record = |id| match id {
        0..4 => constant(id),
        4..8 => outside(id),
        _ => slice(id, 1.0, id as f64),
    };
    let records: Vec<_> = (0..12).map(record).collect();
    let selection = take(10, ImageQuality::default(), &[&records]);
    assert_eq!(numbers(&selection), [8, 10, 9, 11]);
    let out = |verdict: &Verdict| matches!(verdict, Verdict::Degenerate { .. });
    assert_eq!(verdicts(&selection).iter().filter(|it| out(it)).count(), 8);
    let all: Vec<_> = (0..6).map(constant).collect();
    assert!(default(5, &all).is_empty());
}

#[test]
fn the_best_pass_and_the_limits_loosen_before_neighbours_come_in() {
    // Four of twenty slices are good, side by side: 10 to 13. A fifth passes.
    let mut order = vec![2.0; 20];
    for (slice, cost) in order.iter_mut().enumerate() {
        *cost = if (10..14).contains(&slice) { 0.5 } else { 2.0 + slice as f64 / 64.0 };
    }
    let records = costs(&order);
    assert_eq!(default(2, &records), [10, 12]);
    let selection = take(4, ImageQuality::default(), &[&records]);
    assert_eq!(numbers(&selection), [10, 12, 0, 2]);
    // Slice 1 lies between two picks, slice 3 beside one; 4 would be next.
    let found = verdicts(&selection);
    assert_eq!(found[1].to_string(), "too near slice 0 along z, at distance 1");
    assert!(found[4].to_string().starts_with("blurred"), "{}", found[4]);
    // Ten slices apart there are, eleven there are not.
    assert!(!has_neighbours(default(10, &records)));
    assert!(has_neighbours(default(11, &records)));
}

#[test]
fn several_stacks_are_judged_each_by_itself() {
    let (good, poor) = (costs(&[0.25; 9]), costs(&[4.0; 9]));
    let selection = take(4, ImageQuality::default(), &[&good, &poor]);
    assert_eq!(selection.ids().len(), 4);
    assert_eq!(selection.thresholds.image_quality.len(), 2);
}

#[test]
fn the_paper_asks_for_at_most_as_many_as_are_asked_for() {
    let records = costs(&[0.25, 0.5, 0.75, 1.0, 4.0, 5.0]);
    let pool = try_pool(&[&records]).unwrap();
    for count in 0..4 {
        let request = Request::new(count, 0);
        let s0 = ImageQuality::paper().select(&pool, &request).unwrap();
        assert!(s0.ids().len() <= count);
        let named: StrategyConfig = "image_quality".parse().unwrap();
        assert_eq!(named.select(&pool, &request).unwrap().ids().len(), count);
    }
}
