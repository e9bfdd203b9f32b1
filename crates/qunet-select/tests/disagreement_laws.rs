//! Step 2: laws that hold for any maps and settings.
#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use proptest::prelude::*;
use qunet_select::{
    AgreementMeasure, AgreementRecord, DisagreementParams, DisagreementSet, EmptyAgreement, Maps,
    Pick, QualityThreshold,
};
use qunet_stack::SliceId;

type Slice = (Array2<f32>, Array2<f32>);

/// Maps of six pixels, of few values, so that ties and empty heads are common.
fn any_map() -> impl Strategy<Value = Array2<f32>> {
    let value = prop_oneof![3 => 0..2u8, 1 => 0..5u8].prop_map(|value| f32::from(value) / 4.0);
    prop::collection::vec(value, 6)
        .prop_map(|values| Array2::from_shape_fn((2, 3), |(y, x)| values[3 * y + x]))
}

fn any_slices() -> impl Strategy<Value = Vec<Slice>> {
    prop::collection::vec((any_map(), any_map()), 1..30)
}

fn any_params() -> impl Strategy<Value = DisagreementParams> {
    let threshold = prop_oneof![
        (0.0..=1.0).prop_map(QualityThreshold::Fixed),
        (0.0..=1.0).prop_map(QualityThreshold::Fraction),
        (0..12usize).prop_map(QualityThreshold::Count),
        Just(QualityThreshold::Elbow),
    ];
    let policy = prop_oneof![
        Just(EmptyAgreement::Agree),
        Just(EmptyAgreement::Unknown),
        Just(EmptyAgreement::Suspect),
    ];
    let measure = prop_oneof![Just(AgreementMeasure::Jaccard), Just(AgreementMeasure::SoftJaccard)];
    (threshold, policy, measure, prop::option::of(0..9usize)).prop_map(
        |(threshold, policy, measure, max_slices)| {
            let params = DisagreementParams::default()
                .quality_threshold(threshold)
                .empty_agreement(policy)
                .measure(measure);
            DisagreementParams { max_slices, ..params }
        },
    )
}

fn pair((level3, level4): &Slice) -> Maps<'_> {
    Maps::Pair { level3: level3.view(), level4: level4.view() }
}

fn select(params: DisagreementParams, order: &[usize], slices: &[Slice]) -> DisagreementSet {
    let mut query = params.start().unwrap();
    for &id in order {
        query.observe_maps(SliceId(id), &pair(&slices[id])).unwrap();
    }
    query.finish()
}

fn in_order(params: DisagreementParams, slices: &[Slice]) -> DisagreementSet {
    select(params, &(0..slices.len()).collect::<Vec<_>>(), slices)
}

proptest! {
    #[test]
    fn the_budget_holds_and_the_lowest_q_come_first(
        slices in any_slices(),
        params in any_params(),
    ) {
        let set = in_order(params, &slices);
        let ids = set.ids();
        prop_assert!(ids.len() <= params.max_slices.unwrap_or(usize::MAX));
        match params.quality_threshold {
            QualityThreshold::Count(count) => prop_assert!(ids.len() <= count),
            QualityThreshold::Fraction(share) => {
                prop_assert!(ids.len() as f64 <= share * slices.len() as f64 + 1e-6);
            }
            _ => {}
        }
        let key = |id: &SliceId| (set.records[id.0].quality_index, *id);
        let keys: Vec<_> = ids.iter().map(key).collect();
        prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        // Whoever agrees has no lower Q than whoever is picked.
        let agrees = set.records.iter().filter(|record| record.pick == Pick::Agrees);
        let last = keys.last().copied();
        prop_assert!(agrees.map(|it| (it.quality_index, it.id)).all(|it| last.is_none_or(|last| it > last)));
    }

    #[test]
    fn a_fixed_q0_takes_those_strictly_below(slices in any_slices(), q0 in 0.0..=1.0f64) {
        let set = in_order(DisagreementParams::default().quality_threshold(q0), &slices);
        for record in &set.records {
            prop_assert_eq!(record.pick != Pick::Agrees, record.quality_index < q0);
        }
    }

    #[test]
    fn a_higher_threshold_loses_no_slice(
        slices in any_slices(),
        params in any_params(),
        (low, high) in (0.0..=1.0f64, 0.0..=1.0f64),
    ) {
        let (low, high) = (low.min(high), low.max(high));
        let unbounded = DisagreementParams { max_slices: None, ..params };
        for threshold in [QualityThreshold::Fixed, QualityThreshold::Fraction] {
            let ids = |at| in_order(unbounded.quality_threshold(threshold(at)), &slices).ids();
            let (few, many) = (ids(low), ids(high));
            prop_assert_eq!(&many[..few.len()], &few[..]);
        }
    }

    #[test]
    fn the_order_of_observation_changes_nothing(
        (slices, order) in any_slices().prop_flat_map(|slices| {
            let order: Vec<usize> = (0..slices.len()).collect();
            (Just(slices), Just(order).prop_shuffle())
        }),
        params in any_params(),
    ) {
        prop_assert_eq!(in_order(params, &slices), select(params, &order, &slices));
    }

    #[test]
    fn many_at_a_time_on_any_number_of_threads_are_as_one_by_one(
        slices in any_slices(),
        params in any_params(),
    ) {
        let batch: Vec<_> =
            slices.iter().enumerate().map(|(id, it)| (SliceId(id), pair(it))).collect();
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut query = params.start().unwrap();
            pool.install(|| query.observe_all(&batch)).unwrap();
            query.finish()
        };
        let one = in_order(params, &slices);
        prop_assert_eq!(&with(1), &one);
        prop_assert_eq!(&with(3), &one);
    }

    #[test]
    fn q_is_symmetric_and_within_its_range(slices in any_slices(), params in any_params()) {
        for (level3, level4) in &slices {
            let of = |first: &Array2<f32>, second: &Array2<f32>| {
                let maps = Maps::Pair { level3: first.view(), level4: second.view() };
                AgreementRecord::of(SliceId(0), &maps, &params).unwrap()
            };
            let record = of(level3, level4);
            prop_assert_eq!(record, of(level4, level3));
            prop_assert!((0.0..=1.0).contains(&record.quality_index));
            let same = of(level3, level3);
            prop_assert!(same.quality_index == 1.0 || same.quality_index == 0.0);
        }
    }

    #[test]
    fn policies_are_ordered_and_touch_empty_slices_only(slices in any_slices()) {
        for slice in &slices {
            let q = |policy| {
                let params = DisagreementParams::default().empty_agreement(policy);
                AgreementRecord::of(SliceId(0), &pair(slice), &params).unwrap()
            };
            let [agree, unknown, suspect] =
                [EmptyAgreement::Agree, EmptyAgreement::Unknown, EmptyAgreement::Suspect].map(q);
            if agree.empty {
                prop_assert_eq!((agree.quality_index, suspect.quality_index), (1.0, 0.0));
                let soft = agree.soft_jaccard.unwrap_or(1.0);
                prop_assert_eq!(unknown.quality_index, soft);
            } else {
                prop_assert_eq!(agree, unknown);
                prop_assert_eq!(agree, suspect);
            }
        }
    }
}
