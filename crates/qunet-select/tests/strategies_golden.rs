//! Core-set and PowerBALD against NumPy and SciPy; `golden/strategies.py` made the values.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::Array2;
use qunet_select::{Column, CoreSet, Pool, PowerScore, Reason, Request, Strategy};
use qunet_stack::SliceId;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/strategies.json")).unwrap()
}

#[test]
fn core_set_picks_and_distances_match_scipy() {
    let features = Array2::from_shape_fn((60, 37), |(i, j)| {
        ((i * 7919 + j * 104_729 + i * i * j * 31) % 1009) as f32 / 1024.0
    });
    let cases = [("core_set", vec![]), ("core_set_after_3_and_40", vec![SliceId(3), SliceId(40)])];
    for (name, annotated) in cases {
        let pool = Pool::of_stack(60).unwrap().with_annotated(annotated).unwrap();
        let pool = pool.with_features(&features).unwrap();
        let selection = CoreSet::default().select(&pool, &Request::new(12, 0)).unwrap();
        for (pick, expected) in selection.picks().iter().zip(golden()[name].as_array().unwrap()) {
            assert_eq!(Some(pick.id.slice.0 as u64), expected[0].as_u64(), "{name} {pick}");
            let Reason::Farthest { distance, .. } = pick.reason else { panic!("{pick:?}") };
            match expected[1].as_f64() {
                None => assert_eq!(*distance, None),
                Some(it) => assert_relative_eq!(distance.unwrap(), it, max_relative = 1e-12),
            }
        }
        assert_eq!(selection.picks().len(), 12);
    }
}

#[test]
fn the_first_of_power_bald_is_drawn_in_proportion() {
    let scores = [0.1, 0.2, 0.3, 0.4].into_iter().enumerate().map(|(id, it)| (SliceId(id), it));
    let pool = Pool::of_stack(4).unwrap().with_column(Column::Bald, scores).unwrap();
    for (power, name) in [(1.0, "share_of_first_power_1"), (2.0, "share_of_first_power_2")] {
        let strategy = PowerScore { power, ..PowerScore::default() };
        let draws = 20_000;
        let mut found = [0.0; 4];
        for seed in 0..draws {
            let picked = strategy.select(&pool, &Request::new(1, seed)).unwrap().ids();
            found[picked[0].slice.0] += 1.0;
        }
        for (found, expected) in found.iter().zip(golden()[name].as_array().unwrap()) {
            // Five standard deviations of a share of 20,000 draws are below 0.018.
            assert!((found / draws as f64 - expected.as_f64().unwrap()).abs() < 0.018, "{name}");
        }
    }
}
