//! Step 2: what q0 and Q can be besides the paper's, worked out by hand.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, ArrayView2, array};
use qunet_select::{
    AgreementMeasure, AgreementRecord, DisagreementParams, DisagreementSet, EmptyAgreement, Error,
    MapError, Maps, Pick, QualityThreshold, disagreement_map,
};
use qunet_stack::SliceId;

fn params() -> DisagreementParams {
    DisagreementParams::default()
}

fn record(id: usize, quality_index: f64) -> AgreementRecord {
    let (id, pick) = (SliceId(id), Pick::Agrees);
    AgreementRecord { id, quality_index, soft_jaccard: None, differing: 0.0, empty: false, pick }
}

fn select(params: DisagreementParams, quality: &[f64]) -> DisagreementSet {
    let mut query = params.start().unwrap();
    for (id, &quality_index) in quality.iter().enumerate() {
        query.observe_record(record(id, quality_index)).unwrap();
    }
    query.finish()
}

fn numbers(set: &DisagreementSet) -> Vec<usize> {
    set.ids().into_iter().map(|id| id.0).collect()
}

fn of(maps: &Maps<'_>, params: &DisagreementParams) -> AgreementRecord {
    AgreementRecord::of(SliceId(0), maps, params).unwrap()
}

fn pair<'a>(level3: &'a Array2<f32>, level4: &'a Array2<f32>) -> Maps<'a> {
    Maps::Pair { level3: level3.view(), level4: level4.view() }
}

#[test]
fn q0_is_a_number_a_share_a_count_or_the_elbow() {
    use QualityThreshold::{Count, Elbow, Fixed, Fraction};
    let quality = [0.9, 0.1, 0.85, 0.2, 0.8];
    let cases = [
        (Fixed(0.5), vec![1, 3], Some(0.5)),
        (Fixed(0.8), vec![1, 3], Some(0.8)),
        // 1.5 of five slices are one; 0.4 of five are two.
        (Fraction(0.3), vec![1], Some(0.2)),
        (Fraction(0.4), vec![1, 3], Some(0.8)),
        (Fraction(1.0), vec![1, 3, 4, 2, 0], None),
        (Fraction(0.1), vec![], Some(0.1)),
        (Count(3), vec![1, 3, 4], Some(0.85)),
        (Count(0), vec![], Some(0.1)),
        (Count(9), vec![1, 3, 4, 2, 0], None),
        // Scaled: ranks 0, 1/4, 1/2; values 0, 1/8, 7/8: 0.8 is farthest from the diagonal.
        (Elbow, vec![1, 3], Some(0.8)),
    ];
    for (threshold, expected, q0) in cases {
        let set = select(params().quality_threshold(threshold), &quality);
        assert_eq!((numbers(&set), set.quality_threshold), (expected, q0), "{threshold}");
    }
    let none = select(params().quality_threshold(Elbow), &[0.5; 6]);
    assert_eq!((numbers(&none), none.quality_threshold), (vec![], None));
}

#[test]
fn a_count_and_a_budget_hold_and_ties_go_to_the_lower_number() {
    let quality = [0.5, 0.25, 0.25, 0.25, 1.0];
    let count = params().quality_threshold(QualityThreshold::Count(2));
    assert_eq!(numbers(&select(count, &quality)), [1, 2]);
    let set = select(count.max_slices(1), &quality);
    assert_eq!(numbers(&set), [1]);
    assert_eq!(set.records[2].pick, Pick::OverBudget { rank: 2 });
    assert_eq!(set.records[3].pick, Pick::Agrees);
    // 0.29 of 100 slices are 29, though 0.29 * 100 is less in floating point.
    let many = params().quality_threshold(QualityThreshold::Fraction(0.29));
    assert_eq!(select(many, &[0.5; 100]).ids().len(), 29);
}

#[test]
fn thresholds_survive_json_and_old_files_are_read() {
    use QualityThreshold::{Count, Elbow, Fixed, Fraction};
    let cases = [
        (Fixed(0.25), "0.25"),
        (Fraction(0.5), r#"{"fraction":0.5}"#),
        (Count(7), r#"{"count":7}"#),
        (Elbow, r#""elbow""#),
    ];
    for (threshold, text) in cases {
        assert_eq!(serde_json::to_string(&threshold).unwrap(), text);
        assert_eq!(serde_json::from_str::<QualityThreshold>(text).unwrap(), threshold);
    }
    let whole: QualityThreshold = serde_json::from_str("1").unwrap();
    assert_eq!(whole, Fixed(1.0));
    assert!(serde_json::from_str::<QualityThreshold>(r#"{"part": 1}"#).is_err());
    let old = r#"{"quality_threshold": 0.25, "probability_threshold": 0.5, "max_slices": 3}"#;
    let read: DisagreementParams = serde_json::from_str(old).unwrap();
    assert_eq!(read, params().quality_threshold(0.25).max_slices(3));
    let set = r#"{"params": {}, "records": []}"#;
    let set: DisagreementSet = serde_json::from_str(set).unwrap();
    assert_eq!(set.quality_threshold, None);
}

#[test]
fn agreement_on_nothing_is_a_matter_of_policy() {
    // Both below 0.5: the smaller sum to 0.5, the larger to 0.75.
    let (faint3, faint4) = (array![[0.25, 0.25]], array![[0.25, 0.5]]);
    let nothing = Array2::zeros((1, 2));
    let (sure3, sure4) = (array![[0.75, 0.75]], array![[0.75, 0.25]]);
    let quality = |policy| {
        let params = params().empty_agreement(policy);
        let q = |level3, level4| {
            let record = of(&pair(level3, level4), &params);
            (record.quality_index, record.empty)
        };
        [q(&faint3, &faint4), q(&nothing, &nothing), q(&sure3, &sure4)]
    };
    assert_eq!(quality(EmptyAgreement::Agree), [(1.0, true), (1.0, true), (0.5, false)]);
    assert_eq!(quality(EmptyAgreement::Unknown), [(0.5 / 0.75, true), (1.0, true), (0.5, false)]);
    assert_eq!(quality(EmptyAgreement::Suspect), [(0.0, true), (0.0, true), (0.5, false)]);
    assert_eq!(params().empty_agreement, EmptyAgreement::Agree);
}

#[test]
fn the_soft_measure_is_undefined_only_where_all_is_zero() {
    let soft = params().measure(AgreementMeasure::SoftJaccard);
    let (level3, level4) = (array![[0.75, 0.25]], array![[0.25, 0.25]]);
    let record = of(&pair(&level3, &level4), &soft);
    // 0.25 + 0.25 over 0.75 + 0.25; as masks, one pixel against none.
    assert_eq!((record.quality_index, record.soft_jaccard), (0.5, Some(0.5)));
    assert_eq!(of(&pair(&level3, &level4), &params()).quality_index, 0.0);
    let nothing = Array2::zeros((1, 2));
    let q = |policy| of(&pair(&nothing, &nothing), &soft.empty_agreement(policy)).quality_index;
    use EmptyAgreement::{Agree, Suspect, Unknown};
    assert_eq!([Agree, Unknown, Suspect].map(q), [1.0, 1.0, 0.0]);
}

#[test]
fn several_classes_agree_by_the_mean_of_those_present() {
    // Six pixels, four classes: L3 says 0 1 1 2 2 0, L4 says 0 1 2 2 2 0; class 3 is nowhere.
    let map =
        |winners: [usize; 6]| {
            ndarray::Array3::from_shape_fn((4, 1, 6), |(class, _, x)| {
                if class == winners[x] { 0.625 } else { 0.125 }
            })
        };
    let (level3, level4) = (map([0, 1, 1, 2, 2, 0]), map([0, 1, 2, 2, 2, 0]));
    let maps = Maps::Classes { level3: level3.view(), level4: level4.view() };
    let record = of(&maps, &params());
    // Class 1: 1 of 2; class 2: 2 of 3. Background and class 3 do not count.
    assert_eq!(record.quality_index, (0.5 + 2.0 / 3.0) / 2.0);
    // In the third pixel both planes differ by 0.625 - 0.125.
    assert_eq!(record.differing, 1.0);
    // The foreground planes differ in the third pixel, class 1 and class 2: 2 * 0.125 in place of
    // 2 * 0.625. Four more pixels hold 0.875 each, two hold 0.375.
    let same = 3.0 * 0.875 + 2.0 * 0.375 + 0.125;
    assert_eq!(record.soft_jaccard, Some((same + 0.25) / (same + 1.25)));

    let background = map([0; 6]);
    let maps = Maps::Classes { level3: background.view(), level4: background.view() };
    assert!(of(&maps, &params()).empty);
    assert_eq!(of(&maps, &params().empty_agreement(EmptyAgreement::Suspect)).quality_index, 0.0);
}

#[test]
fn equal_probabilities_are_the_first_class_and_one_class_is_a_pair() {
    let even = array![[[0.5_f32, 0.25]], [[0.5, 0.75]]];
    let sure = array![[[0.25_f32, 0.25]], [[0.75, 0.75]]];
    let maps = Maps::Classes { level3: even.view(), level4: sure.view() };
    // Of two pixels, the second alone is class 1 in both.
    assert_eq!(of(&maps, &params()).quality_index, 0.5);
    let (level3, level4) = (array![[0.9_f32, 0.9, 0.1]], array![[0.9_f32, 0.2, 0.1]]);
    let plane = |map: &Array2<f32>| map.clone().insert_axis(ndarray::Axis(0));
    let (one3, one4) = (plane(&level3), plane(&level4));
    let one = Maps::Classes { level3: one3.view(), level4: one4.view() };
    assert_eq!(of(&one, &params()), of(&pair(&level3, &level4), &params()));
}

#[test]
fn all_pairs_of_heads_count_alike() {
    let heads = [
        array![[0.9_f32, 0.9, 0.1, 0.1]],
        array![[0.9, 0.1, 0.1, 0.1]],
        array![[0.1, 0.9, 0.9, 0.1]],
        array![[0.1, 0.1, 0.1, 0.1]],
    ];
    let views: Vec<ArrayView2<'_, f32>> = heads.iter().map(|head| head.view()).collect();
    // 1 and 2: 1/2; 1 and 3: 1/3; 2 and 3: 0; each with the empty fourth: 0.
    let record = of(&Maps::Heads(&views), &params());
    assert_eq!(record.quality_index, (0.5 + 1.0 / 3.0) / 6.0);
    assert!(!record.empty);
    // Two empty heads are a pair that agrees on nothing.
    let two = [views[3], views[3], views[0]];
    let q = |policy| of(&Maps::Heads(&two), &params().empty_agreement(policy)).quality_index;
    assert_eq!(q(EmptyAgreement::Agree), 1.0 / 3.0);
    assert_eq!(q(EmptyAgreement::Suspect), 0.0);
    assert_eq!(
        of(&Maps::Heads(&views[..2]), &params()),
        of(&pair(&heads[0], &heads[1]), &params())
    );
}

#[test]
fn draws_are_averaged_before_they_are_compared() {
    let level3 = array![[0.75_f32, 0.75]];
    let (first, second) = (array![[1.0_f32, 0.0]], array![[0.5_f32, 0.75]]);
    let draws = [[level3.view(), first.view()], [level3.view(), second.view()]];
    // The mean of L4 is 0.75 and 0.375: 1 of 2.
    let record = of(&Maps::Draws(&draws), &params());
    assert_eq!(record.quality_index, 0.5);
    assert_eq!(record.soft_jaccard, Some((0.75 + 0.375) / 1.5));
    assert_eq!(of(&Maps::Draws(&draws[..1]), &params()), of(&pair(&level3, &first), &params()));
}

#[test]
fn maps_that_cannot_be_compared_are_refused_by_name() {
    let refused =
        |maps: &Maps<'_>| AgreementRecord::of(SliceId(7), maps, &params()).unwrap_err().to_string();
    let map = array![[0.5_f32, 0.5]];
    let one = [map.view()];
    assert_eq!(
        refused(&Maps::Heads(&one)),
        "slice 7 of stack 0: maps have shape [1]: give two heads at least"
    );
    assert!(refused(&Maps::Draws(&[])).ends_with("give a draw at least"));
    let none = ndarray::Array3::zeros((0, 2, 2));
    let classes = Maps::Classes { level3: none.view(), level4: none.view() };
    assert!(refused(&classes).ends_with("a map has a class at least"));
    let other = array![[0.5_f32]];
    let draws = [[map.view(), map.view()], [other.view(), other.view()]];
    let error = AgreementRecord::of(SliceId(7), &Maps::Draws(&draws), &params()).unwrap_err();
    assert!(matches!(error, Error::ProbabilityMap { source: MapError::Mismatch { .. }, .. }));
    // -1 and 2 average to what a probability may be.
    let (low, high) = (array![[-1.0_f32, 0.5]], array![[2.0_f32, 0.5]]);
    let draws = [[map.view(), low.view()], [map.view(), high.view()]];
    assert!(refused(&Maps::Draws(&draws)).starts_with("slice 7: "));
    let error = disagreement_map(SliceId(7), &map, &other).unwrap_err().to_string();
    assert!(error.starts_with("slice 7: "), "{error}");
}

#[test]
fn records_and_batches_are_observed_whole_or_not_at_all() {
    let mut query = params().start().unwrap();
    let picked = AgreementRecord { pick: Pick::Selected { rank: 1 }, ..record(3, 0.75) };
    query.observe_record(picked).unwrap();
    for bad in [f64::NAN, -0.5, 1.5] {
        let error = query.observe_record(record(4, bad)).unwrap_err().to_string();
        assert!(error.starts_with("quality_index of slice 4 of stack 0 is "), "{error}");
    }
    let (map, other) = (array![[0.9_f32, 0.1]], array![[0.1_f32, 0.9]]);
    let wrong = array![[f32::NAN, 0.5]];
    let twice = [(SliceId(5), pair(&map, &map)), (SliceId(5), pair(&map, &map))];
    assert!(matches!(query.observe_all(&twice), Err(Error::Duplicate { slice: SliceId(5) })));
    let again = [(SliceId(3), pair(&map, &map))];
    assert!(matches!(query.observe_all(&again), Err(Error::Duplicate { slice: SliceId(3) })));
    let second = [(SliceId(5), pair(&map, &map)), (SliceId(6), pair(&map, &wrong))];
    assert!(query.observe_all(&second).unwrap_err().to_string().starts_with("slice 6: "));
    let good = [(SliceId(6), pair(&map, &other)), (SliceId(5), pair(&map, &map))];
    let records = query.observe_all(&good).unwrap();
    assert_eq!(records.iter().map(|it| it.quality_index).collect::<Vec<_>>(), [0.0, 1.0]);
    let set = query.finish();
    assert_eq!(numbers(&set), [6]);
    assert_eq!(set.records[0].pick, Pick::Agrees);
}

#[test]
fn the_disagreement_map_is_the_difference() {
    let (level3, level4) =
        (array![[0.0_f32, 1.0], [0.25, 0.5]], array![[1.0_f32, 1.0], [0.75, 0.25]]);
    let map = disagreement_map(SliceId(0), &level3, &level4).unwrap();
    assert_eq!(map, array![[1.0, 0.0], [0.5, 0.25]]);
}

#[test]
fn further_settings_out_of_range_are_refused_by_name() {
    for bad in [-0.1, 1.5, f64::NAN] {
        let fraction = params().quality_threshold(QualityThreshold::Fraction(bad));
        let error = fraction.start().unwrap_err().to_string();
        assert!(error.starts_with("quality_threshold is "), "{error}");
        let map = array![[0.5_f32]];
        let error = AgreementRecord::of(SliceId(0), &pair(&map, &map), &fraction).unwrap_err();
        assert!(matches!(error, Error::Parameter { field: "quality_threshold", .. }));
    }
}
