//! Step 1: small stacks whose S0 is worked out by hand.
#![allow(clippy::unwrap_used)]

mod common;

use common::{at, plain, slice};
use qunet_quality::QualityRecord;
use qunet_select::{
    Degenerate, Error, InitialSelection, InitialSet, NearDuplicates, Threshold, Verdict,
};
use qunet_stack::SliceId;

fn numbers(set: &InitialSet) -> Vec<usize> {
    set.ids().into_iter().map(|id| id.0).collect()
}

fn verdicts(set: &InitialSet) -> Vec<Verdict> {
    set.verdicts.iter().map(|slice| slice.verdict).collect()
}

#[test]
fn thresholds_are_strict_and_quality_is_the_sum_of_both_shares() {
    let cases = [
        // Blurriness and inverse PSNR, both with a limit of 1, and what follows.
        (1.0, 0.5, Verdict::Blurred { blurriness: 1.0, limit: 1.0 }),
        (0.5, 1.0, Verdict::LowContrast { inverse_psnr: 1.0, limit: 1.0 }),
        (0.5, 0.5, Verdict::Kept { rank: 3 }),    // 1
        (0.25, 0.5, Verdict::Kept { rank: 1 }),   // 0.75
        (0.125, 0.75, Verdict::Kept { rank: 2 }), // 0.875
        (2.0, 4.0, Verdict::Blurred { blurriness: 2.0, limit: 1.0 }),
    ];
    let records: Vec<_> = (0..).zip(cases).map(|(id, (b, p, _))| slice(id, b, p)).collect();
    let set = plain().select(&records).unwrap();
    assert_eq!(verdicts(&set), cases.map(|(.., verdict)| verdict));
    assert_eq!(numbers(&set), [3, 4, 2]);
}

#[test]
fn the_default_limits_are_the_means() {
    let records =
        [slice(0, 0.25, 0.25), slice(1, 0.5, 0.5), slice(2, 1.0, 0.25), slice(3, 0.25, 1.0)];
    let set = InitialSelection::params().select(&records).unwrap();
    assert_eq!((set.limits.blurriness, set.limits.inverse_psnr), (Some(0.5), Some(0.5)));
    // Slice 1 lies exactly at both means.
    assert_eq!(numbers(&set), [0]);
}

#[test]
fn what_is_undefined_is_degenerate_and_enters_no_mean() {
    let constant = QualityRecord { variance_of_laplacian: 0.0, ..slice(0, 1.0, 0.25) };
    let dark = QualityRecord { inverse_psnr: None, ..slice(1, 0.5, 0.0) };
    let outside = QualityRecord { roi_mean: None, roi_cov: None, ..slice(2, 0.25, 0.5) };
    let records = [constant, dark, outside, slice(3, 0.25, 0.25), slice(4, 1.0, 1.0)];
    let set = InitialSelection::params().select(&records).unwrap();
    // Means of (0.5, 0.25, 0.25, 1) and (0.25, 0.5, 0.25, 1), +inf and `None` left out.
    assert_eq!((set.limits.blurriness, set.limits.inverse_psnr), (Some(0.5), Some(0.5)));
    let expected = [
        Verdict::Degenerate { reason: Degenerate::Constant },
        Verdict::Degenerate { reason: Degenerate::NoSignal },
        Verdict::Degenerate { reason: Degenerate::EmptyRegion },
        Verdict::Kept { rank: 1 },
        Verdict::Blurred { blurriness: 1.0, limit: 0.5 },
    ];
    assert_eq!(verdicts(&set), expected);
}

#[test]
fn a_region_that_is_all_zero_is_degenerate() {
    let records = [QualityRecord { roi_cov: None, ..slice(0, 0.5, 0.5) }, slice(1, 0.5, 0.5)];
    let set = plain().select(&records).unwrap();
    let empty = Verdict::Degenerate { reason: Degenerate::EmptyRegion };
    assert_eq!(verdicts(&set), [empty, Verdict::Kept { rank: 1 }]);
}

#[test]
fn a_stack_of_constant_slices_has_no_limit() {
    let constant = |id| QualityRecord {
        variance_of_laplacian: 0.0,
        inverse_psnr: None,
        ..slice(id, 1.0, 1.0)
    };
    let set = InitialSelection::params().select(&[constant(0), constant(1)]).unwrap();
    assert_eq!((set.limits.blurriness, set.limits.inverse_psnr), (None, None));
    assert_eq!(verdicts(&set), [Verdict::Degenerate { reason: Degenerate::Constant }; 2]);
}

#[test]
fn where_all_slices_are_equal_none_is_below_average() {
    let records = [0, 1, 2, 3].map(|id| slice(id, 0.5, 0.25));
    let set = InitialSelection::params().select(&records).unwrap();
    assert_eq!(verdicts(&set), [Verdict::Blurred { blurriness: 0.5, limit: 0.5 }; 4]);
    // (0.1 + 0.1 + 0.1) / 3 is above 0.1 in floating point.
    let records = [0, 1, 2].map(|id| slice(id, 0.1, 0.1));
    assert!(InitialSelection::params().select(&records).unwrap().ids().is_empty());
}

#[test]
fn a_look_alike_names_the_nearest_kept_slice_and_their_distance() {
    // CoV runs from 0 to 4 and the mean from 0 to 8 over all slices, left out or not.
    let records = [
        at(&slice(0, 0.125, 0.5), 0.0, 0.0), // best: (0, 0)
        at(&slice(1, 0.25, 0.5), 0.0, 4.0),  // (0, 0.5) from slice 0
        at(&slice(2, 0.5, 0.5), 0.0, 3.0),   // (0, 0.375): 0.125 from slice 1, 0.375 from slice 0
        at(&slice(3, 0.5, 0.625), 1.0, 0.0), // (0.25, 0): 0.25 from slice 0
        at(&slice(4, 2.0, 0.5), 4.0, 8.0),   // blurred, yet spans the axes
    ];
    let within = |epsilon| {
        plain().near_duplicates(NearDuplicates::Epsilon(epsilon)).select(&records).unwrap()
    };
    let set = within(0.375);
    assert_eq!(numbers(&set), [0, 1]);
    assert_eq!(set.limits.epsilon, Some(0.375));
    let expected = [
        Verdict::NearDuplicate { of: SliceId(1), distance: 0.125 },
        Verdict::NearDuplicate { of: SliceId(0), distance: 0.25 },
    ];
    assert_eq!(verdicts(&set)[2..4], expected);
    assert_eq!(numbers(&within(0.125)), [0, 1, 3]);
}

#[test]
fn the_cap_counts_kept_slices_only() {
    let records = [
        at(&slice(0, 0.125, 0.5), 0.25, 0.0),
        at(&slice(1, 0.25, 0.5), 0.25, 0.0), // look-alike of slice 0
        at(&slice(2, 0.5, 0.5), 0.25, 4.0),
        at(&slice(3, 0.75, 0.5), 0.25, 8.0),
    ];
    let same = NearDuplicates::Epsilon(0.0);
    let set = plain().near_duplicates(same).max_slices(2).select(&records).unwrap();
    let expected = [
        Verdict::Kept { rank: 1 },
        Verdict::NearDuplicate { of: SliceId(0), distance: 0.0 },
        Verdict::Kept { rank: 2 },
        Verdict::OverCap { cap: 2 },
    ];
    assert_eq!(verdicts(&set), expected);
}

#[test]
fn the_smallest_distance_that_leaves_few_enough() {
    let means = [0.0, 1.0, 3.0, 8.0];
    let place = |id: usize| at(&slice(id, 0.25, 0.25 + id as f64 / 8.0), 0.25, means[id]);
    let records = [0, 1, 2, 3].map(place);
    let with_cap = |cap| {
        let params = plain().near_duplicates(NearDuplicates::SmallestEpsilon).max_slices(cap);
        let set = params.select(&records).unwrap();
        (numbers(&set), set.limits.epsilon)
    };
    // The places are 0, 1/8, 3/8, 1: 1/8 drops slice 1, then 3/8 slice 2.
    assert_eq!(with_cap(4), (vec![0, 1, 2, 3], None));
    assert_eq!(with_cap(3), (vec![0, 2, 3], Some(0.125)));
    assert_eq!(with_cap(2), (vec![0, 3], Some(0.375)));
    assert_eq!(with_cap(1), (vec![0], Some(1.0)));
}

#[test]
fn ties_go_to_the_lower_number_whatever_the_order() {
    let records = [7, 3, 9, 1, 5].map(|id| slice(id, 0.5, 0.5));
    let set = plain().max_slices(3).select(&records).unwrap();
    assert_eq!(numbers(&set), [1, 3, 5]);
    let mut turned = records.clone();
    for _ in 0..records.len() {
        turned.rotate_left(1);
        assert_eq!(plain().max_slices(3).select(&turned).unwrap(), set);
    }
}

#[test]
fn quantiles_lie_between_the_slices() {
    let records = [(0, 0.125), (1, 0.25), (2, 0.5), (3, 1.0)].map(|(id, b)| slice(id, b, 0.5));
    let set = plain().blurriness(Threshold::Quantile(0.5)).select(&records).unwrap();
    assert_eq!(set.limits.blurriness, Some(0.375));
    assert_eq!(numbers(&set), [0, 1]);
    // The highest value is not below itself.
    let highest = plain().blurriness(Threshold::Quantile(1.0)).select(&records).unwrap();
    assert_eq!(numbers(&highest), [0, 1, 2]);
}

#[test]
fn nothing_to_select_from_and_slices_given_twice_are_errors() {
    assert!(matches!(plain().select(&[]), Err(Error::NoSlices)));
    let twice = [slice(4, 0.5, 0.5), slice(2, 0.5, 0.5), slice(4, 0.25, 0.5)];
    assert!(matches!(plain().select(&twice), Err(Error::Duplicate { slice: SliceId(4) })));
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    use Threshold::{MeanScale, Quantile, Value};
    let scales = [MeanScale(0.0), MeanScale(-1.0), MeanScale(f64::NAN), MeanScale(f64::INFINITY)];
    let others = [Quantile(0.0), Quantile(1.5), Quantile(f64::NAN), Value(f64::NAN)];
    for threshold in scales.into_iter().chain(others) {
        let error = plain().blurriness(threshold).check().unwrap_err();
        assert!(error.to_string().starts_with("blurriness is "), "{error}");
        let error = plain().inverse_psnr(threshold).check().unwrap_err();
        assert!(error.to_string().starts_with("inverse_psnr is "), "{error}");
    }
    for epsilon in [-0.5, f64::NAN, f64::INFINITY] {
        let params = plain().near_duplicates(NearDuplicates::Epsilon(epsilon));
        let error = params.check().unwrap_err();
        assert!(error.to_string().starts_with("near_duplicates is "), "{error}");
    }
    let error = plain().max_slices(0).check().unwrap_err();
    assert_eq!(error.to_string(), "max_slices is 0: it must be at least 1");
}

#[test]
fn a_set_survives_json() {
    // One of each kind of verdict.
    let records = [
        at(&slice(0, 0.25, 0.5), 0.25, 0.0),
        at(&slice(1, 0.5, 0.5), 0.25, 0.0),
        at(&slice(2, 0.5, 0.5), 0.25, 8.0),
        slice(3, 2.0, 0.5),
        slice(4, 0.5, 2.0),
        QualityRecord { variance_of_laplacian: 0.0, ..slice(5, 1.0, 0.5) },
    ];
    let params = plain().near_duplicates(NearDuplicates::Epsilon(0.0)).max_slices(1);
    let set = params.select(&records).unwrap();
    let json = serde_json::to_string(&set).unwrap();
    for kind in ["kept", "near_duplicate", "over_cap", "blurred", "low_contrast", "degenerate"] {
        assert_eq!(json.matches(&format!(r#""verdict":"{kind}""#)).count(), 1, "{kind}: {json}");
    }
    assert_eq!(serde_json::from_str::<InitialSet>(&json).unwrap(), set);
}
