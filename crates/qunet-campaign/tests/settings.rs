//! Every leaf of the settings counts: another value changes something that can be observed, or is
//! refused. The leaves of `train`, `fine_tune` and `network` are walked in the tests of
//! `qunet-model`; here one of each shows that they are the ones that are used.
#![allow(clippy::unwrap_used)]

mod common;

use std::ops::ControlFlow;

use common::{alone, tiny};
use qunet_campaign::{CampaignConfig, Error, Event, RecordedLabels, RoundSizes, run_rounds};
use qunet_quality::Metric;
use qunet_select::{ImageQuality, StrategyConfig};
use qunet_stack::phantom::{CtPhantom, Phantom};
use serde_json::{Value, json};

/// Two stacks, so that settings over several count.
fn phantoms() -> [Phantom; 2] {
    [(10, 1), (8, 2)].map(|(slices, seed)| CtPhantom { slices, size: 48, seed }.generate().unwrap())
}

/// Three rounds of a moment each, in which the network finds something.
fn base() -> CampaignConfig {
    let mut config = tiny(CampaignConfig::quick());
    // The strategy of the first round that has the most settings.
    config.first = StrategyConfig::ImageQuality(ImageQuality::default());
    config.rounds = RoundSizes { first: Some(4), share: 0.6, later: Some(1) };
    config.stopping.budget.fraction = Some(0.34);
    config.prediction.threshold = 0.1;
    // Slices of phantoms are smoothed whatever their correlation.
    (config.completion.threshold, config.completion.smoothing) = (0.1, Some(-1.0));
    (config.completion.shares, config.completion.trees.trees) = (2, 4);
    config.train.epochs = 2;
    config.fine_tune.epochs = 1;
    config
}

/// All that a campaign leaves but its settings and times, and how often it notified.
fn observe(phantoms: &[Phantom; 2], config: &CampaignConfig) -> Result<String, Error> {
    let mut events = 0;
    let mut count = |_: &Event| {
        events += 1;
        ControlFlow::Continue(())
    };
    let [a, b] = phantoms;
    let mut labels = RecordedLabels::from_stacks(&[&a.truth, &b.truth]);
    let outcome = run_rounds(&[&a.stack, &b.stack], config, &mut labels, &mut count)?;
    let mut manifest = serde_json::to_value(outcome.manifest()).unwrap();
    manifest["config"] = Value::Null;
    for round in manifest["rounds"].as_array_mut().unwrap() {
        for member in round["training"]["members"].as_array_mut().unwrap() {
            for epoch in member["history"].as_array_mut().unwrap() {
                (epoch["seconds"], epoch["data_seconds"]) = (Value::Null, Value::Null);
            }
        }
    }
    let mut text = format!("{events} {manifest}");
    for stack in 0..2 {
        let records = outcome.records(stack, 1)?.unwrap();
        let labels = outcome.segmentation(stack)?.unwrap();
        let scores = serde_json::to_string(&outcome.scores(stack)?).unwrap();
        text += &serde_json::to_string(&records).unwrap();
        text += &format!("{scores} {}", labels.iter().map(|&it| u64::from(it)).sum::<u64>());
    }
    Ok(text)
}

/// Another value of a leaf.
fn other(pointer: &str) -> Value {
    match pointer {
        "/classes" => json!(["ground glass", "consolidation"]),
        "/scaling" => json!({"mode": "window", "centre": -500.0, "width": 900.0}),
        "/quality/laplacian_kernel" => json!("opencv_ksize3"),
        "/quality/laplacian_border" => json!("reflect"),
        "/quality/median_border" => json!("reflect101"),
        "/quality/median_window" => json!(5),
        "/quality/further" => json!(["tenengrad"]),
        "/input/size" => json!(48),
        "/input/mask" | "/input/crop" => json!(false),
        "/input/margin" => json!(0.6),
        "/input/dilation" => json!(9.0),
        "/input/grid" => json!(20),
        "/input/neighbours" => json!(null),
        "/input/prior" => json!(false),
        "/completion/sources" => json!(["network"]),
        "/completion/shares" => json!(1),
        "/completion/effort" => json!(1.0),
        "/completion/trees/trees" => json!(2),
        "/completion/threshold" => json!(0.7),
        "/completion/temperature" => json!(10.0),
        "/completion/smoothing" | "/completion/spots" => json!(null),
        "/prediction/flips" => json!(true),
        "/threads" => json!("auto"),
        "/reserve" => json!("3:1"),
        "/network/unet/width" => json!(3),
        "/train/epochs" | "/fine_tune/epochs" => json!(3),
        "/prediction/batch_size" => json!(3),
        "/prediction/threshold" => json!(0.6),
        "/prediction/monte_carlo" => json!(2),
        "/agreement/measure" => json!("soft_jaccard"),
        "/agreement/empty_agreement" => json!("suspect"),
        "/first" => json!({"strategy": "random"}),
        "/first/blurriness" | "/first/inverse_psnr" => json!({"quantile": 0.3}),
        "/first/wanted_fraction" => json!(0.9),
        "/first/near_duplicates" => json!({"epsilon": 0.5}),
        "/first/gap" => json!({"slices": 20}),
        "/first/fill_up" => json!(false),
        "/first/quota" => json!(1),
        "/first/scope" => json!("all_stacks"),
        "/later" => json!({"strategy": "entropy"}),
        "/later/column" => json!("entropy"),
        "/later/floor" => json!(50.0),
        "/rounds/first" => json!(2),
        "/rounds/share" => json!(0.2),
        "/rounds/later" => json!(2),
        "/stopping/budget/slices" => json!(5),
        "/stopping/budget/fraction" => json!(0.28),
        "/stopping/budget/foreground" => json!(1),
        "/stopping/max_rounds" => json!(1),
        "/stopping/settled_agreement" | "/stopping/settled_prediction" => {
            json!({"change": 2.5, "rounds": 1})
        }
        "/stopping/settled_estimate" => json!({"change": 1.0, "rounds": 1}),
        "/stopping/estimated_dice" => json!(0.0001),
        "/seed" => json!(4),
        other => panic!("name another value of {other}"),
    }
}

/// Another setting, and its value, on which a setting depends.
fn condition(pointer: &str) -> Option<(&'static str, Value)> {
    Some(match pointer {
        // Only where the heads agree on nothing does it matter what that means.
        "/agreement/empty_agreement" => ("/prediction/threshold", json!(0.999)),
        // Only where too few slices are left are there places to fill.
        "/first/fill_up" => ("/first/gap", json!({"slices": 20})),
        "/first/gap" => ("/first/fill_up", json!(false)),
        // Where networks and smoothing have a say, no spots are left to remove.
        "/completion/spots" => (
            "/completion",
            json!({
                "sources": ["trees"],
                "shares": 1,
                "trees": {"trees": 30},
                "smoothing": null,
                "spots": 0.25,
                "threshold": 0.2,
            }),
        ),
        _ => return None,
    })
}

/// The pointers of all settings that have no settings of their own here.
fn leaves(tree: &Value, at: &str, found: &mut Vec<String>) {
    let whole = [
        "/threads",
        "/classes",
        "/scaling",
        "/completion/sources",
        "/first/blurriness",
        "/first/inverse_psnr",
        "/first/gap",
    ];
    match tree {
        Value::Object(fields) if !whole.contains(&at) => {
            for (name, value) in fields {
                leaves(value, &format!("{at}/{name}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

/// Walked in the tests of the crate that owns them, but for one that shows that they are passed on.
fn elsewhere(pointer: &str) -> bool {
    let passed =
        ["/train/epochs", "/fine_tune/epochs", "/network/unet/width", "/completion/trees/trees"];
    let owned =
        ["/train/", "/fine_tune/", "/network/", "/quality/metric_params/", "/completion/trees/"];
    owned.iter().any(|owner| pointer.starts_with(owner)) && !passed.contains(&pointer)
}

#[test]
fn every_setting_counts() {
    let _turn = alone();
    let phantoms = phantoms();
    let tree = serde_json::to_value(base()).unwrap();
    let before = observe(&phantoms, &base()).unwrap();
    let mut pointers = Vec::new();
    leaves(&tree, "", &mut pointers);
    pointers.retain(|pointer| {
        !elsewhere(pointer) && !pointer.ends_with("/strategy") && !pointer.starts_with("/classes/")
    });
    pointers.extend(["/first", "/later"].map(str::to_owned));
    let mut idle = Vec::new();
    for pointer in pointers {
        let (mut tree, mut before) = (tree.clone(), before.clone());
        if let Some((condition, value)) = condition(&pointer) {
            *tree.pointer_mut(condition).unwrap() = value;
            before = observe(&phantoms, &serde_json::from_value(tree.clone()).unwrap()).unwrap();
        }
        *tree.pointer_mut(&pointer).unwrap() = other(&pointer);
        let changed: CampaignConfig = serde_json::from_value(tree).unwrap();
        if observe(&phantoms, &changed).is_ok_and(|after| after == before) {
            idle.push(pointer);
        }
    }
    assert!(idle.is_empty(), "these settings change nothing: {idle:?}");
}

/// The parameters of the further metrics count once these are asked for.
#[test]
fn parameters_of_further_metrics_count() {
    let [phantom, _] = phantoms();
    let mut params = base().quality;
    params.further = Metric::ALL.iter().copied().collect();
    let score = |params: &qunet_quality::QualityParams| {
        let scores = qunet_quality::score_stack(&phantom.stack, &base().scaling, params)?;
        Ok::<_, qunet_quality::Error>(serde_json::to_string(&scores).unwrap())
    };
    let before = score(&params).unwrap();
    let tree = serde_json::to_value(&params.metric_params).unwrap();
    for (name, value) in tree.as_object().unwrap() {
        let mut tree = tree.clone();
        tree[name] = match value {
            Value::Number(number) if number.is_u64() => json!(number.as_u64().unwrap() + 2),
            Value::Number(number) => json!(number.as_f64().unwrap() * 0.5),
            Value::Null => json!(0.25),
            Value::Object(_) | Value::Array(_) | Value::String(_) | Value::Bool(_) => continue,
        };
        let Ok(changed) = serde_json::from_value(tree) else { continue };
        let params = qunet_quality::QualityParams { metric_params: changed, ..params.clone() };
        if let Ok(after) = score(&params) {
            assert_ne!(after, before, "{name} changes nothing");
        }
    }
}
