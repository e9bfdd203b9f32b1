//! Step 2: Q worked out by hand, and who is picked.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, array};
use qunet_select::{
    AgreementMeasure, AgreementParams, AgreementRecord, DisagreementOrder, Error, HeadDisagreement,
    Maps, Pool, QualityThreshold, Reason, Request, Selection, Strategy, Verdict,
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

fn records(slices: &[(usize, [usize; 3])]) -> Vec<AgreementRecord> {
    let record = |&(id, pixels): &(usize, [usize; 3])| {
        let (level3, level4) = maps(pixels);
        record(id, &level3, &level4)
    };
    slices.iter().map(record).collect()
}

fn record(id: usize, level3: &Array2<f32>, level4: &Array2<f32>) -> AgreementRecord {
    let maps = Maps::Pair { level3: level3.view(), level4: level4.view() };
    AgreementRecord::from_maps(SliceId(id), &maps, 0.5, &AgreementParams::default()).unwrap()
}

/// At most so many slices; the pool holds those that were observed.
fn take(count: usize, strategy: HeadDisagreement, slices: &[(usize, [usize; 3])]) -> Selection {
    let pool = Pool::new(slices.iter().map(|(id, _)| SliceId(*id))).unwrap();
    let pool = pool.with_agreement(&records(slices)).unwrap();
    strategy.select(&pool, &Request::new(count, 0)).unwrap()
}

fn select(strategy: HeadDisagreement, slices: &[(usize, [usize; 3])]) -> Selection {
    take(usize::MAX, strategy, slices)
}

fn paper() -> HeadDisagreement {
    HeadDisagreement::paper()
}

fn numbers(selection: &Selection) -> Vec<usize> {
    selection.slices(0).into_iter().map(|id| id.0).collect()
}

fn verdict(selection: &Selection, slice: usize) -> &Verdict {
    let found = selection.verdicts.iter().find(|it| it.id.slice == SliceId(slice));
    &found.unwrap().verdict
}

#[test]
fn q_by_hand_and_strictly_below_q0() {
    // Q = 1/2 (not below), 1/3, 3/4, 1/8.
    let slices = [(0, [1, 1, 0]), (1, [1, 1, 1]), (2, [3, 0, 1]), (3, [1, 3, 4])];
    let records = records(&slices);
    let found: Vec<f64> = records.iter().map(|record| record.quality_index).collect();
    assert_eq!(found, [0.5, 1.0 / 3.0, 0.75, 0.125]);
    let area: Vec<f64> = records.iter().map(|record| record.disagreement_area).collect();
    // A pixel of one head alone differs by 0.75 - 0.25.
    assert_eq!(area, [0.5, 1.0, 0.5, 3.5]);
    let set = select(paper(), &slices);
    assert_eq!(numbers(&set), [3, 1]);
    assert_eq!(verdict(&set, 0), &Verdict::Agrees { quality_index: 0.5, threshold: 0.5 });
    let (quality_index, disagreement_area) = (0.125, 3.5);
    let reason = Reason::HeadDisagreement { quality_index, disagreement_area };
    assert_eq!(verdict(&set, 3), &Verdict::Picked { rank: 1, spacing: None, reason });
    assert!(matches!(verdict(&set, 1), Verdict::Picked { rank: 2, spacing: Some(2.0), .. }));
    assert_eq!(
        set.picks()[0].to_string(),
        "1. slice 3 of stack 0: Q 0.1250, disagreement area 3.5 pixels"
    );
}

#[test]
fn of_those_below_q0_the_largest_area_may_come_first() {
    // Q = 0 of one pixel, 1/3 of two, 1/9 of eight, 1/2 of one: areas 0.5, 1, 4 and 0.5.
    let slices = [(0, [0, 1, 0]), (1, [1, 1, 1]), (2, [1, 4, 4]), (3, [1, 1, 0])];
    let by_area = HeadDisagreement { order: DisagreementOrder::Area, ..paper() };
    assert_eq!(numbers(&select(by_area, &slices)), [2, 1, 0]);
    assert_eq!(numbers(&take(2, by_area, &slices)), [2, 1]);
    let all = HeadDisagreement { quality_threshold: QualityThreshold::Fraction(1.0), ..by_area };
    assert_eq!(numbers(&select(all, &slices)), [2, 1, 0, 3]);
    assert_eq!(numbers(&select(paper(), &slices)), [0, 2, 1]);
}

#[test]
fn the_soft_jaccard_needs_no_threshold() {
    let (level3, level4) = (array![[0.5, 0.25]], array![[0.25, 0.75]]);
    let maps = Maps::Pair { level3: level3.view(), level4: level4.view() };
    let params = AgreementParams { measure: AgreementMeasure::SoftJaccard, ..Default::default() };
    let soft = AgreementRecord::from_maps(SliceId(0), &maps, 0.5, &params).unwrap();
    // min: 0.25 + 0.25; max: 0.5 + 0.75. A probability of 0.5 is not above the threshold.
    assert_eq!(soft.quality_index, 0.4);
    let hard = record(0, &level3, &level4);
    assert_eq!((hard.quality_index, hard.empty), (0.0, false));
}

#[test]
fn two_empty_heads_agree_and_one_does_not() {
    let slices = [(0, [0, 0, 0]), (1, [0, 0, 2]), (2, [0, 2, 0])];
    let records = records(&slices);
    let found: Vec<_> = records.iter().map(|it| (it.quality_index, it.empty)).collect();
    assert_eq!(found, [(1.0, true), (0.0, false), (0.0, false)]);
    let set = select(paper(), &slices);
    assert_eq!(numbers(&set), [1, 2]);
    // Even where everything below 1 is wanted.
    let below_1 = HeadDisagreement { quality_threshold: 1.0.into(), ..paper() };
    assert!(select(below_1, &slices[..1]).ids().is_empty());
}

#[test]
fn the_budget_takes_the_lowest_q_and_of_equals_the_first() {
    // Q = 1/3, 0, 1/3, 1/3, 1.
    let slices = [(5, [1, 2, 0]), (9, [0, 1, 1]), (2, [1, 0, 2]), (7, [1, 1, 1]), (1, [1, 0, 0])];
    let set = take(3, paper(), &slices);
    assert_eq!(numbers(&set), [9, 2, 5]);
    assert_eq!(verdict(&set, 7), &Verdict::NotReached);
    assert_eq!(verdict(&set, 1), &Verdict::Agrees { quality_index: 1.0, threshold: 0.5 });
    assert!(take(0, paper(), &slices).ids().is_empty());
    assert_eq!(numbers(&select(paper(), &slices)), [9, 2, 5, 7]);
}

#[test]
fn the_order_of_observation_changes_nothing() {
    let slices = [(4, [1, 2, 0]), (0, [0, 1, 0]), (3, [2, 1, 2]), (1, [3, 0, 0]), (2, [1, 1, 1])];
    let mut backwards = slices;
    backwards.reverse();
    let set = take(2, paper(), &slices);
    assert_eq!(set, take(2, paper(), &backwards));
    let ids: Vec<usize> = set.verdicts.iter().map(|verdict| verdict.id.slice.0).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4]);
}

#[test]
fn maps_that_cannot_be_compared_name_their_slice() {
    let compare = |id: usize, level3: &Array2<f32>, level4: &Array2<f32>| {
        let maps = Maps::Pair { level3: level3.view(), level4: level4.view() };
        AgreementRecord::from_maps(SliceId(id), &maps, 0.5, &AgreementParams::default())
    };
    let (level3, mut level4) = maps([1, 1, 1]);
    let error = compare(41, &level3, &Array2::zeros((2, 5))).unwrap_err();
    assert!(matches!(error, Error::Maps { candidate, .. } if candidate == SliceId(41).into()));
    assert!(error.to_string().starts_with("slice 41 of stack 0: "), "{error}");
    level4[(0, 3)] = f32::NAN;
    let error = compare(42, &level3, &level4).unwrap_err();
    assert!(error.to_string().starts_with("slice 42 of stack 0: "), "{error}");
    let records = [record(42, &level3, &level3), record(42, &level3, &level3)];
    let error = Pool::of_stack(50).unwrap().with_agreement(&records).unwrap_err();
    assert_eq!(error.to_string(), "agreement names slice 42 of stack 0 twice; give it once");
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let with = |quality_threshold| HeadDisagreement { quality_threshold, ..paper() };
    for q0 in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let error = with(q0.into()).check().unwrap_err();
        assert!(error.to_string().starts_with("quality_threshold is "), "{error}");
    }
    for q0 in [0.0, 1.0] {
        with(q0.into()).check().unwrap();
    }
    let (level3, level4) = maps([1, 1, 1]);
    let maps = Maps::Pair { level3: level3.view(), level4: level4.view() };
    for threshold in [-0.1, 1.0, f32::NAN] {
        let params = AgreementParams::default();
        let error = AgreementRecord::from_maps(SliceId(0), &maps, threshold, &params).unwrap_err();
        assert!(error.to_string().starts_with("threshold is "), "{error}");
    }
}

#[test]
fn a_selection_survives_json() {
    let slices = [(0, [0, 0, 0]), (1, [0, 1, 0]), (2, [1, 1, 1]), (3, [1, 0, 0])];
    let set = take(1, paper(), &slices);
    let json = serde_json::to_string(&set).unwrap();
    for kind in [r#""verdict":"not_reached""#, r#""verdict":"agrees","quality_index":1.0"#] {
        assert!(json.contains(kind), "{json}");
    }
    assert_eq!(serde_json::from_str::<Selection>(&json).unwrap(), set);
}

#[test]
fn a_slice_that_no_network_has_seen_is_undefined() {
    let pool = Pool::of_stack(3).unwrap().with_agreement(&records(&[(1, [0, 1, 0])])).unwrap();
    let set = paper().select(&pool, &Request::new(3, 0)).unwrap();
    assert_eq!(numbers(&set), [1]);
    assert_eq!(verdict(&set, 0).to_string(), "agreement is undefined");
}
