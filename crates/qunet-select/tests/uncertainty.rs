//! Uncertainty of probability maps: NumPy and SciPy, laws, and what is refused. `golden/uncertainty.py` made the values.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::{Array3, ArrayView3, Axis, array};
use proptest::prelude::*;
use qunet_select::{
    Column, ForegroundRandom, Pool, Request, Strategy as _, StrategyConfig, Uncertainty,
};
use qunet_stack::SliceId;
use serde_json::Value;

fn of(samples: &[Array3<f32>]) -> Result<Uncertainty, qunet_select::Error> {
    let views: Vec<ArrayView3<'_, f32>> = samples.iter().map(|sample| sample.view()).collect();
    Uncertainty::from_maps(SliceId(2), &views)
}

/// The maps of the script.
fn sample(s: usize, classes: usize) -> Array3<f32> {
    let raw = Array3::from_shape_fn((classes, 9, 14), |(c, i, j)| {
        let sum = s * 389 + c * 173 + i * 7919 + j * 104_729 + (s + 1) * i * i * j * 31;
        (sum % 1009 + 1) as f64 / 1024.0
    });
    let scale = if classes == 1 {
        Array3::ones((1, 9, 14))
    } else {
        raw.sum_axis(Axis(0)).insert_axis(Axis(0))
    };
    (raw / scale).mapv(|value| value as f32)
}

#[test]
fn numbers_match_numpy_and_scipy() {
    let golden: Value = serde_json::from_str(include_str!("golden/uncertainty.json")).unwrap();
    for classes in [1, 2, 4] {
        let samples: Vec<Array3<f32>> = (0..5).map(|s| sample(s, classes)).collect();
        let found = of(&samples).unwrap();
        let expected = |name: &str| golden[classes.to_string()][name].as_f64().unwrap();
        assert_relative_eq!(found.entropy, expected("entropy"), max_relative = 1e-12);
        assert_relative_eq!(found.margin, expected("margin"), max_relative = 1e-12);
        assert_relative_eq!(found.bald.unwrap(), expected("bald"), max_relative = 1e-10);
        assert_relative_eq!(found.foreground, expected("foreground"), max_relative = 1e-12);
    }
}

/// A network that is sure of nothing still gives every pixel some foreground.
#[test]
fn a_slice_without_a_predicted_pixel_holds_no_foreground() {
    let faint = of(&[Array3::from_elem((1, 8, 8), 0.2)]).unwrap();
    let mut map = Array3::from_elem((1, 8, 8), 0.2);
    map[[0, 3, 4]] = 0.9;
    let seen = Uncertainty { id: SliceId(5).into(), ..of(&[map]).unwrap() };
    assert_eq!((faint.foreground, seen.foreground), (0.0, 1.0));
    let pool = Pool::of_stack(9).unwrap().with_uncertainty(&[faint, seen]).unwrap();
    let drawn = |seed| {
        let strategy = StrategyConfig::ForegroundRandom(ForegroundRandom::default());
        strategy.select(&pool, &Request::new(1, seed)).unwrap().ids()
    };
    assert!((0..20).all(|seed| drawn(seed) == [SliceId(5).into()]));
}

#[test]
fn bad_maps_are_refused_with_slice_place_and_remedy() {
    let message = |samples: &[Array3<f32>]| of(samples).unwrap_err().to_string();
    let good = Array3::zeros((1, 2, 2));
    assert!(message(&[]).starts_with("slice 2 of stack 0: maps have shape [0]"));
    assert!(message(&[Array3::zeros((1, 0, 2))]).contains("[1, 0, 2]"));
    assert!(message(&[good.clone(), Array3::zeros((1, 2, 3))]).contains("resize"));
    let nan = message(&[array![[[0.5, f32::NAN]]]]);
    assert!(nan.contains("NaN at [0, 0, 1]"), "{nan}");
    assert!(message(&[good, array![[[0.0, 0.0], [1.5, 0.0]]]]).contains("1.5 at [0, 1, 0]"));
    assert!(message(&[array![[[0.5]], [[0.4]]]]).contains("softmax"));
}

#[test]
fn a_pool_takes_the_records_and_strategies_pick_by_them() {
    let map = |value| vec![Array3::from_elem((1, 1, 1), value); 2];
    let mut records: Vec<Uncertainty> = [0.9, 0.5, 0.2].map(|p| of(&map(p)).unwrap()).to_vec();
    records.iter_mut().zip(0..).for_each(|(record, slice)| record.id.slice = SliceId(slice));
    let pool = Pool::of_stack(3).unwrap().with_uncertainty(&records).unwrap();
    for config in [StrategyConfig::Entropy {}, StrategyConfig::Margin {}] {
        let order = config.select(&pool, &Request::new(3, 0)).unwrap().slices(0);
        assert_eq!(order, [SliceId(1), SliceId(2), SliceId(0)], "{config:?}");
    }
    assert_eq!(pool.column(&Column::Bald, "bald").unwrap(), [Some(0.0); 3]);
    let foreground = [Some(1.0), Some(0.0), Some(0.0)];
    assert_eq!(pool.column(&Column::Foreground, "it").unwrap(), foreground);

    // One sample has no BALD: the pool then has no such column at all.
    let single = of(&map(0.5)[..1]).unwrap();
    let pool = Pool::of_stack(3).unwrap().with_uncertainty(&[single]).unwrap();
    assert!(pool.column(&Column::Bald, "bald").is_err());
}

proptest! {
    #[test]
    fn bald_is_at_most_the_entropy_and_that_at_most_ln_classes(
        classes in 1..5_usize,
        values in prop::collection::vec(0.01_f32..1.0, 4 * 6 * 3),
    ) {
        let sample = |s: usize| {
            let raw = Array3::from_shape_fn((classes, 2, 3), |(c, i, j)| values[((s * 4 + c) * 2 + i) * 3 + j]);
            if classes == 1 { return raw; }
            &raw / &raw.sum_axis(Axis(0)).insert_axis(Axis(0))
        };
        let samples: Vec<Array3<f32>> = (0..3).map(sample).collect();
        let record = of(&samples).unwrap();
        let bald = record.bald.unwrap();
        let most = (classes.max(2) as f64).ln();
        prop_assert!(bald >= 0.0 && bald <= record.entropy + 1e-6, "{:?}", record);
        prop_assert!(record.entropy <= most + 1e-6, "{:?}", record);
        prop_assert!((0.0..=1.0).contains(&record.margin), "{:?}", record);
        prop_assert!((0.0..=6.0).contains(&record.foreground), "{:?}", record);

        // Of copies there is nothing to learn; any order and any stride give the same.
        let copies = vec![samples[0].clone(); 3];
        prop_assert!(of(&copies).unwrap().bald.unwrap() < 1e-12);
        let transposed: Vec<Array3<f32>> =
            samples.iter().map(|it| it.t().as_standard_layout().into_owned()).collect();
        let views: Vec<ArrayView3<'_, f32>> = transposed.iter().map(|it| it.t()).collect();
        prop_assert_eq!(Uncertainty::from_maps(SliceId(2), &views).unwrap(), record);
    }
}
