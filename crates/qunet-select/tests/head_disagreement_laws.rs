//! Step 2: laws that hold for any maps and settings.
#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use proptest::prelude::*;
use qunet_select::{
    AgreementMeasure, AgreementParams, AgreementRecord, EmptyAgreement, HeadDisagreement, Maps,
    Pool, QualityThreshold, Request, Selection, Strategy as _, Verdict,
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

/// What Q is, q0, and how many slices are asked for.
#[derive(Clone, Copy, Debug)]
struct Settings {
    params: AgreementParams,
    threshold: QualityThreshold,
    count: usize,
}

fn any_settings() -> impl Strategy<Value = Settings> {
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
    let count = prop_oneof![0..9usize, Just(usize::MAX)];
    (threshold, policy, measure, count).prop_map(|(threshold, empty_agreement, measure, count)| {
        Settings { params: AgreementParams { measure, empty_agreement }, threshold, count }
    })
}

fn pair((level3, level4): &Slice) -> Maps<'_> {
    Maps::Pair { level3: level3.view(), level4: level4.view() }
}

fn records(params: &AgreementParams, order: &[usize], slices: &[Slice]) -> Vec<AgreementRecord> {
    let record = |&id: &usize| {
        AgreementRecord::from_maps(SliceId(id), &pair(&slices[id]), 0.5, params).unwrap()
    };
    order.iter().map(record).collect()
}

fn choose(settings: Settings, records: &[AgreementRecord]) -> Selection {
    let pool = Pool::new(records.iter().map(|record| record.id)).unwrap();
    let quality_threshold = settings.threshold;
    let strategy = HeadDisagreement { quality_threshold, ..HeadDisagreement::paper() };
    let pool = pool.with_agreement(records).unwrap();
    strategy.select(&pool, &Request::new(settings.count, 0)).unwrap()
}

fn in_order(params: &AgreementParams, slices: &[Slice]) -> Vec<AgreementRecord> {
    records(params, &(0..slices.len()).collect::<Vec<_>>(), slices)
}

proptest! {
    #[test]
    fn the_budget_holds_and_the_lowest_q_come_first(
        slices in any_slices(),
        settings in any_settings(),
    ) {
        let records = in_order(&settings.params, &slices);
        let set = choose(settings, &records);
        let ids = set.slices(0);
        prop_assert!(ids.len() <= settings.count);
        match settings.threshold {
            QualityThreshold::Count(count) => prop_assert!(ids.len() <= count),
            QualityThreshold::Fraction(share) => {
                prop_assert!(ids.len() as f64 <= share * slices.len() as f64 + 1e-6);
            }
            _ => {}
        }
        let key = |id: &SliceId| (records[id.0].quality_index, *id);
        let keys: Vec<_> = ids.iter().map(key).collect();
        prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        // Whoever agrees has no lower Q than whoever is picked.
        let agrees = set.verdicts.iter().filter_map(|it| match it.verdict {
            Verdict::Agrees { quality_index, threshold } => Some((quality_index, threshold, it.id)),
            _ => None,
        });
        let last = keys.last().copied();
        for (quality_index, threshold, id) in agrees {
            prop_assert!(quality_index >= threshold);
            prop_assert!(last.is_none_or(|last| (quality_index, id.slice) > last));
        }
    }

    #[test]
    fn a_fixed_q0_takes_those_strictly_below(slices in any_slices(), q0 in 0.0..=1.0f64) {
        let (params, count) = (AgreementParams::default(), usize::MAX);
        let records = in_order(&params, &slices);
        let set = choose(Settings { params, threshold: q0.into(), count }, &records);
        for (record, slice) in records.iter().zip(&set.verdicts) {
            prop_assert_eq!(slice.is_picked(), record.quality_index < q0);
        }
    }

    #[test]
    fn a_higher_threshold_loses_no_slice(
        slices in any_slices(),
        settings in any_settings(),
        (low, high) in (0.0..=1.0f64, 0.0..=1.0f64),
    ) {
        let (low, high) = (low.min(high), low.max(high));
        let records = in_order(&settings.params, &slices);
        for threshold in [QualityThreshold::Fixed, QualityThreshold::Fraction] {
            let ids = |at| {
                let settings = Settings { threshold: threshold(at), count: usize::MAX, ..settings };
                choose(settings, &records).ids()
            };
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
        settings in any_settings(),
    ) {
        let shuffled = records(&settings.params, &order, &slices);
        let plain = in_order(&settings.params, &slices);
        prop_assert_eq!(choose(settings, &plain), choose(settings, &shuffled));
    }

    #[test]
    fn many_at_a_time_on_any_number_of_threads_are_as_one_by_one(
        slices in any_slices(),
        settings in any_settings(),
    ) {
        let batch: Vec<_> =
            slices.iter().enumerate().map(|(id, it)| (SliceId(id), pair(it))).collect();
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let records = || AgreementRecord::from_slices(&batch, 0.5, &settings.params);
            pool.install(records).unwrap()
        };
        let one = in_order(&settings.params, &slices);
        prop_assert_eq!(&with(1), &one);
        prop_assert_eq!(&with(3), &one);
    }

    #[test]
    fn q_is_symmetric_and_within_its_range(slices in any_slices(), settings in any_settings()) {
        for (level3, level4) in &slices {
            let of = |first: &Array2<f32>, second: &Array2<f32>| {
                let maps = Maps::Pair { level3: first.view(), level4: second.view() };
                AgreementRecord::from_maps(SliceId(0), &maps, 0.5, &settings.params).unwrap()
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
                let params = AgreementParams { empty_agreement: policy, ..Default::default() };
                AgreementRecord::from_maps(SliceId(0), &pair(slice), 0.5, &params).unwrap()
            };
            let [agree, unknown, suspect] =
                [EmptyAgreement::Agree, EmptyAgreement::Unknown, EmptyAgreement::Suspect].map(q);
            if agree.empty {
                prop_assert_eq!((agree.quality_index, suspect.quality_index), (1.0, 0.0));
                let measure = AgreementMeasure::SoftJaccard;
                let params = AgreementParams { measure, ..Default::default() };
                let soft = AgreementRecord::from_maps(SliceId(0), &pair(slice), 0.5, &params);
                prop_assert_eq!(unknown.quality_index, soft.unwrap().quality_index);
            } else {
                prop_assert_eq!(agree, unknown);
                prop_assert_eq!(agree, suspect);
            }
        }
    }
}
