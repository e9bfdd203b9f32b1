//! Step 1 on several stacks, and what bounds a set besides the thresholds, worked out by hand.
#![allow(clippy::unwrap_used)]

mod common;

use common::{at, plain, slice};
use qunet_quality::QualityRecord;
use qunet_select::{
    CandidateId, Error, Gap, InitialParams, InitialSets, NearDuplicates, Scope, StackRecords,
    Threshold, Verdict,
};
use qunet_stack::SliceId;

fn stacks<'a>(records: &[&'a [QualityRecord]]) -> Vec<StackRecords<'a>> {
    records.iter().map(|records| StackRecords::new(records)).collect()
}

fn numbers(sets: &InitialSets) -> Vec<(usize, usize)> {
    sets.ids().into_iter().map(|id| (id.stack, id.slice.0)).collect()
}

fn verdict(sets: &InitialSets, stack: usize, slice: usize) -> Verdict {
    sets.stacks[stack].verdicts[slice].verdict
}

/// Slices with these costs, half of each from blurriness and half from inverse PSNR.
fn costs(costs: &[f64]) -> Vec<QualityRecord> {
    costs.iter().enumerate().map(|(id, cost)| slice(id, cost / 2.0, cost / 2.0)).collect()
}

#[test]
fn quality_ranks_go_through_all_stacks_and_ties_to_the_first() {
    let (first, second) = (costs(&[1.0, 0.25]), costs(&[0.25, 0.5, 3.0]));
    let sets = plain().select_stacks(&stacks(&[&first, &second])).unwrap();
    assert_eq!(numbers(&sets), [(0, 1), (1, 0), (1, 1), (0, 0)]);
    assert_eq!(verdict(&sets, 0, 0), Verdict::Kept { rank: 4 });
    assert_eq!(verdict(&sets, 1, 2), Verdict::Blurred { blurriness: 1.5, limit: 1.0 });
}

#[test]
fn no_stack_gives_more_than_its_quota() {
    let (first, second) = (costs(&[0.25, 0.5, 0.75]), costs(&[0.5, 1.0, 1.25]));
    let params = plain().quota(2).max_slices(3);
    let sets = params.select_stacks(&stacks(&[&first, &second])).unwrap();
    assert_eq!(numbers(&sets), [(0, 0), (0, 1), (1, 0)]);
    assert_eq!(verdict(&sets, 0, 2), Verdict::OverQuota { quota: 2 });
    assert_eq!(verdict(&sets, 1, 1), Verdict::OverCap { cap: 3 });
}

#[test]
fn a_slice_over_quota_leaves_room_for_the_next_look_alikes() {
    // Slice 1 is over the quota, so that slice 2, a look-alike of it alone, is over the quota too.
    let records = [
        at(&slice(0, 0.125, 0.5), 0.25, 0.0),
        at(&slice(1, 0.25, 0.5), 0.25, 8.0),
        at(&slice(2, 0.5, 0.5), 0.25, 8.0),
        at(&slice(3, 0.75, 0.5), 0.25, 0.0),
    ];
    let params = plain().quota(1).near_duplicates(NearDuplicates::Epsilon(0.0));
    let sets = params.select_stacks(&stacks(&[&records])).unwrap();
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
    let sets = plain().gap(Gap::Slices(3)).select_stacks(&stacks(&[&order])).unwrap();
    assert_eq!(numbers(&sets), [(0, 5), (0, 8), (0, 2)]);
    let near = |of, distance| Verdict::TooNear { of: SliceId(of), distance };
    assert_eq!(verdict(&sets, 0, 3), near(5, 2.0));
    assert_eq!(verdict(&sets, 0, 0), near(2, 2.0));
    assert_eq!(near(2, 2.0).to_string(), "too near slice 2 along z, at distance 2");
    // The same slices of another stack are not in the way.
    let both = plain().gap(Gap::Slices(3)).select_stacks(&stacks(&[&order, &order])).unwrap();
    assert_eq!(numbers(&both), [(0, 5), (1, 5), (0, 8), (1, 8), (0, 2), (1, 2)]);
}

#[test]
fn a_gap_in_millimetres_goes_by_the_spacing_of_each_stack() {
    let order = costs(&[0.25, 0.5, 0.75, 1.0]);
    let params = plain().gap(Gap::Millimetres(2.1));
    // 0.7 mm: three slices are 2.1 mm, though 3 * 0.7 is less in floating point.
    let thick = StackRecords::new(&order).spacing(1.5);
    let thin = StackRecords::new(&order).spacing(0.7);
    let sets = params.select_stacks(&[thick, thin]).unwrap();
    assert_eq!(numbers(&sets), [(0, 0), (1, 0), (0, 2), (1, 3)]);
    assert_eq!(verdict(&sets, 0, 3), Verdict::TooNear { of: SliceId(2), distance: 1.5 });
    let error = params.select_stacks(&[thick, StackRecords::new(&order)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the spacing of stack 1 is not given; give it, or the gap in slices"
    );
    assert!(matches!(params.select(&order), Err(Error::NoSpacing { stack: 0 })));
}

#[test]
fn the_nearer_neighbour_is_named_and_of_two_the_lower() {
    let order = costs(&[0.25, 2.0, 0.75, 2.0, 0.5]);
    let sets = plain().gap(Gap::Slices(4)).select_stacks(&stacks(&[&order])).unwrap();
    assert_eq!(numbers(&sets), [(0, 0), (0, 4)]);
    assert_eq!(verdict(&sets, 0, 2), Verdict::TooNear { of: SliceId(0), distance: 2.0 });
}

#[test]
fn look_alikes_are_those_of_one_stack() {
    let first = [at(&slice(0, 0.25, 0.5), 0.25, 0.0), at(&slice(1, 0.25, 0.5), 0.25, 8.0)];
    let params = plain().near_duplicates(NearDuplicates::Epsilon(0.0));
    let sets = params.select_stacks(&stacks(&[&first, &first])).unwrap();
    assert_eq!(numbers(&sets), [(0, 0), (0, 1), (1, 0), (1, 1)]);
    // Axes over each stack: means 0 and 8 lie 1 apart. Over both stacks, 0 to 32, a quarter.
    let wide = [at(&slice(0, 0.25, 0.5), 0.25, 0.0), at(&slice(1, 0.25, 0.5), 0.25, 32.0)];
    let params = plain().near_duplicates(NearDuplicates::Epsilon(0.25));
    let each = params.select_stacks(&stacks(&[&first, &wide])).unwrap();
    assert_eq!(each.ids().len(), 4);
    let all = params.scope(Scope::AllStacks).select_stacks(&stacks(&[&first, &wide])).unwrap();
    assert_eq!(numbers(&all), [(0, 0), (1, 0), (1, 1)]);
}

#[test]
fn more_stacks_than_slices_give_their_best_slice_each() {
    let stack = |cost: f64| {
        [at(&slice(0, cost, 0.25), 0.25, 0.0), at(&slice(1, cost + 0.1, 0.25), 0.25, 8.0)]
    };
    let (first, second, third) = (stack(0.5), stack(0.25), stack(0.75));
    let params = plain().near_duplicates(NearDuplicates::SmallestEpsilon).max_slices(2);
    let sets = params.select_stacks(&stacks(&[&first, &second, &third])).unwrap();
    assert_eq!(numbers(&sets), [(1, 0), (0, 0)]);
    assert_eq!(verdict(&sets, 2, 0), Verdict::OverCap { cap: 2 });
}

#[test]
fn thresholds_go_over_each_stack_or_over_all() {
    // Means of B: 0.5 and 2; over both 1.25.
    let (good, poor) =
        ([slice(0, 0.25, 0.25), slice(1, 0.75, 0.25)], [slice(0, 1.0, 0.25), slice(1, 3.0, 0.25)]);
    let params = plain().blurriness(Threshold::MeanScale(1.0));
    let each = params.select_stacks(&stacks(&[&good, &poor])).unwrap();
    let limits: Vec<_> = each.stacks.iter().map(|set| set.limits.blurriness).collect();
    assert_eq!(limits, [Some(0.5), Some(2.0)]);
    // Each is half of its own mean: equal quality, so that the first stack comes first.
    assert_eq!(numbers(&each), [(0, 0), (1, 0)]);
    let all = params.scope(Scope::AllStacks).select_stacks(&stacks(&[&good, &poor])).unwrap();
    let limits: Vec<_> = all.stacks.iter().map(|set| set.limits.blurriness).collect();
    assert_eq!(limits, [Some(1.25), Some(1.25)]);
    assert_eq!(numbers(&all), [(0, 0), (0, 1), (1, 0)]);
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
        let params = InitialParams::paper().near_duplicates(NearDuplicates::Keep);
        let set = params.wanted_fraction(share).select(&records).unwrap();
        (set.ids().len(), set.limits)
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
    let set = plain().wanted_fraction(0.25).select(&records).unwrap();
    assert_eq!(set.ids().len(), 4);
    assert!(set.limits.scale.unwrap() > 0.5);
    // Nothing is below a limit of 0, whatever its scale.
    let zero = [slice(0, 0.5, 0.0), slice(1, 0.25, 0.0)];
    let none = InitialParams::paper().wanted_fraction(0.5).select(&zero).unwrap();
    assert_eq!((none.limits.scale, none.ids().len()), (None, 0));
}

#[test]
fn the_notebook_takes_the_outer_tenths_and_keeps_look_alikes() {
    // B and P are 1/100 to 1: below the 20th percentile of B are 20, of these 10 below the 10th of P.
    let records: Vec<_> = (0..100)
        .map(|id| at(&slice(id, 100.0 / (id + 1) as f64, (100 - id) as f64 / 100.0), 0.5, 0.5))
        .collect();
    let set = InitialParams::notebook().select(&records).unwrap();
    assert_eq!(
        set.ids().into_iter().map(|id| id.0).collect::<Vec<_>>(),
        (90..100).rev().collect::<Vec<_>>()
    );
    // The paper finds all of them alike.
    assert_eq!(InitialParams::paper().select(&records).unwrap().ids(), [SliceId(99)]);
    assert_eq!(InitialParams::default(), InitialParams::paper());
}

#[test]
fn stacks_that_cannot_be_judged_are_refused_by_name() {
    let good = costs(&[0.5, 0.75]);
    let refused =
        |records: &[QualityRecord]| plain().select_stacks(&stacks(&[&good, records])).unwrap_err();
    assert!(matches!(plain().select_stacks(&[]), Err(Error::NoSlices)));
    assert!(matches!(plain().select_stacks(&stacks(&[&[], &[]])), Err(Error::NoSlices)));
    assert_eq!(
        refused(&[]).to_string(),
        "stack 1 has no records; score its slices, or leave it out"
    );
    let twice = refused(&[slice(3, 0.5, 0.5), slice(3, 0.25, 0.5)]);
    let id = CandidateId { stack: 1, slice: SliceId(3) };
    assert!(matches!(twice, Error::Repeated { candidate, .. } if candidate == id), "{twice}");
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
    for spacing in [0.0, -1.0, f64::NAN] {
        let stack = StackRecords::new(&good).spacing(spacing);
        let error = plain().select_stacks(&[stack]).unwrap_err().to_string();
        assert!(error.starts_with("slice_spacing is "), "{error}");
    }
}

#[test]
fn further_settings_out_of_range_are_refused_by_name() {
    let refused = |params: InitialParams| params.check().unwrap_err().to_string();
    for share in [0.0, -0.1, 1.1, f64::NAN] {
        assert!(refused(plain().wanted_fraction(share)).starts_with("wanted_fraction is "));
    }
    for gap in [Gap::Slices(0), Gap::Millimetres(0.0), Gap::Millimetres(f64::NAN)] {
        assert!(refused(plain().gap(gap)).starts_with("gap is "));
    }
    assert_eq!(refused(plain().quota(0)), "quota is 0: it must be at least 1");
}

#[test]
fn sets_and_settings_survive_json_and_old_settings_are_read() {
    let order = costs(&[0.25, 0.5, 0.75, 1.0]);
    let params = plain().quota(1).gap(Gap::Slices(2)).wanted_fraction(0.9);
    let sets = params.select_stacks(&stacks(&[&order])).unwrap();
    let json = serde_json::to_string(&sets).unwrap();
    for kind in ["too_near", "over_quota"] {
        assert!(json.contains(&format!(r#""verdict":"{kind}""#)), "{json}");
    }
    assert_eq!(serde_json::from_str::<InitialSets>(&json).unwrap(), sets);
    let old = r#"{"blurriness": {"mean_scale": 1.0}, "max_slices": 4}"#;
    let params: InitialParams = serde_json::from_str(old).unwrap();
    assert_eq!(params, InitialParams::paper().max_slices(4));
}
