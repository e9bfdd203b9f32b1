//! Step 1 on several stacks, and what bounds a selection besides the thresholds, worked out by hand.
#![allow(clippy::unwrap_used)]

mod common;

use common::{at, costs, numbers, picked, places, plain, select, slice, take, try_pool, verdict};
use qunet_quality::QualityRecord;
use qunet_select::{
    CandidateId, Error, Gap, ImageQuality, NearDuplicates, Pool, Request, Scope, Selection,
    Strategy, Threshold, Verdict,
};
use qunet_stack::SliceId;

fn limits(selection: &Selection) -> Vec<Option<f64>> {
    selection.thresholds.image_quality.iter().map(|limits| limits.blurriness).collect()
}

#[test]
fn quality_ranks_go_through_all_stacks_and_ties_to_the_first() {
    let (first, second) = (costs(&[1.0, 0.25]), costs(&[0.25, 0.5, 3.0]));
    let sets = select(plain(), &[&first, &second]);
    assert_eq!(places(&sets), [(0, 1), (1, 0), (1, 1), (0, 0)]);
    assert_eq!(verdict(&sets, 0, 0), picked(4));
    assert_eq!(verdict(&sets, 1, 2), Verdict::Blurred { blurriness: 1.5, limit: 1.0 });
}

#[test]
fn no_stack_gives_more_than_its_quota() {
    let (first, second) = (costs(&[0.25, 0.5, 0.75]), costs(&[0.5, 1.0, 1.25]));
    let settings = ImageQuality { quota: Some(2), ..plain() };
    let sets = take(3, settings, &[&first, &second]);
    assert_eq!(places(&sets), [(0, 0), (0, 1), (1, 0)]);
    assert_eq!(verdict(&sets, 0, 2), Verdict::OverQuota { quota: 2 });
    assert_eq!(verdict(&sets, 1, 1), Verdict::NotReached);
}

#[test]
fn a_slice_over_quota_leaves_room_for_the_next_near_duplicates() {
    // Slice 1 is over the quota, so that slice 2, a near duplicate of it alone, is over the quota too.
    let records = [
        at(&slice(0, 0.125, 0.5), 0.25, 0.0),
        at(&slice(1, 0.25, 0.5), 0.25, 8.0),
        at(&slice(2, 0.5, 0.5), 0.25, 8.0),
        at(&slice(3, 0.75, 0.5), 0.25, 0.0),
    ];
    let near_duplicates = NearDuplicates::Epsilon(0.0);
    let sets = select(ImageQuality { quota: Some(1), near_duplicates, ..plain() }, &[&records]);
    assert_eq!(verdict(&sets, 0, 1), Verdict::OverQuota { quota: 1 });
    assert_eq!(verdict(&sets, 0, 2), Verdict::OverQuota { quota: 1 });
    let near = Verdict::NearDuplicate { of: SliceId(0), distance: 0.0 };
    assert_eq!(verdict(&sets, 0, 3), near);
}

#[test]
fn slices_taken_from_a_stack_keep_their_distance() {
    // By quality 5, 3, 8, 2, 0: 3 lies 2 from 5; 8 lies 3 from 5; 2 lies 3 from 5; 0 lies 2 from 2.
    let worst = 2.0;
    let order = costs(&[1.0, worst, 0.875, 0.5, worst, 0.25, worst, worst, 0.75]);
    let apart = |slices| ImageQuality { gap: Some(Gap::Slices(slices)), ..plain() };
    let sets = select(apart(3), &[&order]);
    assert_eq!(places(&sets), [(0, 5), (0, 8), (0, 2)]);
    let near = |of, distance| Verdict::TooNear { of: SliceId(of), distance };
    assert_eq!(verdict(&sets, 0, 3), near(5, 2.0));
    assert_eq!(verdict(&sets, 0, 0), near(2, 2.0));
    assert_eq!(near(2, 2.0).to_string(), "too near slice 2 along z, at distance 2");
    // The same slices of another stack are not in the way.
    let both = select(apart(3), &[&order, &order]);
    assert_eq!(places(&both), [(0, 5), (1, 5), (0, 8), (1, 8), (0, 2), (1, 2)]);
}

#[test]
fn a_gap_in_millimetres_is_measured_between_positions() {
    let order = costs(&[0.25, 0.5, 0.75, 1.0]);
    let settings = ImageQuality { gap: Some(Gap::Millimetres(2.1)), ..plain() };
    // 0.7 mm: three slices are 2.1 mm, though 3 * 0.7 is less in floating point.
    let along = |pool: Pool, stack, spacing: f64| {
        let position =
            |slice| (CandidateId { stack, slice: SliceId(slice) }, slice as f64 * spacing);
        pool.with_positions((0..4).map(position)).unwrap()
    };
    let pool = along(try_pool(&[&order, &order]).unwrap(), 0, 1.5);
    let error = settings.select(&pool, &Request::new(10, 0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the positions of stack 1 are not given; give them, or the gap in slices"
    );
    let sets = settings.select(&along(pool, 1, 0.7), &Request::new(10, 0)).unwrap();
    assert_eq!(places(&sets), [(0, 0), (1, 0), (0, 2), (1, 3)]);
    assert_eq!(verdict(&sets, 0, 3), Verdict::TooNear { of: SliceId(2), distance: 1.5 });
    let alone = try_pool(&[&order]).unwrap();
    let error = settings.select(&alone, &Request::new(10, 0)).unwrap_err();
    assert!(matches!(error, Error::NoPositions { stack: 0 }));
}

#[test]
fn the_nearer_neighbour_is_named_and_of_two_the_lower() {
    let order = costs(&[0.25, 2.0, 0.75, 2.0, 0.5]);
    let settings = ImageQuality { gap: Some(Gap::Slices(4)), ..plain() };
    let sets = select(settings, &[&order]);
    assert_eq!(places(&sets), [(0, 0), (0, 4)]);
    assert_eq!(verdict(&sets, 0, 2), Verdict::TooNear { of: SliceId(0), distance: 2.0 });
}

#[test]
fn near_duplicates_are_those_of_one_stack() {
    let first = [at(&slice(0, 0.25, 0.5), 0.25, 0.0), at(&slice(1, 0.25, 0.5), 0.25, 8.0)];
    let within = |epsilon| {
        let near_duplicates = NearDuplicates::Epsilon(epsilon);
        ImageQuality { near_duplicates, ..plain() }
    };
    let sets = select(within(0.0), &[&first, &first]);
    assert_eq!(places(&sets), [(0, 0), (0, 1), (1, 0), (1, 1)]);
    // Axes over each stack: means 0 and 8 lie 1 apart. Over both stacks, 0 to 32, a quarter.
    let wide = [at(&slice(0, 0.25, 0.5), 0.25, 0.0), at(&slice(1, 0.25, 0.5), 0.25, 32.0)];
    let each = select(within(0.25), &[&first, &wide]);
    assert_eq!(each.ids().len(), 4);
    let all = ImageQuality { scope: Scope::AllStacks, ..within(0.25) };
    let all = select(all, &[&first, &wide]);
    assert_eq!(places(&all), [(0, 0), (1, 0), (1, 1)]);
}

#[test]
fn more_stacks_than_slices_give_their_best_slice_each() {
    let stack = |cost: f64| {
        [at(&slice(0, cost, 0.25), 0.25, 0.0), at(&slice(1, cost + 0.1, 0.25), 0.25, 8.0)]
    };
    let (first, second, third) = (stack(0.5), stack(0.25), stack(0.75));
    let near_duplicates = NearDuplicates::SmallestEpsilon;
    let settings = ImageQuality { near_duplicates, ..plain() };
    let sets = take(2, settings, &[&first, &second, &third]);
    assert_eq!(places(&sets), [(1, 0), (0, 0)]);
    assert_eq!(verdict(&sets, 2, 0), Verdict::NotReached);
}

#[test]
fn thresholds_are_taken_over_each_stack_or_over_all() {
    // Means of B: 0.5 and 2; over both 1.25.
    let (good, poor) =
        ([slice(0, 0.25, 0.25), slice(1, 0.75, 0.25)], [slice(0, 1.0, 0.25), slice(1, 3.0, 0.25)]);
    let settings = ImageQuality { blurriness: Threshold::MeanScale(1.0), ..plain() };
    let each = select(settings, &[&good, &poor]);
    assert_eq!(limits(&each), [Some(0.5), Some(2.0)]);
    // Each is half of its own mean: equal quality, so that the first stack comes first.
    assert_eq!(places(&each), [(0, 0), (1, 0)]);
    let all = select(ImageQuality { scope: Scope::AllStacks, ..settings }, &[&good, &poor]);
    assert_eq!(limits(&all), [Some(1.25), Some(1.25)]);
    assert_eq!(places(&all), [(0, 0), (0, 1), (1, 0)]);
}

#[test]
fn a_wanted_fraction_scales_both_limits_by_one_number() {
    // Means 4 and 2; the slices pass from the larger of B/4 and P/2 on: 0.25, 0.5, 1, 1.5, 1.75.
    let records = [
        slice(0, 1.0, 0.25),
        slice(1, 2.0, 0.5),
        slice(2, 4.0, 1.75),
        slice(3, 6.0, 2.5 + 1.5),
        slice(4, 7.0, 3.5),
    ];
    let means: f64 = records.iter().filter_map(|record| record.inverse_psnr).sum::<f64>() / 5.0;
    assert_eq!(means, 2.0);
    let take = |share: f64| {
        let near_duplicates = NearDuplicates::Keep;
        let wanted_fraction = Some(share);
        let settings = ImageQuality { near_duplicates, wanted_fraction, ..ImageQuality::paper() };
        let set = select(settings, &[&records]);
        (set.ids().len(), set.thresholds.image_quality[0])
    };
    // Two of five slices are 0.4; 0.41 needs a third.
    for (share, passing, from) in [(0.2, 1, 0.25), (0.4, 2, 0.5), (0.41, 3, 1.0), (1.0, 5, 2.0)] {
        let (found, limits) = take(share);
        assert_eq!(found, passing, "{share}");
        let scale = limits.scale.unwrap();
        assert!(scale > from && scale < from * (1.0 + 1e-12), "{share}: {scale}");
        assert_eq!(limits.blurriness, Some(scale * 4.0));
        assert_eq!(limits.inverse_psnr, Some(scale * 2.0));
    }
}

#[test]
fn equal_slices_pass_together_and_undefined_ones_do_not_count() {
    let mut records = costs(&[1.0, 1.0, 1.0, 1.0]);
    records.push(QualityRecord { inverse_psnr: None, ..slice(4, 1.0, 1.0) });
    let set = select(ImageQuality { wanted_fraction: Some(0.25), ..plain() }, &[&records]);
    assert_eq!(set.ids().len(), 4);
    assert!(set.thresholds.image_quality[0].scale.unwrap() > 0.5);
    // Nothing is below a limit of 0, whatever its scale.
    let zero = [slice(0, 0.5, 0.0), slice(1, 0.25, 0.0)];
    let half = ImageQuality { wanted_fraction: Some(0.5), ..ImageQuality::paper() };
    let none = select(half, &[&zero]);
    assert_eq!((none.thresholds.image_quality[0].scale, none.ids().len()), (None, 0));
}

#[test]
fn the_notebook_takes_the_outer_tenths_and_keeps_near_duplicates() {
    // B and P are 1/100 to 1: below the 20th percentile of B are 20, of these 10 below the 10th of P.
    let records: Vec<_> = (0..100)
        .map(|id| at(&slice(id, 100.0 / (id + 1) as f64, (100 - id) as f64 / 100.0), 0.5, 0.5))
        .collect();
    let set = select(ImageQuality::notebook(), &[&records]);
    assert_eq!(numbers(&set), (90..100).rev().collect::<Vec<_>>());
    // By the paper all of them are near duplicates.
    assert_eq!(numbers(&select(ImageQuality::paper(), &[&records])), [99]);
}

#[test]
fn stacks_that_cannot_be_judged_are_refused_by_name() {
    let good = costs(&[0.5, 0.75]);
    assert!(matches!(try_pool(&[]), Err(Error::NoSlices)));
    assert!(matches!(try_pool(&[&[], &[]]), Err(Error::NoSlices)));
    let pool = Pool::of_stacks(&[2, 3]).unwrap();
    let missing = plain().select(&pool, &Request::new(1, 0)).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "strategy image_quality needs the column quality; add it to the pool"
    );
    let pool = pool.with_quality(0, &good).unwrap();
    let error = plain().select(&pool, &Request::new(1, 0)).unwrap_err();
    assert_eq!(error.to_string(), "stack 1 has no records; score its slices, or leave it out");
    // A slice without a record beside others is undefined.
    let pool = pool.with_quality(1, &good).unwrap();
    let set = plain().select(&pool, &Request::new(9, 0)).unwrap();
    assert_eq!(verdict(&set, 1, 2).to_string(), "quality is undefined");
    let twice = pool.with_quality(1, &good).unwrap_err();
    let id = CandidateId { stack: 1, slice: SliceId(0) };
    assert!(matches!(twice, Error::Repeated { candidate, .. } if candidate == id), "{twice}");
    let refused = |records: &[QualityRecord]| try_pool(&[&good, records]).unwrap_err();
    let bad = [
        QualityRecord { variance_of_laplacian: f64::NAN, ..slice(2, 0.5, 0.5) },
        QualityRecord { variance_of_laplacian: f64::INFINITY, ..slice(2, 0.5, 0.5) },
        slice(2, 0.5, f64::NAN),
        slice(2, 0.5, -0.5),
        at(&slice(2, 0.5, 0.5), f64::NAN, 0.0),
        at(&slice(2, 0.5, 0.5), 0.5, f64::INFINITY),
    ];
    for record in bad {
        let error = refused(std::slice::from_ref(&record)).to_string();
        assert!(error.contains(" of slice 2 of stack 1 is "), "{error}");
    }
}

#[test]
fn further_settings_out_of_range_are_refused_by_name() {
    let refused = |settings: ImageQuality| settings.check().unwrap_err().to_string();
    for share in [0.0, -0.1, 1.1, f64::NAN] {
        let wanted_fraction = Some(share);
        assert!(
            refused(ImageQuality { wanted_fraction, ..plain() }).starts_with("wanted_fraction is ")
        );
    }
    for gap in [Gap::Slices(0), Gap::Millimetres(0.0), Gap::Millimetres(f64::NAN)] {
        assert!(refused(ImageQuality { gap: Some(gap), ..plain() }).starts_with("gap is "));
    }
}

#[test]
fn selections_and_settings_survive_json() {
    let order = costs(&[0.25, 0.5, 0.75, 1.0]);
    let (quota, gap, wanted_fraction) = (Some(1), Some(Gap::Slices(2)), Some(0.9));
    let settings = ImageQuality { quota, gap, wanted_fraction, ..plain() };
    let set = select(settings, &[&order]);
    let json = serde_json::to_string(&set).unwrap();
    for kind in ["too_near", "over_quota"] {
        assert!(json.contains(&format!(r#""verdict":"{kind}""#)), "{json}");
    }
    assert_eq!(serde_json::from_str::<Selection>(&json).unwrap(), set);
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<ImageQuality>(&json).unwrap(), settings);
    let few = r#"{"blurriness": {"mean_scale": 2.0}}"#;
    let blurriness = Threshold::MeanScale(2.0);
    let expected = ImageQuality { blurriness, ..ImageQuality::default() };
    assert_eq!(serde_json::from_str::<ImageQuality>(few).unwrap(), expected);
}

#[test]
fn annotated_slices_count_as_taken() {
    let records = [
        at(&slice(0, 0.125, 0.5), 0.25, 0.0),
        at(&slice(1, 0.25, 0.5), 0.25, 8.0),
        at(&slice(2, 0.5, 0.5), 0.25, 0.0),
        at(&slice(3, 0.75, 0.5), 0.25, 4.0),
    ];
    let pool = try_pool(&[&records]).unwrap().with_annotated([SliceId(0)]).unwrap();
    let near_duplicates = NearDuplicates::Epsilon(0.0);
    let settings = ImageQuality { near_duplicates, gap: Some(Gap::Slices(2)), ..plain() };
    let set = settings.select(&pool, &Request::new(9, 0)).unwrap();
    let expected = [
        Verdict::Annotated,
        Verdict::TooNear { of: SliceId(0), distance: 1.0 },
        Verdict::NearDuplicate { of: SliceId(0), distance: 0.0 },
        picked(1),
    ];
    assert_eq!(common::verdicts(&set), expected);
}
