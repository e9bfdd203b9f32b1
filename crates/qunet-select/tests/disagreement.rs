//! Step 2: Q worked out by hand, and who is picked.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, array};
use qunet_select::{
    DisagreementOrder, DisagreementParams, DisagreementSelection, DisagreementSet, Error, Pick,
    QualityThreshold,
};
use qunet_stack::SliceId;

/// Maps of ten pixels: both heads are sure of the first `both`, only L3 of the next `only3`, only
/// L4 of the `only4` after them. Q = both / (both + only3 + only4).
fn maps([both, only3, only4]: [usize; 3]) -> (Array2<f32>, Array2<f32>) {
    let map = |sure: &dyn Fn(usize) -> bool| {
        Array2::from_shape_fn((1, 10), |(_, x)| if sure(x) { 0.75 } else { 0.25 })
    };
    let level3 = map(&|x| x < both + only3);
    let level4 = map(&|x| x < both || (both + only3..both + only3 + only4).contains(&x));
    (level3, level4)
}

fn select(params: DisagreementParams, slices: &[(usize, [usize; 3])]) -> DisagreementSet {
    let mut query = params.start().unwrap();
    for &(id, pixels) in slices {
        let (level3, level4) = maps(pixels);
        query.observe(SliceId(id), &level3, &level4).unwrap();
    }
    query.finish()
}

fn paper() -> DisagreementParams {
    DisagreementSelection::params()
}

fn numbers(set: &DisagreementSet) -> Vec<usize> {
    set.ids().into_iter().map(|id| id.0).collect()
}

#[test]
fn q_by_hand_and_strictly_below_q0() {
    // Q = 1/2 (not below), 1/3, 3/4, 1/8.
    let slices = [(0, [1, 1, 0]), (1, [1, 1, 1]), (2, [3, 0, 1]), (3, [1, 3, 4])];
    let set = select(paper(), &slices);
    let found: Vec<f64> = set.records.iter().map(|record| record.quality_index).collect();
    assert_eq!(found, [0.5, 1.0 / 3.0, 0.75, 0.125]);
    let differing: Vec<f64> = set.records.iter().map(|record| record.differing).collect();
    // A pixel of one head alone differs by 0.75 - 0.25.
    assert_eq!(differing, [0.5, 1.0, 0.5, 3.5]);
    assert_eq!(numbers(&set), [3, 1]);
    assert_eq!(set.records[0].pick, Pick::Agrees);
    assert_eq!(set.records[1].pick, Pick::Selected { rank: 2 });
    assert_eq!(set.records[3].pick, Pick::Selected { rank: 1 });
}

#[test]
fn of_those_below_q0_the_largest_area_may_come_first() {
    // Q = 0 of one pixel, 1/3 of two, 1/9 of eight, 1/2 of one: areas 0.5, 1, 4 and 0.5.
    let slices = [(0, [0, 1, 0]), (1, [1, 1, 1]), (2, [1, 4, 4]), (3, [1, 1, 0])];
    let by_area = paper().order(DisagreementOrder::Area);
    assert_eq!(numbers(&select(by_area, &slices)), [2, 1, 0]);
    assert_eq!(numbers(&select(by_area.max_slices(2), &slices)), [2, 1]);
    let all = by_area.quality_threshold(QualityThreshold::Fraction(1.0));
    assert_eq!(numbers(&select(all, &slices)), [2, 1, 0, 3]);
    assert_eq!(numbers(&select(paper(), &slices)), [0, 2, 1]);
}

#[test]
fn the_soft_jaccard_needs_no_threshold() {
    let mut query = paper().start().unwrap();
    let (level3, level4) = (array![[0.5, 0.25]], array![[0.25, 0.75]]);
    let record = query.observe(SliceId(0), &level3, &level4).unwrap();
    // min: 0.25 + 0.25; max: 0.5 + 0.75. A probability of 0.5 is not above the threshold.
    assert_eq!(record.soft_jaccard, Some(0.4));
    assert_eq!((record.quality_index, record.empty), (0.0, false));
    let nothing = Array2::zeros((1, 2));
    assert_eq!(query.observe(SliceId(1), &nothing, &nothing).unwrap().soft_jaccard, None);
}

#[test]
fn two_empty_heads_agree_and_one_does_not() {
    let set = select(paper(), &[(0, [0, 0, 0]), (1, [0, 0, 2]), (2, [0, 2, 0])]);
    let found: Vec<_> = set.records.iter().map(|it| (it.quality_index, it.empty)).collect();
    assert_eq!(found, [(1.0, true), (0.0, false), (0.0, false)]);
    assert_eq!(numbers(&set), [1, 2]);
    // Even where everything below 1 is wanted.
    assert!(select(paper().quality_threshold(1.0), &[(0, [0, 0, 0])]).ids().is_empty());
}

#[test]
fn the_budget_takes_the_lowest_q_and_of_equals_the_first() {
    // Q = 1/3, 0, 1/3, 1/3, 1.
    let slices = [(5, [1, 2, 0]), (9, [0, 1, 1]), (2, [1, 0, 2]), (7, [1, 1, 1]), (1, [1, 0, 0])];
    let set = select(paper().max_slices(3), &slices);
    assert_eq!(numbers(&set), [9, 2, 5]);
    let pick = |id| set.records.iter().find(|record| record.id == SliceId(id)).unwrap().pick;
    assert_eq!(pick(7), Pick::OverBudget { rank: 4 });
    assert_eq!(pick(1), Pick::Agrees);
    assert!(select(paper().max_slices(0), &slices).ids().is_empty());
    assert_eq!(numbers(&select(paper(), &slices)), [9, 2, 5, 7]);
}

#[test]
fn the_order_of_observation_changes_nothing() {
    let slices = [(4, [1, 2, 0]), (0, [0, 1, 0]), (3, [2, 1, 2]), (1, [3, 0, 0]), (2, [1, 1, 1])];
    let mut backwards = slices;
    backwards.reverse();
    let set = select(paper().max_slices(2), &slices);
    assert_eq!(set, select(paper().max_slices(2), &backwards));
    let ids: Vec<usize> = set.records.iter().map(|record| record.id.0).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4]);
}

#[test]
fn maps_that_cannot_be_compared_name_their_slice() {
    let mut query = paper().start().unwrap();
    let (level3, mut level4) = maps([1, 1, 1]);
    let error = query.observe(SliceId(41), &level3, &Array2::zeros((2, 5))).unwrap_err();
    assert!(matches!(error, Error::Maps { slice: SliceId(41), .. }));
    assert!(error.to_string().starts_with("slice 41: "), "{error}");

    level4[(0, 3)] = f32::NAN;
    let error = query.observe(SliceId(42), &level3, &level4).unwrap_err();
    assert!(error.to_string().starts_with("slice 42: "), "{error}");
    // A slice that failed was not observed.
    query.observe(SliceId(42), &level3, &level3).unwrap();
    let error = query.observe(SliceId(42), &level3, &level3).unwrap_err();
    assert_eq!(error.to_string(), "slice 42 was given twice; give each slice once");
    assert_eq!(query.finish().records.len(), 1);
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    for q0 in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let error = paper().quality_threshold(q0).start().unwrap_err();
        assert!(error.to_string().starts_with("quality_threshold is "), "{error}");
    }
    for q0 in [0.0, 1.0] {
        paper().quality_threshold(q0).start().unwrap();
    }
    for probability_threshold in [-0.1, 1.0, f32::NAN] {
        let params = DisagreementParams { probability_threshold, ..paper() };
        let error = params.start().unwrap_err();
        assert!(error.to_string().starts_with("probability_threshold is "), "{error}");
    }
}

#[test]
fn a_set_survives_json() {
    let slices = [(0, [0, 0, 0]), (1, [0, 1, 0]), (2, [1, 1, 1]), (3, [1, 0, 0])];
    let set = select(paper().max_slices(1), &slices);
    let json = serde_json::to_string(&set).unwrap();
    assert!(json.contains(r#""pick":"over_budget","rank":2"#), "{json}");
    assert_eq!(serde_json::from_str::<DisagreementSet>(&json).unwrap(), set);
}

#[test]
fn nothing_observed_selects_nothing() {
    assert!(select(paper(), &[]).records.is_empty());
}
