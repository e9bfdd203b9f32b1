//! Step 1: small stacks whose S0 is worked out by hand.
#![allow(clippy::unwrap_used)]

mod common;

use common::{at, numbers, picked, plain, select, slice, take, try_pool, verdicts};
use qunet_quality::QualityRecord;
use qunet_select::{
    Degenerate, Error, ImageQuality, NearDuplicates, QualityLimits, Reason, Selection, Strategy,
    Threshold, Verdict,
};
use qunet_stack::SliceId;

fn limits(selection: &Selection) -> QualityLimits {
    selection.thresholds.image_quality[0]
}

#[test]
fn thresholds_are_strict_and_quality_is_the_sum_of_both_shares() {
    let cases = [
        // Blurriness and inverse PSNR, both with a limit of 1, and what follows.
        (1.0, 0.5, Verdict::Blurred { blurriness: 1.0, limit: 1.0 }),
        (0.5, 1.0, Verdict::LowContrast { inverse_psnr: 1.0, limit: 1.0 }),
        (0.5, 0.5, picked(3)),    // 1
        (0.25, 0.5, picked(1)),   // 0.75
        (0.125, 0.75, picked(2)), // 0.875
        (2.0, 4.0, Verdict::Blurred { blurriness: 2.0, limit: 1.0 }),
    ];
    let records: Vec<_> = (0..).zip(cases.clone()).map(|(id, (b, p, _))| slice(id, b, p)).collect();
    let set = select(plain(), &[&records]);
    assert_eq!(verdicts(&set), cases.map(|(.., verdict)| verdict));
    assert_eq!(numbers(&set), [3, 4, 2]);
}

#[test]
fn the_default_limits_are_the_means() {
    let records =
        [slice(0, 0.25, 0.25), slice(1, 0.5, 0.5), slice(2, 1.0, 0.25), slice(3, 0.25, 1.0)];
    let set = select(ImageQuality::paper(), &[&records]);
    assert_eq!((limits(&set).blurriness, limits(&set).inverse_psnr), (Some(0.5), Some(0.5)));
    // Slice 1 lies exactly at both means.
    assert_eq!(numbers(&set), [0]);
}

#[test]
fn what_is_undefined_is_degenerate_and_enters_no_mean() {
    let constant = QualityRecord { variance_of_laplacian: 0.0, ..slice(0, 1.0, 0.25) };
    let dark = QualityRecord { inverse_psnr: None, ..slice(1, 0.5, 0.0) };
    let outside = QualityRecord { roi_mean: None, roi_cov: None, ..slice(2, 0.25, 0.5) };
    let records = [constant, dark, outside, slice(3, 0.25, 0.25), slice(4, 1.0, 1.0)];
    let set = select(ImageQuality::paper(), &[&records]);
    // Means of (0.5, 0.25, 0.25, 1) and (0.25, 0.5, 0.25, 1), +inf and `None` left out.
    assert_eq!((limits(&set).blurriness, limits(&set).inverse_psnr), (Some(0.5), Some(0.5)));
    let expected = [
        Verdict::Degenerate { reason: Degenerate::Constant },
        Verdict::Degenerate { reason: Degenerate::NoSignal },
        Verdict::Degenerate { reason: Degenerate::EmptyRegion },
        picked(1),
        Verdict::Blurred { blurriness: 1.0, limit: 0.5 },
    ];
    assert_eq!(verdicts(&set), expected);
}

#[test]
fn a_region_that_is_all_zero_is_degenerate() {
    let records = [QualityRecord { roi_cov: None, ..slice(0, 0.5, 0.5) }, slice(1, 0.5, 0.5)];
    let set = select(plain(), &[&records]);
    let empty = Verdict::Degenerate { reason: Degenerate::EmptyRegion };
    assert_eq!(verdicts(&set), [empty, picked(1)]);
}

#[test]
fn a_stack_of_constant_slices_has_no_limit() {
    let constant = |id| QualityRecord {
        variance_of_laplacian: 0.0,
        inverse_psnr: None,
        ..slice(id, 1.0, 1.0)
    };
    let set = select(ImageQuality::paper(), &[&[constant(0), constant(1)]]);
    assert_eq!((limits(&set).blurriness, limits(&set).inverse_psnr), (None, None));
    assert_eq!(verdicts(&set), vec![Verdict::Degenerate { reason: Degenerate::Constant }; 2]);
}

#[test]
fn where_all_slices_are_equal_none_is_below_average() {
    let records = [0, 1, 2, 3].map(|id| slice(id, 0.5, 0.25));
    let set = select(ImageQuality::paper(), &[&records]);
    assert_eq!(verdicts(&set), vec![Verdict::Blurred { blurriness: 0.5, limit: 0.5 }; 4]);
    // (0.1 + 0.1 + 0.1) / 3 is above 0.1 in floating point.
    let records = [0, 1, 2].map(|id| slice(id, 0.1, 0.1));
    assert!(select(ImageQuality::paper(), &[&records]).ids().is_empty());
}

#[test]
fn a_near_duplicate_names_the_nearest_kept_slice_and_their_distance() {
    // CoV runs from 0 to 4 and the mean from 0 to 8 over all slices, left out or not.
    let records = [
        at(&slice(0, 0.125, 0.5), 0.0, 0.0), // best: (0, 0)
        at(&slice(1, 0.25, 0.5), 0.0, 4.0),  // (0, 0.5) from slice 0
        at(&slice(2, 0.5, 0.5), 0.0, 3.0),   // (0, 0.375): 0.125 from slice 1, 0.375 from slice 0
        at(&slice(3, 0.5, 0.625), 1.0, 0.0), // (0.25, 0): 0.25 from slice 0
        at(&slice(4, 2.0, 0.5), 4.0, 8.0),   // blurred, yet spans the axes
    ];
    let within = |epsilon| {
        let near_duplicates = NearDuplicates::Epsilon(epsilon);
        select(ImageQuality { near_duplicates, ..plain() }, &[&records])
    };
    let set = within(0.375);
    assert_eq!(numbers(&set), [0, 1]);
    assert_eq!(limits(&set).epsilon, Some(0.375));
    let expected = [
        Verdict::NearDuplicate { of: SliceId(1), distance: 0.125 },
        Verdict::NearDuplicate { of: SliceId(0), distance: 0.25 },
    ];
    assert_eq!(verdicts(&set)[2..4], expected);
    assert_eq!(numbers(&within(0.125)), [0, 1, 3]);
}

#[test]
fn the_count_counts_kept_slices_only() {
    let records = [
        at(&slice(0, 0.125, 0.5), 0.25, 0.0),
        at(&slice(1, 0.25, 0.5), 0.25, 0.0), // near duplicate of slice 0
        at(&slice(2, 0.5, 0.5), 0.25, 4.0),
        at(&slice(3, 0.75, 0.5), 0.25, 8.0),
    ];
    let near_duplicates = NearDuplicates::Epsilon(0.0);
    let set = take(2, ImageQuality { near_duplicates, ..plain() }, &[&records]);
    let expected = [
        picked(1),
        Verdict::NearDuplicate { of: SliceId(0), distance: 0.0 },
        picked(2),
        Verdict::NotReached,
    ];
    assert_eq!(verdicts(&set), expected);
}

#[test]
fn the_smallest_distance_that_leaves_few_enough() {
    let means = [0.0, 1.0, 3.0, 8.0];
    let place = |id: usize| at(&slice(id, 0.25, 0.25 + id as f64 / 8.0), 0.25, means[id]);
    let records = [0, 1, 2, 3].map(place);
    let with_count = |count| {
        let near_duplicates = NearDuplicates::SmallestEpsilon;
        let set = take(count, ImageQuality { near_duplicates, ..plain() }, &[&records]);
        (numbers(&set), limits(&set).epsilon)
    };
    // The places are 0, 1/8, 3/8, 1: 1/8 drops slice 1, then 3/8 slice 2.
    assert_eq!(with_count(4), (vec![0, 1, 2, 3], None));
    assert_eq!(with_count(3), (vec![0, 2, 3], Some(0.125)));
    assert_eq!(with_count(2), (vec![0, 3], Some(0.375)));
    assert_eq!(with_count(1), (vec![0], Some(1.0)));
}

#[test]
fn ties_go_to_the_lower_number_whatever_the_order() {
    let records = [7, 3, 9, 1, 5].map(|id| slice(id, 0.5, 0.5));
    let set = take(3, plain(), &[&records]);
    assert_eq!(numbers(&set), [1, 3, 5]);
    let mut rotated = records.clone();
    for _ in 0..records.len() {
        rotated.rotate_left(1);
        assert_eq!(take(3, plain(), &[&rotated]), set);
    }
}

#[test]
fn quantiles_lie_between_the_slices() {
    let records = [(0, 0.125), (1, 0.25), (2, 0.5), (3, 1.0)].map(|(id, b)| slice(id, b, 0.5));
    let below = |share| ImageQuality { blurriness: Threshold::Quantile(share), ..plain() };
    let set = select(below(0.5), &[&records]);
    assert_eq!(limits(&set).blurriness, Some(0.375));
    assert_eq!(numbers(&set), [0, 1]);
    // The highest value is not below itself.
    let highest = select(below(1.0), &[&records]);
    assert_eq!(numbers(&highest), [0, 1, 2]);
}

#[test]
fn nothing_to_select_from_and_slices_given_twice_are_errors() {
    assert!(matches!(try_pool(&[]), Err(Error::NoSlices)));
    let twice = [slice(4, 0.5, 0.5), slice(2, 0.5, 0.5), slice(4, 0.25, 0.5)];
    let error = try_pool(&[&twice]).unwrap_err();
    assert_eq!(error.to_string(), "slice 4 of stack 0 was given twice; give each slice once");
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    use Threshold::{MeanScale, Quantile, Value};
    let scales = [MeanScale(0.0), MeanScale(-1.0), MeanScale(f64::NAN), MeanScale(f64::INFINITY)];
    let others = [Quantile(0.0), Quantile(1.5), Quantile(f64::NAN), Value(f64::NAN)];
    for threshold in scales.into_iter().chain(others) {
        let error = ImageQuality { blurriness: threshold, ..plain() }.check().unwrap_err();
        assert!(error.to_string().starts_with("blurriness is "), "{error}");
        let error = ImageQuality { inverse_psnr: threshold, ..plain() }.check().unwrap_err();
        assert!(error.to_string().starts_with("inverse_psnr is "), "{error}");
    }
    for epsilon in [-0.5, f64::NAN, f64::INFINITY] {
        let near_duplicates = NearDuplicates::Epsilon(epsilon);
        let error = ImageQuality { near_duplicates, ..plain() }.check().unwrap_err();
        assert!(error.to_string().starts_with("near_duplicates is "), "{error}");
    }
    let error = ImageQuality { quota: Some(0), ..plain() }.check().unwrap_err();
    assert_eq!(error.to_string(), "quota is 0: it must be at least 1");
}

#[test]
fn a_selection_survives_json() {
    // One of each kind of verdict.
    let records = [
        at(&slice(0, 0.25, 0.5), 0.25, 0.0),
        at(&slice(1, 0.5, 0.5), 0.25, 0.0),
        at(&slice(2, 0.5, 0.5), 0.25, 8.0),
        slice(3, 2.0, 0.5),
        slice(4, 0.5, 2.0),
        QualityRecord { variance_of_laplacian: 0.0, ..slice(5, 1.0, 0.5) },
    ];
    let near_duplicates = NearDuplicates::Epsilon(0.0);
    let set = take(1, ImageQuality { near_duplicates, ..plain() }, &[&records]);
    let json = serde_json::to_string(&set).unwrap();
    for kind in ["picked", "near_duplicate", "not_reached", "blurred", "low_contrast", "degenerate"]
    {
        assert_eq!(json.matches(&format!(r#""verdict":"{kind}""#)).count(), 1, "{kind}: {json}");
    }
    assert_eq!(serde_json::from_str::<Selection>(&json).unwrap(), set);
}

#[test]
fn a_pick_says_its_numbers() {
    let records = [slice(0, 0.5, 0.25), slice(1, 0.25, 0.25)];
    let set = select(plain(), &[&records]);
    let Verdict::Picked { rank, spacing, reason } = &set.verdicts[0].verdict else { panic!() };
    let (blurriness, inverse_psnr) = (0.5, 0.25);
    let expected = Reason::ImageQuality { quality: 0.75, place: 2, blurriness, inverse_psnr };
    assert_eq!((*rank, *spacing, reason), (2, Some(1.0), &expected));
    assert_eq!(
        set.picks()[1].to_string(),
        "2. slice 0 of stack 0: quality cost 0.7500, place 2; blurriness 5.000e-1, inverse PSNR \
         2.500e-1; 1 along z from the nearest"
    );
}
