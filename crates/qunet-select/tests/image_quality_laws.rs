//! Step 1: laws that hold for any stacks and settings.
#![allow(clippy::unwrap_used)]

mod common;

use common::{at, plain, slice, try_pool};
use proptest::prelude::*;
use qunet_quality::QualityRecord;
use qunet_select::{
    CandidateId, Gap, ImageQuality, NearDuplicates, Request, Scope, Selection, SliceVerdict,
    Strategy as _, Threshold, Verdict,
};
use qunet_stack::SliceId;

/// Any slice, the undefined ones included; few values, so that ties are common.
fn any_slice() -> impl Strategy<Value = QualityRecord> {
    let few = |most: u8| prop::option::weighted(0.85, (1..most).prop_map(f64::from));
    (0..6u8, few(6), few(5), few(5)).prop_map(|(variance, inverse_psnr, roi_cov, roi_mean)| {
        let variance_of_laplacian = f64::from(variance);
        QualityRecord {
            variance_of_laplacian,
            inverse_psnr,
            roi_cov,
            roi_mean,
            ..slice(0, 1.0, 1.0)
        }
    })
}

fn any_stack() -> impl Strategy<Value = Vec<QualityRecord>> {
    prop::collection::vec(any_slice(), 1..25).prop_map(|mut records| {
        for (id, record) in records.iter_mut().enumerate() {
            record.id = SliceId(id);
        }
        records
    })
}

fn any_stacks() -> impl Strategy<Value = Vec<Vec<QualityRecord>>> {
    prop::collection::vec(any_stack(), 1..5)
}

fn any_threshold() -> impl Strategy<Value = Threshold> {
    prop_oneof![
        (0.25..3.0).prop_map(Threshold::MeanScale),
        (0.05..1.0).prop_map(Threshold::Quantile),
        (0.1..4.0).prop_map(Threshold::Value),
    ]
}

/// Settings, and how many slices are asked for.
fn any_settings() -> impl Strategy<Value = (ImageQuality, usize)> {
    let duplicates = prop_oneof![
        Just(NearDuplicates::Keep),
        Just(NearDuplicates::SmallestEpsilon),
        (0.0..1.5).prop_map(NearDuplicates::Epsilon),
    ];
    let gap =
        prop_oneof![(1..6usize).prop_map(Gap::Slices), (0.5..9.0).prop_map(Gap::Millimetres),];
    let scope = prop_oneof![Just(Scope::PerStack), Just(Scope::AllStacks)];
    let bounds = (1..8usize, prop::option::of(1..5usize), prop::option::of(gap));
    let thresholds = (any_threshold(), any_threshold(), prop::option::of(0.01..1.0));
    (thresholds, duplicates, bounds, scope).prop_map(
        |((blurriness, inverse_psnr, wanted_fraction), near_duplicates, bounds, scope)| {
            let (count, quota, gap) = bounds;
            let settings = ImageQuality {
                blurriness,
                inverse_psnr,
                wanted_fraction,
                near_duplicates,
                gap,
                quota,
                scope,
                fill_up: false,
            };
            (settings, count)
        },
    )
}

/// Slices 1.5 mm apart.
fn select(settings: ImageQuality, count: usize, stacks: &[Vec<QualityRecord>]) -> Selection {
    let records: Vec<&[QualityRecord]> = stacks.iter().map(Vec::as_slice).collect();
    let pool = try_pool(&records).unwrap();
    let positions: Vec<(CandidateId, f64)> =
        pool.ids().iter().map(|&id| (id, id.slice.0 as f64 * 1.5)).collect();
    settings.select(&pool.with_positions(positions).unwrap(), &Request::new(count, 0)).unwrap()
}

/// The slices that fail a threshold.
fn failed(selection: &Selection) -> Vec<CandidateId> {
    let fails = |it: &&SliceVerdict| {
        matches!(it.verdict, Verdict::Blurred { .. } | Verdict::LowContrast { .. })
    };
    selection.verdicts.iter().filter(fails).map(|slice| slice.id).collect()
}

/// The verdicts on one stack.
fn of_stack(selection: &Selection, stack: usize) -> Vec<&SliceVerdict> {
    selection.verdicts_of(stack).collect()
}

proptest! {
    #[test]
    fn every_slice_has_one_verdict_and_the_kept_are_few_and_good(
        stacks in any_stacks(),
        (settings, count) in any_settings(),
    ) {
        let selection = select(settings, count, &stacks);
        for (stack, records) in stacks.iter().enumerate() {
            let judged = selection.verdicts_of(stack).map(|slice| slice.id.slice);
            let given = records.iter().map(|record| record.id);
            prop_assert_eq!(judged.collect::<Vec<_>>(), given.collect::<Vec<_>>());
            let limits = selection.thresholds.image_quality[stack];
            for id in selection.slices(stack) {
                let record = &records[id.0];
                prop_assert!(record.blurriness() < limits.blurriness.unwrap());
                prop_assert!(record.inverse_psnr.unwrap() < limits.inverse_psnr.unwrap());
            }
        }
        let ranks: Vec<usize> = selection.picks().iter().map(|pick| pick.rank).collect();
        prop_assert_eq!(ranks, (1..=selection.ids().len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_budget_the_quota_and_the_gap_hold(
        stacks in any_stacks(),
        (settings, count) in any_settings(),
    ) {
        let selection = select(settings, count, &stacks);
        prop_assert!(selection.ids().len() <= count);
        for stack in 0..stacks.len() {
            let mut ids = selection.slices(stack);
            prop_assert!(ids.len() <= settings.quota.unwrap_or(usize::MAX));
            ids.sort_unstable();
            for pair in ids.windows(2) {
                let apart = (pair[1].0 - pair[0].0) as f64;
                match settings.gap {
                    Some(Gap::Slices(gap)) => prop_assert!(apart >= gap as f64),
                    Some(Gap::Millimetres(gap)) => prop_assert!(apart * 1.5 >= gap - 1e-8),
                    _ => {}
                }
            }
        }
        // The smallest distance that is enough leaves none beyond the count, if one slice of each
        // stack does.
        let beyond = selection.verdicts.iter().any(|it| it.verdict == Verdict::NotReached);
        let smallest = settings.near_duplicates == NearDuplicates::SmallestEpsilon;
        prop_assert!(!(beyond && smallest && stacks.len() <= count));
    }

    #[test]
    fn near_duplicates_are_those_within_epsilon_of_a_better_one(
        places in prop::collection::vec((0.0..=1.0f64, 0.0..=1.0f64), 1..80),
        epsilon in 0.0..0.4f64,
    ) {
        // Better by number, in a plane that two slices that fail span from 0 to 1.
        let mut records: Vec<_> = (0..).zip(&places).map(|(id, &(cov, mean))| {
            at(&slice(id, 0.25 + id as f64 / 1000.0, 0.25), cov, mean)
        }).collect();
        let last = records.len();
        records.push(at(&slice(last, 2.0, 0.5), 0.0, 0.0));
        records.push(at(&slice(last + 1, 2.0, 0.5), 1.0, 1.0));
        let near_duplicates = NearDuplicates::Epsilon(epsilon);
        let set = select(ImageQuality { near_duplicates, ..plain() }, 99, &[records]);
        let mut kept: Vec<usize> = Vec::new();
        for (id, &(cov, mean)) in places.iter().enumerate() {
            let distance = |&other: &usize| {
                let (of_cov, of_mean) = places[other];
                (((cov - of_cov).powi(2) + (mean - of_mean).powi(2)).sqrt(), other)
            };
            let nearest = kept.iter().map(distance).min_by(|a, b| a.partial_cmp(b).unwrap());
            let expected = match nearest {
                Some((distance, of)) if distance <= epsilon => {
                    Verdict::NearDuplicate { of: SliceId(of), distance }
                }
                _ => {
                    kept.push(id);
                    common::picked(kept.len())
                }
            };
            prop_assert_eq!(common::verdict(&set, 0, id), expected);
        }
    }

    #[test]
    fn a_slice_left_for_another_names_a_kept_one(
        stacks in any_stacks(),
        (settings, count) in any_settings(),
    ) {
        let selection = select(settings, count, &stacks);
        for stack in 0..stacks.len() {
            let limits = selection.thresholds.image_quality[stack];
            let slices = of_stack(&selection, stack);
            for slice in &slices {
                let (of, near) = match slice.verdict {
                    Verdict::NearDuplicate { of, distance } => {
                        (of, distance <= limits.epsilon.unwrap())
                    }
                    Verdict::TooNear { of, distance } => {
                        let slices = matches!(settings.gap, Some(Gap::Slices(_)));
                        let step = if slices { 1.0 } else { 1.5 };
                        (of, distance == of.0.abs_diff(slice.id.slice.0) as f64 * step)
                    }
                    _ => continue,
                };
                prop_assert!(near && slices[of.0].is_picked());
            }
        }
    }

    #[test]
    fn the_order_of_the_records_changes_nothing(
        (records, shuffled) in any_stack()
            .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
        other in any_stack(),
        (settings, count) in any_settings(),
        fill_up in any::<bool>(),
    ) {
        let settings = ImageQuality { fill_up, ..settings };
        let stacks = |first: Vec<QualityRecord>| [first, other.clone()];
        prop_assert_eq!(
            select(settings, count, &stacks(records)),
            select(settings, count, &stacks(shuffled))
        );
    }

    #[test]
    fn the_number_of_threads_changes_nothing(
        stacks in any_stacks(),
        (settings, count) in any_settings(),
        fill_up in any::<bool>(),
    ) {
        let settings = ImageQuality { fill_up, ..settings };
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| select(settings, count, &stacks))
        };
        prop_assert_eq!(with(1), with(3));
    }

    #[test]
    fn a_looser_threshold_loses_no_candidate(
        stacks in any_stacks(),
        (settings, count) in any_settings(),
        more in 1.0..3.0f64,
    ) {
        let looser = |threshold| match threshold {
            Threshold::MeanScale(scale) => Threshold::MeanScale(scale * more),
            Threshold::Quantile(share) => Threshold::Quantile((share * more).min(1.0)),
            Threshold::Value(value) => Threshold::Value(value * more),
            other => other,
        };
        let strict = ImageQuality { wanted_fraction: None, ..settings };
        let before = failed(&select(strict, count, &stacks));
        for loose in [
            ImageQuality { blurriness: looser(strict.blurriness), ..strict },
            ImageQuality { inverse_psnr: looser(strict.inverse_psnr), ..strict },
        ] {
            let after = failed(&select(loose, count, &stacks));
            prop_assert!(after.iter().all(|id| before.contains(id)), "{after:?} {before:?}");
        }
    }

    #[test]
    fn a_larger_wanted_fraction_loses_no_candidate(
        stacks in any_stacks(),
        (settings, count) in any_settings(),
        share in 0.01..1.0f64,
        more in 1.0..3.0f64,
    ) {
        let failing = |share: f64| {
            let settings = ImageQuality { wanted_fraction: Some(share), ..settings };
            failed(&select(settings, count, &stacks))
        };
        let (before, after) = (failing(share), failing((share * more).min(1.0)));
        prop_assert!(after.iter().all(|id| before.contains(id)));
    }

    #[test]
    fn the_wanted_fraction_passes_and_a_tighter_scale_lets_fewer_pass(
        records in any_stack(),
        share in 0.01..1.0f64,
    ) {
        let settings = ImageQuality { wanted_fraction: Some(share), ..plain() };
        let limits = select(settings, 10, std::slice::from_ref(&records)).thresholds.image_quality[0];
        let complete: Vec<_> = records.iter().filter(is_complete).collect();
        let passing = |scale: f64| {
            let passes = |it: &&&QualityRecord| {
                it.blurriness() < scale && it.inverse_psnr.unwrap() < scale
            };
            complete.iter().filter(passes).count()
        };
        let Some(scale) = limits.scale else {
            prop_assert!(complete.is_empty());
            return Ok(());
        };
        prop_assert_eq!(limits.blurriness.unwrap(), scale);
        let wanted = share * complete.len() as f64;
        prop_assert!(passing(scale) as f64 >= wanted - 1e-9);
        prop_assert!((passing(scale * (1.0 - 1e-12)) as f64) < wanted);
    }

    #[test]
    fn a_stack_is_judged_by_itself_or_by_all(
        stacks in any_stacks(),
        (settings, count) in any_settings(),
    ) {
        let each = ImageQuality { scope: Scope::PerStack, ..settings };
        let all = ImageQuality { scope: Scope::AllStacks, ..settings };
        let selection = select(each, count, &stacks);
        for (stack, records) in stacks.iter().enumerate() {
            let alone = select(each, count, std::slice::from_ref(records));
            let slices = |selection: &Selection, stack| {
                let of = failed(selection).into_iter().filter(move |id| id.stack == stack);
                of.map(|id| id.slice).collect::<Vec<_>>()
            };
            prop_assert_eq!(slices(&selection, stack), slices(&alone, 0));
        }
        let first = std::slice::from_ref(&stacks[0]);
        prop_assert_eq!(select(each, count, first), select(all, count, first));
    }

    #[test]
    fn filled_up_as_many_are_picked_as_have_all_metrics(
        stacks in any_stacks(),
        (settings, count) in any_settings(),
    ) {
        let settings = ImageQuality { fill_up: true, quota: None, ..settings };
        let selection = select(settings, count, &stacks);
        let complete = stacks.iter().flatten().filter(is_complete).count();
        prop_assert_eq!(selection.ids().len(), count.min(complete));
        let degenerate = |it: &&SliceVerdict| matches!(it.verdict, Verdict::Degenerate { .. });
        let slices: usize = stacks.iter().map(Vec::len).sum();
        let out = selection.verdicts.iter().filter(degenerate).count();
        prop_assert_eq!(out, slices - complete);
        // What is picked passes the limits that the selection names.
        for pick in selection.picks() {
            let limits = selection.thresholds.image_quality[pick.id.stack];
            let record = &stacks[pick.id.stack][pick.id.slice.0];
            prop_assert!(record.blurriness() < limits.blurriness.unwrap());
            prop_assert!(record.inverse_psnr.unwrap() < limits.inverse_psnr.unwrap());
        }
    }

    #[test]
    fn what_is_picked_without_filling_up_is_picked_first(
        stacks in any_stacks(),
        (settings, count) in any_settings(),
    ) {
        let filled = ImageQuality { fill_up: true, ..settings };
        let before = select(settings, count, &stacks).ids();
        prop_assert_eq!(&select(filled, count, &stacks).ids()[..before.len()], &before[..]);
    }
}

fn is_complete(record: &&QualityRecord) -> bool {
    let defined = record.inverse_psnr.is_some() && record.blurriness().is_finite();
    defined && record.roi_mean.is_some() && record.roi_cov.is_some()
}
