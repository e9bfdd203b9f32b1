//! Step 1: laws that hold for any stacks and settings.
#![allow(clippy::unwrap_used)]

mod common;

use common::{at, plain, slice};
use proptest::prelude::*;
use qunet_quality::QualityRecord;
use qunet_select::{
    CandidateId, Gap, InitialParams, InitialSelection, InitialSets, NearDuplicates, Scope,
    StackRecords, Threshold, Verdict,
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

fn any_params() -> impl Strategy<Value = InitialParams> {
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
        |((blur, psnr, wanted_fraction), duplicates, (cap, quota, gap), scope)| {
            let params = InitialSelection::params()
                .blurriness(blur)
                .inverse_psnr(psnr)
                .near_duplicates(duplicates)
                .max_slices(cap)
                .scope(scope);
            InitialParams { wanted_fraction, quota, gap, ..params }
        },
    )
}

fn select(params: InitialParams, stacks: &[Vec<QualityRecord>]) -> InitialSets {
    let stacks: Vec<_> = stacks.iter().map(|it| StackRecords::new(it).spacing(1.5)).collect();
    params.select_stacks(&stacks).unwrap()
}

fn verdicts(sets: &InitialSets) -> Vec<(CandidateId, Verdict)> {
    let stacks = sets.stacks.iter().enumerate();
    let of_stack = |(stack, set): (usize, &qunet_select::InitialSet)| {
        let verdict =
            |it: &qunet_select::SliceVerdict| (CandidateId { stack, slice: it.id }, it.verdict);
        set.verdicts.iter().map(verdict).collect::<Vec<_>>()
    };
    stacks.flat_map(of_stack).collect()
}

/// The slices that fail a threshold.
fn failed(sets: &InitialSets) -> Vec<CandidateId> {
    let fails = |it: &Verdict| matches!(it, Verdict::Blurred { .. } | Verdict::LowContrast { .. });
    verdicts(sets).into_iter().filter(|(_, it)| fails(it)).map(|(id, _)| id).collect()
}

proptest! {
    #[test]
    fn every_slice_has_one_verdict_and_the_kept_are_few_and_good(
        stacks in any_stacks(),
        params in any_params(),
    ) {
        let sets = select(params, &stacks);
        for (set, records) in sets.stacks.iter().zip(&stacks) {
            let judged: Vec<SliceId> = set.verdicts.iter().map(|slice| slice.id).collect();
            let given: Vec<SliceId> = records.iter().map(|record| record.id).collect();
            prop_assert_eq!(judged, given);
            for id in set.ids() {
                let record = &records[id.0];
                prop_assert!(record.blurriness() < set.limits.blurriness.unwrap());
                prop_assert!(record.inverse_psnr.unwrap() < set.limits.inverse_psnr.unwrap());
            }
        }
        let ranks = |(_, verdict)| match verdict {
            Verdict::Kept { rank } => Some(rank),
            _ => None,
        };
        let mut ranks: Vec<usize> = verdicts(&sets).into_iter().filter_map(ranks).collect();
        ranks.sort_unstable();
        prop_assert_eq!(ranks, (1..=sets.ids().len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_budget_the_quota_and_the_gap_hold(stacks in any_stacks(), params in any_params()) {
        let sets = select(params, &stacks);
        prop_assert!(sets.ids().len() <= params.max_slices);
        for set in &sets.stacks {
            let mut ids = set.ids();
            prop_assert!(ids.len() <= params.quota.unwrap_or(usize::MAX));
            ids.sort_unstable();
            for pair in ids.windows(2) {
                let apart = (pair[1].0 - pair[0].0) as f64;
                match params.gap {
                    Some(Gap::Slices(gap)) => prop_assert!(apart >= gap as f64),
                    Some(Gap::Millimetres(gap)) => prop_assert!(apart * 1.5 >= gap - 1e-8),
                    _ => {}
                }
            }
        }
        // The smallest distance that is enough leaves none over the cap, if one slice of each
        // stack does.
        let over_cap = verdicts(&sets).iter().any(|(_, it)| matches!(it, Verdict::OverCap { .. }));
        let smallest = params.near_duplicates == NearDuplicates::SmallestEpsilon;
        prop_assert!(!(over_cap && smallest && stacks.len() <= params.max_slices));
    }

    #[test]
    fn look_alikes_are_those_within_epsilon_of_a_better_one(
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
        let params = plain().near_duplicates(NearDuplicates::Epsilon(epsilon)).max_slices(99);
        let set = params.select(&records).unwrap();
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
                    Verdict::Kept { rank: kept.len() }
                }
            };
            prop_assert_eq!(set.verdicts[id].verdict, expected);
        }
    }

    #[test]
    fn a_slice_left_for_another_names_a_kept_one(
        stacks in any_stacks(),
        params in any_params(),
    ) {
        for set in select(params, &stacks).stacks {
            for slice in &set.verdicts {
                let (of, near) = match slice.verdict {
                    Verdict::NearDuplicate { of, distance } => {
                        (of, distance <= set.limits.epsilon.unwrap())
                    }
                    Verdict::TooNear { of, distance } => {
                        let step = if matches!(params.gap, Some(Gap::Slices(_))) { 1.0 } else { 1.5 };
                        (of, distance == of.0.abs_diff(slice.id.0) as f64 * step)
                    }
                    _ => continue,
                };
                prop_assert!(near && set.verdicts[of.0].is_kept());
            }
        }
    }

    #[test]
    fn the_order_of_the_records_changes_nothing(
        (records, shuffled) in any_stack()
            .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
        other in any_stack(),
        params in any_params(),
    ) {
        let stacks = |first: Vec<QualityRecord>| [first, other.clone()];
        prop_assert_eq!(select(params, &stacks(records)), select(params, &stacks(shuffled)));
    }

    #[test]
    fn the_number_of_threads_changes_nothing(stacks in any_stacks(), params in any_params()) {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| select(params, &stacks))
        };
        prop_assert_eq!(with(1), with(3));
    }

    #[test]
    fn a_looser_threshold_loses_no_candidate(
        stacks in any_stacks(),
        params in any_params(),
        more in 1.0..3.0f64,
    ) {
        let looser = |threshold| match threshold {
            Threshold::MeanScale(scale) => Threshold::MeanScale(scale * more),
            Threshold::Quantile(share) => Threshold::Quantile((share * more).min(1.0)),
            Threshold::Value(value) => Threshold::Value(value * more),
            other => other,
        };
        let strict = InitialParams { wanted_fraction: None, ..params };
        let before = failed(&select(strict, &stacks));
        for loose in [
            strict.blurriness(looser(strict.blurriness)),
            strict.inverse_psnr(looser(strict.inverse_psnr)),
        ] {
            let after = failed(&select(loose, &stacks));
            prop_assert!(after.iter().all(|id| before.contains(id)), "{after:?} {before:?}");
        }
    }

    #[test]
    fn a_larger_wanted_fraction_loses_no_candidate(
        stacks in any_stacks(),
        params in any_params(),
        share in 0.01..1.0f64,
        more in 1.0..3.0f64,
    ) {
        let failing = |share: f64| failed(&select(params.wanted_fraction(share), &stacks));
        let (before, after) = (failing(share), failing((share * more).min(1.0)));
        prop_assert!(after.iter().all(|id| before.contains(id)));
    }

    #[test]
    fn the_wanted_fraction_passes_and_a_tighter_scale_lets_fewer_pass(
        records in any_stack(),
        share in 0.01..1.0f64,
    ) {
        let set = plain().wanted_fraction(share).select(&records).unwrap();
        let complete = |record: &&QualityRecord| {
            let defined = record.inverse_psnr.is_some() && record.blurriness().is_finite();
            defined && record.roi_mean.is_some() && record.roi_cov.is_some()
        };
        let complete: Vec<_> = records.iter().filter(complete).collect();
        let passing = |scale: f64| {
            let passes = |it: &&&QualityRecord| {
                it.blurriness() < scale && it.inverse_psnr.unwrap() < scale
            };
            complete.iter().filter(passes).count()
        };
        let Some(scale) = set.limits.scale else {
            prop_assert!(complete.is_empty());
            return Ok(());
        };
        prop_assert_eq!(set.limits.blurriness.unwrap(), scale);
        let wanted = share * complete.len() as f64;
        prop_assert!(passing(scale) as f64 >= wanted - 1e-9);
        prop_assert!((passing(scale * (1.0 - 1e-12)) as f64) < wanted);
    }

    #[test]
    fn a_stack_is_judged_by_itself_or_by_all(stacks in any_stacks(), params in any_params()) {
        let each = params.scope(Scope::PerStack);
        let sets = select(each, &stacks);
        for (stack, records) in stacks.iter().enumerate() {
            let alone = select(each, std::slice::from_ref(records));
            let slices = |sets: &InitialSets, stack| {
                let of = failed(sets).into_iter().filter(move |id| id.stack == stack);
                of.map(|id| id.slice).collect::<Vec<_>>()
            };
            prop_assert_eq!(slices(&sets, stack), slices(&alone, 0));
        }
        let first = std::slice::from_ref(&stacks[0]);
        let (one, all) = (select(each, first), select(params.scope(Scope::AllStacks), first));
        prop_assert_eq!(verdicts(&one), verdicts(&all));
    }
}
