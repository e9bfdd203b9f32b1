//! Step 2: what q0 and Q can be besides the paper's, worked out by hand.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, ArrayView2, array};
use qunet_select::{
    AgreementMeasure, AgreementParams, AgreementRecord, EmptyAgreement, Error, HeadDisagreement,
    MapError, Maps, Pool, QualityThreshold, Request, Selection, Strategy, Verdict,
    disagreement_map, disagreement_mask,
};
use qunet_stack::SliceId;

fn params() -> AgreementParams {
    AgreementParams::default()
}

fn with_empty(empty_agreement: EmptyAgreement) -> AgreementParams {
    AgreementParams { empty_agreement, ..params() }
}

/// Q as the soft Jaccard index.
fn soft(maps: &Maps<'_>) -> f64 {
    let params = AgreementParams { measure: AgreementMeasure::SoftJaccard, ..params() };
    of(maps, &params).quality_index
}

fn record(id: usize, quality_index: f64) -> AgreementRecord {
    let id = SliceId(id).into();
    AgreementRecord { id, quality_index, disagreement_area: 0.0, empty: false }
}

fn take(count: usize, threshold: QualityThreshold, quality: &[f64]) -> Selection {
    let records: Vec<_> = (0..).zip(quality).map(|(id, &quality)| record(id, quality)).collect();
    let pool = Pool::of_stack(quality.len()).unwrap().with_agreement(&records).unwrap();
    let strategy = HeadDisagreement { quality_threshold: threshold, ..HeadDisagreement::paper() };
    strategy.select(&pool, &Request::new(count, 0)).unwrap()
}

fn select(threshold: QualityThreshold, quality: &[f64]) -> Selection {
    take(usize::MAX, threshold, quality)
}

fn numbers(selection: &Selection) -> Vec<usize> {
    selection.slices(0).into_iter().map(|id| id.0).collect()
}

fn of(maps: &Maps<'_>, params: &AgreementParams) -> AgreementRecord {
    AgreementRecord::from_maps(SliceId(0), maps, 0.5, params).unwrap()
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
        let set = select(threshold, &quality);
        let found = set.thresholds.quality_threshold;
        assert_eq!((numbers(&set), found), (expected, q0), "{threshold}");
    }
    let none = select(Elbow, &[0.5; 6]);
    assert_eq!((numbers(&none), none.thresholds.quality_threshold), (vec![], None));
    // Where there is no elbow, the lowest Q is the one that none is below.
    assert_eq!(none.verdicts[0].verdict, Verdict::Agrees { quality_index: 0.5, threshold: 0.5 });
}

#[test]
fn a_count_and_a_budget_hold_and_ties_go_to_the_lower_number() {
    let quality = [0.5, 0.25, 0.25, 0.25, 1.0];
    let count = QualityThreshold::Count(2);
    assert_eq!(numbers(&select(count, &quality)), [1, 2]);
    let set = take(1, count, &quality);
    assert_eq!(numbers(&set), [1]);
    assert_eq!(set.verdicts[2].verdict, Verdict::NotReached);
    let agrees = Verdict::Agrees { quality_index: 0.25, threshold: 0.25 };
    assert_eq!(set.verdicts[3].verdict, agrees);
    // 0.29 of 100 slices are 29, though 0.29 * 100 is less in floating point.
    assert_eq!(select(QualityThreshold::Fraction(0.29), &[0.5; 100]).ids().len(), 29);
}

#[test]
fn settings_survive_json() {
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
    let read: HeadDisagreement = serde_json::from_str(r#"{"quality_threshold": 0.25}"#).unwrap();
    assert_eq!(read, HeadDisagreement { quality_threshold: 0.25.into(), ..Default::default() });
    let read: AgreementParams = serde_json::from_str(r#"{"empty_agreement": "suspect"}"#).unwrap();
    assert_eq!(read, with_empty(EmptyAgreement::Suspect));
}

#[test]
fn agreement_on_nothing_is_a_matter_of_policy() {
    // Both below 0.5: the smaller sum to 0.5, the larger to 0.75.
    let (faint3, faint4) = (array![[0.25, 0.25]], array![[0.25, 0.5]]);
    let nothing = Array2::zeros((1, 2));
    let (sure3, sure4) = (array![[0.75, 0.75]], array![[0.75, 0.25]]);
    let quality = |policy| {
        let params = with_empty(policy);
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
    let (level3, level4) = (array![[0.75, 0.25]], array![[0.25, 0.25]]);
    // 0.25 + 0.25 over 0.75 + 0.25; as masks, one pixel against none.
    assert_eq!(soft(&pair(&level3, &level4)), 0.5);
    assert_eq!(of(&pair(&level3, &level4), &params()).quality_index, 0.0);
    let nothing = Array2::zeros((1, 2));
    let measure = AgreementMeasure::SoftJaccard;
    let q = |empty_agreement| {
        of(&pair(&nothing, &nothing), &AgreementParams { measure, empty_agreement }).quality_index
    };
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
    assert_eq!(record.disagreement_area, 1.0);
    // The foreground planes differ in the third pixel, class 1 and class 2: 2 * 0.125 in place of
    // 2 * 0.625. Four more pixels hold 0.875 each, two hold 0.375.
    let same = 3.0 * 0.875 + 2.0 * 0.375 + 0.125;
    assert_eq!(soft(&maps), (same + 0.25) / (same + 1.25));

    let background = map([0; 6]);
    let maps = Maps::Classes { level3: background.view(), level4: background.view() };
    assert!(of(&maps, &params()).empty);
    assert_eq!(of(&maps, &with_empty(EmptyAgreement::Suspect)).quality_index, 0.0);
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
    let q = |policy| of(&Maps::Heads(&two), &with_empty(policy)).quality_index;
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
    assert_eq!(soft(&Maps::Draws(&draws)), (0.75 + 0.375) / 1.5);
    assert_eq!(of(&Maps::Draws(&draws[..1]), &params()), of(&pair(&level3, &first), &params()));
}

#[test]
fn maps_that_cannot_be_compared_are_refused_by_name() {
    let compare = |maps: &Maps<'_>| AgreementRecord::from_maps(SliceId(7), maps, 0.5, &params());
    let refused = |maps: &Maps<'_>| compare(maps).unwrap_err().to_string();
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
    let error = compare(&Maps::Draws(&draws)).unwrap_err();
    assert!(matches!(error, Error::Maps { problem: MapError::Mismatch { .. }, .. }));
    // -1 and 2 average to what a probability may be.
    let (low, high) = (array![[-1.0_f32, 0.5]], array![[2.0_f32, 0.5]]);
    let draws = [[map.view(), low.view()], [map.view(), high.view()]];
    assert!(refused(&Maps::Draws(&draws)).starts_with("slice 7 of stack 0: "));
    // Pictures refuse what records refuse.
    for maps in [pair(&map, &other), Maps::Heads(&one), Maps::Draws(&[]), classes] {
        assert!(matches!(disagreement_map(&maps), Err(Error::Map(_))), "{maps:?}");
        assert!(matches!(disagreement_mask(&maps, 0.5), Err(Error::Map(_))), "{maps:?}");
    }
    assert!(disagreement_mask(&pair(&map, &map), 1.0).is_err());
}

#[test]
fn many_slices_are_compared_at_once_and_the_first_error_counts() {
    let (map, other) = (array![[0.9_f32, 0.1]], array![[0.1_f32, 0.9]]);
    let wrong = array![[f32::NAN, 0.5]];
    let compare =
        |slices: &[(SliceId, Maps<'_>)]| AgreementRecord::from_slices(slices, 0.5, &params());
    let bad = [
        (SliceId(5), pair(&map, &map)),
        (SliceId(6), pair(&map, &wrong)),
        (SliceId(7), pair(&wrong, &map)),
    ];
    assert!(compare(&bad).unwrap_err().to_string().starts_with("slice 6 of stack 0: "));
    let records = compare(&[(SliceId(6), pair(&map, &other)), (SliceId(5), pair(&map, &map))]);
    let records = records.unwrap();
    assert_eq!(records.iter().map(|it| it.quality_index).collect::<Vec<_>>(), [0.0, 1.0]);
    // What no record can hold is refused by the pool.
    for bad in [f64::NAN, -0.5, 1.5] {
        let error = Pool::of_stack(5).unwrap().with_agreement(&[record(4, bad)]).unwrap_err();
        assert!(error.to_string().starts_with("agreement of slice 4 of stack 0 is "), "{error}");
    }
}

#[test]
fn the_disagreement_map_is_the_difference() {
    let (level3, level4) =
        (array![[0.0_f32, 1.0], [0.25, 0.5]], array![[1.0_f32, 1.0], [0.75, 0.25]]);
    let map = disagreement_map(&pair(&level3, &level4)).unwrap();
    assert_eq!(map, array![[1.0, 0.0], [0.5, 0.25]]);
    // Its sum is the area of the record.
    assert_eq!(of(&pair(&level3, &level4), &params()).disagreement_area, 1.75);
    // Of more heads the last two count, of draws their mean.
    let heads = [level4.view(), level3.view(), level4.view()];
    assert_eq!(disagreement_map(&Maps::Heads(&heads)).unwrap(), map);
    let draws = [[level3.view(), level4.view()], [level4.view(), level4.view()]];
    assert_eq!(disagreement_map(&Maps::Draws(&draws)).unwrap(), &map / 2.0);
}

#[test]
fn the_disagreement_mask_is_where_masks_or_classes_differ() {
    let (level3, level4) = (array![[0.0_f32, 0.75, 0.5]], array![[0.75_f32, 1.0, 0.25]]);
    let mask = |maps: &Maps<'_>, threshold| disagreement_mask(maps, threshold).unwrap();
    // 0.5 is not above a threshold of 0.5.
    assert_eq!(mask(&pair(&level3, &level4), 0.5), array![[true, false, false]]);
    assert_eq!(mask(&pair(&level3, &level4), 0.25), array![[true, false, true]]);
    let heads = [level4.view(), level3.view(), level4.view()];
    assert_eq!(mask(&Maps::Heads(&heads), 0.5), array![[true, false, false]]);
    // Classes 0, 1 and 1 against 0, 1 and 2.
    let classes3 = array![[[0.75_f32, 0.0, 0.25]], [[0.25, 0.75, 0.5]], [[0.0, 0.25, 0.25]]];
    let classes4 = array![[[0.5_f32, 0.25, 0.25]], [[0.25, 0.5, 0.25]], [[0.25, 0.25, 0.5]]];
    let maps = Maps::Classes { level3: classes3.view(), level4: classes4.view() };
    assert_eq!(mask(&maps, 0.5), array![[false, false, true]]);
    assert_eq!(disagreement_map(&maps).unwrap(), array![[0.25, 0.25, 0.25]]);
    // A single class is a pair.
    let plane = |map: &Array2<f32>| map.clone().insert_axis(ndarray::Axis(0));
    let (one3, one4) = (plane(&level3), plane(&level4));
    let one = Maps::Classes { level3: one3.view(), level4: one4.view() };
    assert_eq!(mask(&one, 0.5), array![[true, false, false]]);
    let (map, pair) = (disagreement_map(&one), disagreement_map(&pair(&level3, &level4)));
    assert_eq!(map.unwrap(), pair.unwrap());
}

#[test]
fn further_settings_out_of_range_are_refused_by_name() {
    for bad in [-0.1, 1.5, f64::NAN] {
        let quality_threshold = QualityThreshold::Fraction(bad);
        let strategy = HeadDisagreement { quality_threshold, ..HeadDisagreement::paper() };
        let error = strategy.check().unwrap_err();
        assert!(matches!(error, Error::Parameter { field: "quality_threshold", .. }), "{error}");
    }
}
