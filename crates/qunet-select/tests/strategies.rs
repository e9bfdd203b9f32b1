//! Strategies: picks worked out by hand, and laws that hold for all.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, array};
use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use qunet_quality::QualityRecord;
use qunet_select::{
    ByScore, CandidateId, Column, CoreSet, Coverage, Error, EvenlySpaced, ForegroundRandom,
    HeadDisagreement, Hybrid, ImageQuality, Needs, Pool, PowerScore, QualityThreshold, Random,
    Reason, Request, Selection, Space, Spread, Strategy, StrategyConfig, Typicality, Verdict,
};
use qunet_stack::SliceId;

fn ids(selection: &Selection) -> Vec<usize> {
    selection.picks().iter().map(|pick| pick.id.slice.0).collect()
}

fn scored(column: Column, values: &[f64]) -> Pool {
    let cells = values.iter().enumerate().map(|(id, &it)| (SliceId(id), it));
    Pool::of_stack(values.len()).unwrap().with_column(column, cells).unwrap()
}

#[test]
fn scores_go_by_their_direction_and_ties_to_the_lower_number() {
    let values = [0.5, 0.25, 0.75, 0.25, 0.75];
    let picks = |column: Column| {
        ids(&ByScore::new(column.clone())
            .select(&scored(column, &values), &Request::new(3, 0))
            .unwrap())
    };
    for column in [Column::Entropy, Column::Bald, Column::Disagreement, Column::Own("mine".into())]
    {
        assert_eq!(picks(column), [2, 4, 0]);
    }
    for column in [Column::Margin, Column::Agreement] {
        assert_eq!(picks(column), [1, 3, 0]);
    }
    let pool = scored(Column::Agreement, &values);
    let lowest = ByScore::new(Column::Agreement).select(&pool, &Request::new(2, 0)).unwrap();
    assert_eq!(ids(&lowest), [1, 3]);
    let second = lowest.picks()[1];
    assert_eq!(second.spacing, Some(2.0));
    let column = Column::Agreement;
    assert_eq!(second.reason, &Reason::Score { column, score: 0.25, place: 2 });
    // Algorithm 1 by default: the lowest agreement, whatever it is.
    let area = (0..5).map(|id| (SliceId(id), 1.0));
    let pool = pool.with_column(Column::Disagreement, area).unwrap();
    let strategy = HeadDisagreement::default();
    assert_eq!(ids(&strategy.select(&pool, &Request::new(3, 0)).unwrap()), [1, 3, 0]);
    let quality_threshold = QualityThreshold::Fixed(0.5);
    let strategy = HeadDisagreement { quality_threshold, ..strategy };
    assert_eq!(ids(&strategy.select(&pool, &Request::new(9, 0)).unwrap()), [1, 3]);
}

#[test]
fn quality_alone_adds_both_shares_of_the_mean() {
    let record = |id, variance_of_laplacian, inverse_psnr| QualityRecord {
        id: SliceId(id),
        variance_of_laplacian,
        inverse_psnr,
        roi_pixels: 1,
        roi_mean: Some(1.0),
        roi_cov: Some(1.0),
        further: Default::default(),
    };
    // B = 1, 1/2, 1/2, inf: mean 2/3. P = 1, 3, 2, none: mean 2. Costs 2, 2.25, 1.75, none.
    let records = [record(0, 1.0, Some(1.0)), record(1, 2.0, Some(3.0)), record(2, 2.0, Some(2.0))];
    let records = [&records[..], &[record(3, 0.0, None)]].concat();
    let pool = Pool::of_stack(4).unwrap().with_quality(0, &records).unwrap();
    let selection = ByScore::new(Column::Quality).select(&pool, &Request::new(4, 0)).unwrap();
    assert_eq!(ids(&selection), [2, 0, 1]);
    assert_eq!(selection.verdicts[3].verdict, Verdict::Undefined { column: Column::Quality });
}

#[test]
fn evenly_spaced_takes_the_middles_of_each_stack() {
    let pool = Pool::of_stacks(&[4, 8]).unwrap();
    let selection = EvenlySpaced {}.select(&pool, &Request::new(3, 0)).unwrap();
    let expected = [(0, 2), (1, 2), (1, 6)];
    let id = |(stack, slice)| CandidateId { stack, slice: SliceId(slice) };
    assert_eq!(selection.ids(), expected.map(id));
    let spacings: Vec<_> = selection.picks().iter().map(|pick| pick.spacing).collect();
    assert_eq!(spacings, [None, None, Some(4.0)]);
}

#[test]
fn foreground_is_drawn_first_and_others_fill_up() {
    let pool = scored(Column::Foreground, &[0.0, 3.0, 0.0, 0.0, 1.0, 0.0]);
    for seed in 0..50 {
        let half = ForegroundRandom { share: 0.5, above: 0.0 };
        let picked = ids(&half.select(&pool, &Request::new(2, seed)).unwrap());
        assert!([1, 4].contains(&picked[0]), "{picked:?}");
        let all = ForegroundRandom { share: 1.0, above: 0.0 };
        let picked = ids(&all.select(&pool, &Request::new(4, seed)).unwrap());
        assert!(picked[..2].iter().all(|id| [1, 4].contains(id)) && picked.len() == 4);
        let large = ForegroundRandom { share: 1.0, above: 2.0 };
        assert_eq!(ids(&large.select(&pool, &Request::new(1, seed)).unwrap()), [1]);
    }
}

#[test]
fn the_core_set_goes_to_the_farthest_slice() {
    // On a line: the mean is 2.8; then the farthest, then the farthest of the rest.
    let pool = Pool::of_stack(5).unwrap();
    let pool = pool.with_features(&array![[0.0], [1.0], [2.0], [3.0], [8.0]]).unwrap();
    let selection = CoreSet::default().select(&pool, &Request::new(4, 0)).unwrap();
    assert_eq!(ids(&selection), [3, 4, 0, 1]);
    let from = Some(SliceId(3).into());
    assert_eq!(selection.picks()[1].reason, &Reason::Farthest { distance: Some(5.0), from });
    let pool = pool.with_annotated([SliceId(4)]).unwrap();
    assert_eq!(ids(&CoreSet::default().select(&pool, &Request::new(2, 0)).unwrap()), [0, 3]);
}

#[test]
fn the_most_typical_of_the_largest_uncovered_cluster_comes_first() {
    let places = array![[0.0], [1.0], [2.0], [100.0], [101.0], [102.0], [103.5]];
    let pool = Pool::of_stack(7).unwrap().with_features(&places).unwrap();
    for seed in 0..20 {
        // Mean distances in the larger cluster: 6.5/3, 4.5/3, 4.5/3, 6/3; in the other 1.5, 1, 1.5.
        let selection = Typicality::default().select(&pool, &Request::new(2, seed)).unwrap();
        assert_eq!(ids(&selection), [4, 1]);
        let typicality = Some(1.0 / 1.5);
        assert_eq!(selection.picks()[0].reason, &Reason::Typical { typicality, cluster_size: 4 });
    }
}

#[test]
fn the_hybrid_multiplies_score_distance_and_spacing() {
    let pool = scored(Column::Entropy, &[0.5, 1.0, 0.75, 0.25])
        .with_features(&array![[0.0], [0.0], [1.0], [4.0]])
        .unwrap();
    let hybrid = Hybrid { column: Column::Entropy, ..Hybrid::default() };
    // First the score alone: slice 1. Then 0.5 * 0 * 1, 0.75 * 1 * 1, 0.25 * 4 * 2.
    let selection = hybrid.select(&pool, &Request::new(3, 0)).unwrap();
    assert_eq!(ids(&selection), [1, 3, 2]);
    let Reason::Product { product, distance, .. } = selection.picks()[1].reason else { panic!() };
    assert_eq!((*product, *distance), (2.0, Some(4.0)));
    // Spacing alone needs no column: extent, then the far end, then the middle.
    let spacing = Hybrid { score: 0.0, diversity: 0.0, ..Hybrid::default() };
    assert_eq!(
        ids(&spacing.select(&Pool::of_stack(5).unwrap(), &Request::new(3, 0)).unwrap()),
        [0, 4, 2]
    );
}

#[test]
fn coverage_goes_where_a_pick_shortens_the_way_to_what_is_needed() {
    let picks = |values: &[f64], annotated: &[usize], floor, count| {
        let annotated = annotated.iter().map(|&id| SliceId(id));
        let pool = scored(Column::Entropy, values).with_annotated(annotated).unwrap();
        let coverage = Coverage { column: Column::Entropy, floor };
        coverage.select(&pool, &Request::new(count, 0)).unwrap()
    };
    // Nothing is uncertain: the middle of the wider gap first; then slices 7 and 8 save 2 each.
    assert_eq!(ids(&picks(&[0.0; 9], &[0, 6], 1.0, 2)), [3, 7]);
    // Slices 4 and 5 alone are uncertain, and slice 6 is drawn already: a pick of slice 4 brings it
    // 2 nearer, one of slice 5 both of them 1.
    let uneven = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let selection = picks(&uneven, &[0, 6], 0.0, 1);
    assert_eq!(ids(&selection), [4]);
    // Seven slices are open, so the mean score is 2 / 7, and each of the two needs 3.5.
    let Reason::Coverage { gain, distance, .. } = selection.picks()[0].reason else { panic!() };
    assert_eq!((*gain, *distance), (7.0, 2.0));
    // Without anything drawn the distance is the extent plus 1, and the median needs the least.
    assert_eq!(ids(&picks(&[1.0; 5], &[], 0.0, 1)), [2]);
    // The neighbour of a pick is not needed, however uncertain, where others are far from any.
    let peak = [0.1, 0.1, 0.1, 0.1, 1.0, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1];
    let found = ids(&picks(&peak, &[], 0.5, 3));
    assert_eq!((found[0], found.iter().filter(|&&slice| slice == 4).count()), (5, 0));
}

#[test]
fn what_a_strategy_lacks_is_named() {
    let pool = Pool::of_stack(3).unwrap();
    for config in StrategyConfig::every().into_iter().skip(2) {
        match config.select(&pool, &Request::new(1, 0)) {
            Err(Error::MissingColumn { strategy, column }) => {
                assert_eq!(strategy, config.name());
                assert!(config.needs().contains(&column), "{config:?} {column}");
            }
            other => panic!("{config:?}: {other:?}"),
        }
    }
}

#[test]
fn a_strategy_needs_no_more_and_no_less_than_it_says() {
    let columns = [
        Column::Entropy,
        Column::Margin,
        Column::Bald,
        Column::Agreement,
        Column::Disagreement,
        Column::Foreground,
        Column::Quality,
        Column::Features,
    ];
    for config in every() {
        let needs = config.needs();
        let pool = columns.iter().filter(|column| needs.contains(column));
        let pool = pool.fold(Pool::of_stack(4).unwrap(), with_column);
        config.select(&pool, &Request::new(2, 0)).unwrap();
        for missing in columns.iter().filter(|column| needs.contains(column)) {
            let others = columns.iter().filter(|it| needs.contains(it) && *it != missing);
            let pool = others.fold(Pool::of_stack(4).unwrap(), with_column);
            let error = config.select(&pool, &Request::new(2, 0)).unwrap_err();
            assert!(matches!(error, Error::MissingColumn { .. }), "{config:?} {missing} {error}");
        }
    }
}

/// Adds a column of numbers in [0, 1].
fn with_column(pool: Pool, column: &Column) -> Pool {
    let slices = pool.ids().len();
    match column {
        Column::Quality => pool.with_quality(0, &(0..slices).map(record).collect::<Vec<_>>()),
        Column::Features => pool.with_features(&Array2::ones((slices, 2))),
        _ => pool.with_column(column.clone(), (0..slices).map(|id| (SliceId(id), 0.5))),
    }
    .unwrap()
}

#[test]
fn what_only_a_network_gives_is_known() {
    let network = |name: &str| name.parse::<StrategyConfig>().unwrap().needs().network();
    for name in ["random", "evenly_spaced", "image_quality", "quality_cost"] {
        assert!(!network(name), "{name}");
    }
    for name in [
        "foreground_random",
        "bald",
        "core_set",
        "typicality",
        "head_disagreement",
        "hybrid",
        "coverage",
    ] {
        assert!(network(name), "{name}");
    }
    let space = Space::Quality;
    assert!(!CoreSet { space }.needs().network());
    let hybrid = Hybrid { column: Column::Quality, space, ..Hybrid::default() };
    assert_eq!(hybrid.needs(), Needs::columns([Column::Quality]));
    let spacing = Hybrid { score: 0.0, diversity: 0.0, ..Hybrid::default() };
    assert_eq!(spacing.needs(), Needs::none());
}

#[test]
fn every_strategy_is_found_by_its_name() {
    for config in StrategyConfig::every() {
        let json = serde_json::to_value(&config).unwrap();
        let name = json["strategy"].as_str().unwrap();
        assert_eq!(config.name(), name);
        assert_eq!(name.parse::<StrategyConfig>().unwrap(), config);
        let error = "best".parse::<StrategyConfig>().unwrap_err().to_string();
        assert!(error.contains(&format!(" {name},")) || error.ends_with(name), "{error}");
    }
    assert_eq!("score".parse::<StrategyConfig>().unwrap().name(), "entropy");
    let unknown = "best".parse::<StrategyConfig>().unwrap_err();
    let Error::UnknownStrategy { names, .. } = unknown else { panic!("{unknown}") };
    assert_eq!(names.len(), StrategyConfig::every().len() + 1);
}

#[test]
fn the_hybrid_picks_no_neighbour_while_another_slice_is_uncertain() {
    let hybrid = Hybrid { column: Column::Entropy, diversity: 0.0, ..Hybrid::default() };
    let picks = |values: &[f64], annotated: &[usize], count| {
        let annotated = annotated.iter().map(|&id| SliceId(id));
        let pool = scored(Column::Entropy, values).with_annotated(annotated).unwrap();
        ids(&hybrid.select(&pool, &Request::new(count, 0)).unwrap())
    };
    // Slices 3 and 5 would have products of 0.875, slice 0 has 4 * 0.0625.
    let peak = [0.0625, 0.0, 0.0, 0.875, 1.0, 0.875, 0.0, 0.0];
    assert_eq!(picks(&peak, &[], 2), [4, 0]);
    // Nor next to an annotated slice.
    assert_eq!(picks(&peak, &[4], 1), [0]);
    // Where nothing else is uncertain, neighbours come in by their product.
    assert_eq!(picks(&peak, &[], 4), [4, 0, 3, 5]);
    assert_eq!(picks(&[0.5, 1.0, 0.5], &[], 2), [1, 0]);
    // Slices with consecutive numbers in different stacks are no neighbours.
    let id = |stack, slice| CandidateId { stack, slice: SliceId(slice) };
    let cells = [(id(0, 1), 1.0), (id(1, 2), 0.5), (id(0, 9), 0.01)];
    let pool = Pool::new(cells.map(|(id, _)| id)).unwrap().with_column(Column::Entropy, cells);
    let selection = hybrid.select(&pool.unwrap(), &Request::new(2, 0)).unwrap();
    assert_eq!(selection.ids(), [id(0, 1), id(1, 2)]);
}

#[test]
fn bad_columns_are_refused_by_name() {
    let pool = || Pool::of_stack(3).unwrap();
    let entropy = |cells: &[(SliceId, f64)]| {
        pool().with_column(Column::Entropy, cells.iter().copied()).unwrap_err().to_string()
    };
    let nan = entropy(&[(SliceId(1), f64::NAN)]);
    assert_eq!(nan, "entropy of slice 1 of stack 0 is NaN, but must be finite and at least 0");
    assert!(entropy(&[(SliceId(1), -1.0)]).contains("is -1"));
    assert!(entropy(&[(SliceId(1), f64::INFINITY)]).contains("is inf"));
    assert!(entropy(&[(SliceId(7), 0.0)]).contains("not in the pool"));
    assert!(entropy(&[(SliceId(1), 0.0), (SliceId(1), 0.0)]).contains("twice"));
    let rows = pool().with_features(&Array2::zeros((2, 4))).unwrap_err();
    assert!(matches!(rows, Error::Rows { expected: 3, found: 2, .. }));
    let nan = pool().with_features(&array![[0.0], [f32::NAN], [0.0]]).unwrap_err();
    assert!(nan.to_string().starts_with("features of slice 1 of stack 0 is NaN"), "{nan}");
    assert!(matches!(Pool::of_stack(0), Err(Error::NoSlices)));
    assert!(matches!(Pool::new([SliceId(2), SliceId(2)]), Err(Error::Duplicate { .. })));
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let pool = full(6, 0);
    for bad in [-1.0, f64::NAN] {
        let coverage = Coverage { floor: bad, ..Coverage::default() };
        let refused = coverage.select(&pool, &Request::new(1, 0));
        assert!(matches!(refused, Err(Error::Parameter { .. })));
        let hybrid = Hybrid { diversity: bad, ..Hybrid::default() };
        assert!(matches!(hybrid.select(&pool, &Request::new(1, 0)), Err(Error::Parameter { .. })));
        let power = PowerScore { power: bad, ..PowerScore::default() };
        assert!(matches!(power.select(&pool, &Request::new(1, 0)), Err(Error::Parameter { .. })));
        let share = ForegroundRandom { share: bad, above: 0.0 };
        assert!(matches!(share.select(&pool, &Request::new(1, 0)), Err(Error::Parameter { .. })));
    }
    let quota = ImageQuality { quota: Some(0), ..ImageQuality::default() };
    assert!(matches!(quota.select(&pool, &Request::new(1, 0)), Err(Error::Parameter { .. })));
    let none = Typicality { neighbours: 0, ..Typicality::default() };
    assert!(
        none.select(&pool, &Request::new(1, 0))
            .unwrap_err()
            .to_string()
            .starts_with("neighbours is 0")
    );
}

#[test]
fn configurations_survive_json_and_unknown_fields_are_refused() {
    for config in StrategyConfig::every() {
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<StrategyConfig>(&json).unwrap(), config);
        let unknown = json.replacen('}', r#","further":1}"#, 1);
        assert!(serde_json::from_str::<StrategyConfig>(&unknown).is_err(), "{unknown}");
        let selection = config.select(&full(9, 2), &Request::new(3, 5)).unwrap();
        let json = serde_json::to_string(&selection).unwrap();
        assert_eq!(serde_json::from_str::<Selection>(&json).unwrap(), selection);
    }
}

/// A number in [0, 1) from two others.
fn noise(a: usize, b: usize) -> f64 {
    ((a * 7919 + b * 104_729 + a * a * b * 31) % 1009) as f64 / 1024.0
}

/// A quality record with all metrics.
fn record(slice: usize) -> QualityRecord {
    QualityRecord {
        id: SliceId(slice),
        variance_of_laplacian: 1.0 + noise(slice, 11),
        inverse_psnr: Some(noise(slice, 12)),
        roi_pixels: 1,
        roi_mean: Some(noise(slice, 13)),
        roi_cov: Some(noise(slice, 14)),
        further: Default::default(),
    }
}

/// Every column, over the candidates in this order.
fn full_of(order: &[usize], annotated: usize) -> Pool {
    let id = |&slice: &usize| CandidateId { stack: slice % 2, slice: SliceId(slice) };
    let mut pool = Pool::new(order.iter().map(id)).unwrap();
    let columns = [
        Column::Entropy,
        Column::Margin,
        Column::Bald,
        Column::Agreement,
        Column::Disagreement,
        Column::Foreground,
    ];
    for (at, column) in columns.into_iter().enumerate() {
        pool = pool.with_column(column, order.iter().map(|it| (id(it), noise(*it, at)))).unwrap();
    }
    for stack in 0..2 {
        let of_stack = order.iter().copied().filter(|it| it % 2 == stack);
        pool = pool.with_quality(stack, &of_stack.map(record).collect::<Vec<_>>()).unwrap();
    }
    let features =
        Array2::from_shape_fn((order.len(), 21), |(row, j)| noise(order[row] / 2, j) as f32);
    let first = (0..annotated.min(order.len())).collect::<Vec<_>>();
    pool.with_features(&features).unwrap().with_annotated(first.iter().map(id)).unwrap()
}

fn full(slices: usize, annotated: usize) -> Pool {
    full_of(&(0..slices).collect::<Vec<_>>(), annotated)
}

fn every() -> Vec<StrategyConfig> {
    let space = Space::Quality;
    let further = [
        StrategyConfig::CoreSet(CoreSet { space }),
        StrategyConfig::CoreSet(CoreSet { space: Space::UnitFeatures }),
        StrategyConfig::Typicality(Typicality { space, ..Typicality::default() }),
        StrategyConfig::Hybrid(Hybrid { column: Column::Quality, space, ..Hybrid::default() }),
    ];
    StrategyConfig::every().into_iter().chain(further).collect()
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let pool = full(3000, 7);
    let with = |threads| {
        let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        threads.install(|| {
            every().iter().map(|it| it.select(&pool, &Request::new(9, 3)).unwrap()).collect()
        })
    };
    let one: Vec<Selection> = with(1);
    for threads in [2, 5] {
        let other: Vec<Selection> = with(threads);
        assert_eq!(one, other);
    }
}

proptest! {
    #[test]
    fn the_budget_is_never_exceeded_and_no_slice_comes_twice(
        slices in 1..40usize,
        annotated in 0..10usize,
        count in 0..50usize,
        seed in 0..1000u64,
    ) {
        let pool = full(slices, annotated);
        for config in every() {
            let selection = config.select(&pool, &Request::new(count, seed)).unwrap();
            let open = slices - annotated.min(slices);
            prop_assert_eq!(selection.picks().len(), count.min(open), "{:?}", config);
            let mut ids = selection.ids();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), selection.picks().len());
            prop_assert!(ids.iter().all(|id| id.slice.0 >= annotated));
            let ranks: Vec<usize> = selection.picks().iter().map(|pick| pick.rank).collect();
            prop_assert_eq!(ranks, (1..=ids.len()).collect::<Vec<_>>());
            let judged: Vec<CandidateId> = selection.verdicts.iter().map(|it| it.id).collect();
            let pool = full(slices, annotated);
            prop_assert_eq!(&judged[..], pool.ids());
            for (slice, &annotated) in selection.verdicts.iter().zip(pool.annotated()) {
                prop_assert_eq!(slice.verdict == Verdict::Annotated, annotated);
            }
        }
    }

    #[test]
    fn the_order_of_the_candidates_changes_nothing(
        order in Just((0..24).collect::<Vec<usize>>()).prop_shuffle(),
        seed in 0..1000u64,
    ) {
        let (plain, shuffled) = (full(24, 3), full_of(&order, 3));
        for config in every() {
            let expected = config.select(&plain, &Request::new(8, seed)).unwrap();
            prop_assert_eq!(config.select(&shuffled, &Request::new(8, seed)).unwrap(), expected);
        }
    }

    #[test]
    fn the_first_random_picks_do_not_depend_on_the_count(count in 0..30usize, seed in 0..1000u64) {
        let pool = full(30, 0);
        let all = Random {}.select(&pool, &Request::new(30, seed)).unwrap().ids();
        prop_assert_eq!(Random {}.select(&pool, &Request::new(count, seed)).unwrap().ids(), &all[..count]);
    }
}

#[test]
fn spread_covers_where_a_lesion_can_be_and_passes_over_poor_slices() {
    let record = |slice: usize, sharpness: f64, pixels: usize| {
        let record = QualityRecord::new(SliceId(slice), sharpness).with_inverse_psnr(0.1);
        record.with_region(pixels, 0.5, 0.1)
    };
    // Slices 4 to 23 of 30 show the region: four parts of five with the middles 6, 11, 16 and 21.
    let pixels = |slice| if (4..24).contains(&slice) { 900 } else { 0 };
    let pool = |sharpness: fn(usize) -> f64| {
        let scores: Vec<_> =
            (0..30).map(|slice| record(slice, sharpness(slice), pixels(slice))).collect();
        Pool::of_stack(30).unwrap().with_quality(0, &scores).unwrap()
    };
    let by_quality = Spread::by_quality();
    let by = |spread: Spread, pool: &Pool, count| {
        let selection = spread.select(pool, &Request::new(count, 0)).unwrap();
        selection.slices(0).into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    let select = |pool: &Pool, count| by(Spread::default(), pool, count);
    let even = pool(|_| 5.0);
    // Of equals the worst tenth is the lowest numbers, 4 and 5, which no middle is.
    for spread in [Spread::default(), by_quality] {
        assert_eq!(by(spread, &even, 4), [6, 11, 16, 21]);
        assert_eq!(by(spread, &even, 2), [14, 9], "the middle, then that of the first half");
        assert_eq!(by(spread, &even, 25).len(), 25, "more than show the region: all count");
    }
    // The middle 11 is blurred, and 17 is sharper than its neighbour 16.
    let uneven = pool(|slice| match slice {
        11 => 0.1,
        17 => 9.0,
        _ => 5.0,
    });
    assert_eq!(by(by_quality, &uneven, 4), [6, 10, 17, 21]);
    assert_eq!(select(&uneven, 4), [6, 11, 16, 21], "quality moves nothing by default");
    // Nothing to see: none is chosen, and each verdict says why.
    let constant = Spread::default().select(&pool(|_| 0.0), &Request::new(4, 0)).unwrap();
    assert!(constant.ids().is_empty());
    assert!(constant.verdicts[3].verdict.to_string().starts_with("degenerate: "));
    let drawn = even.clone().with_annotated([SliceId(6), SliceId(21)]).unwrap();
    assert!(select(&drawn, 4).iter().all(|slice| ![6, 21].contains(slice)));
    // Three stacks of eleven: each gives its middle first, and what is left over goes to the first.
    let mut three = Pool::of_stacks(&[11, 11, 11]).unwrap();
    for stack in 0..3 {
        let scores: Vec<_> = (0..11).map(|slice| record(slice, 5.0, 900)).collect();
        three = three.with_quality(stack, &scores).unwrap();
    }
    let of_three = |count| Spread::default().select(&three, &Request::new(count, 0)).unwrap();
    let slices = |count| [0, 1, 2].map(|stack| of_three(count).slices(stack).len());
    assert_eq!((slices(3), slices(4), slices(2)), ([1, 1, 1], [2, 1, 1], [1, 1, 0]));
    assert!(of_three(3).ids().iter().all(|id| id.slice == SliceId(5)));
    let wrong = Spread { reach: 0.7, ..Spread::default() };
    let message = wrong.check().unwrap_err().to_string();
    assert_eq!(message, "reach is 0.7: a share of a part lies in 0..=0.5");
}
