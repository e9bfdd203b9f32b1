//! When a campaign ends, by hand and by law.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use qunet_select::{Budget, RoundSummary, Settled, StopReason, StoppingRules};

/// A round of 100 slices in which five more were annotated.
fn round(round: usize) -> RoundSummary {
    RoundSummary {
        round,
        annotated_slices: 5 * round,
        total_slices: 100,
        annotated_foreground: 1000 * round as u64,
        mean_agreement: None,
        prediction_kappa: None,
        estimated_dice: None,
    }
}

fn rounds(agreements: &[Option<f64>], kappas: &[Option<f64>]) -> Vec<RoundSummary> {
    let one = |(place, (&mean_agreement, &prediction_kappa))| RoundSummary {
        mean_agreement,
        prediction_kappa,
        ..round(place + 1)
    };
    agreements.iter().zip(kappas).enumerate().map(one).collect()
}

fn reason(rules: StoppingRules, rounds: &[RoundSummary]) -> Option<StopReason> {
    rules.decide(rounds).unwrap()
}

#[test]
fn budgets_end_a_campaign_in_the_round_that_reaches_them() {
    let of = |budget| StoppingRules { budget, ..StoppingRules::default() };
    let slices = of(Budget { slices: Some(10), ..Budget::default() });
    assert_eq!(reason(slices, &[round(1)]), None);
    let spent = StopReason::BudgetSpent { annotated: 10, allowed: 10 };
    assert_eq!(reason(slices, &[round(1), round(2)]), Some(spent));
    // 0.07 of 100 slices are 7, reached with the 10 of round 2.
    let share = of(Budget { fraction: Some(0.07), ..Budget::default() });
    let spent = StopReason::BudgetSpent { annotated: 10, allowed: 7 };
    assert_eq!(reason(share, &[round(2)]), Some(spent));
    let pixels = of(Budget { foreground: Some(1500), ..Budget::default() });
    assert_eq!(reason(pixels, &[round(1)]), None);
    let spent = StopReason::ForegroundSpent { annotated: 2000, allowed: 1500 };
    assert_eq!(reason(pixels, &[round(2)]), Some(spent));
    let all = RoundSummary { annotated_slices: 100, ..round(1) };
    let every = StopReason::AllAnnotated { slices: 100 };
    assert_eq!(reason(StoppingRules::default(), &[all]), Some(every));
}

#[test]
fn agreement_settles_after_as_many_small_moves_as_asked_for() {
    let settled = Some(Settled { change: 0.02, rounds: 2 });
    let rules = StoppingRules { settled_agreement: settled, ..StoppingRules::default() };
    let after = |means: &[f64]| {
        let means: Vec<_> = means.iter().copied().map(Some).collect();
        reason(rules, &rounds(&means, &vec![None; means.len()]))
    };
    assert_eq!(after(&[0.5]), None);
    assert_eq!(after(&[0.5, 0.51]), None); // one small move
    assert_eq!(after(&[0.5, 0.6, 0.61]), None); // a large one before it
    let end = Some(StopReason::AgreementSettled { change: 0.02, rounds: 2 });
    assert_eq!(after(&[0.5, 0.6, 0.61, 0.60]), end);
    // A round whose agreement is undefined says nothing.
    let gap = rounds(&[Some(0.6), None, Some(0.6)], &[None; 3]);
    assert_eq!(reason(rules, &gap), None);
}

#[test]
fn predictions_settle_by_kappa() {
    let settled = Some(Settled { change: 0.05, rounds: 1 });
    let rules = StoppingRules { settled_prediction: settled, ..StoppingRules::default() };
    let after = |kappas: &[Option<f64>]| reason(rules, &rounds(&vec![None; kappas.len()], kappas));
    assert_eq!(after(&[None]), None);
    assert_eq!(after(&[None, Some(0.9)]), None);
    let end = Some(StopReason::PredictionSettled { change: 0.05, rounds: 1 });
    assert_eq!(after(&[None, Some(0.9), Some(0.96)]), end);
}

#[test]
fn nonsense_is_named() {
    let message = |rules: StoppingRules| rules.check().unwrap_err().to_string();
    let budget = Budget { fraction: Some(1.5), ..Budget::default() };
    let rules = StoppingRules { budget, ..StoppingRules::default() };
    assert_eq!(message(rules), "budget.fraction is 1.5: a share of the slices lies in (0, 1]");
    let rules = StoppingRules { max_rounds: Some(0), ..StoppingRules::default() };
    assert_eq!(message(rules), "max_rounds is 0: it must be at least 1");
    let settled_agreement = Some(Settled { change: f64::NAN, rounds: 1 });
    let rules = StoppingRules { settled_agreement, ..StoppingRules::default() };
    assert!(message(rules).starts_with("settled.change is NaN"));
    assert!(rules.decide(&[round(1)]).is_err());
}

#[test]
fn reasons_and_rules_survive_json() {
    for json in [
        r#"{"stopped":"budget_spent","annotated":10,"allowed":10}"#,
        r#"{"stopped":"nothing_selected"}"#,
    ] {
        let reason: StopReason = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&reason).unwrap(), json);
    }
    let rules: StoppingRules = serde_json::from_str(r#"{"max_rounds": 3}"#).unwrap();
    assert_eq!(rules, StoppingRules { max_rounds: Some(3), ..StoppingRules::default() });
}

proptest! {
    #[test]
    fn what_is_left_never_overspends(
        slices in proptest::option::of(1_usize..200),
        fraction in proptest::option::of(1e-6..=1.0_f64),
        total in 1_usize..500,
        annotated in 0_usize..500,
    ) {
        let budget = Budget { slices, fraction, foreground: None };
        let left = budget.left(total, annotated);
        prop_assert!(budget.allowed(total) >= 1 && budget.allowed(total) <= total);
        prop_assert!(left == 0 || annotated + left == budget.allowed(total));
        prop_assert!(slices.is_none_or(|most| budget.allowed(total) <= most));
        // A round that has nothing left is the last one.
        let rules = StoppingRules { budget, ..StoppingRules::default() };
        let summary = RoundSummary { annotated_slices: annotated, total_slices: total, ..round(1) };
        prop_assert_eq!(rules.decide(&[summary]).unwrap().is_some(), left == 0);
    }
}

#[test]
fn the_estimated_dice_ends_a_campaign_where_it_is_good_or_no_longer_rises() {
    let estimates = |dice: &[Option<f64>]| -> Vec<RoundSummary> {
        let one = |(place, &estimated_dice)| RoundSummary { estimated_dice, ..round(place + 1) };
        dice.iter().enumerate().map(one).collect()
    };
    let good = StoppingRules { estimated_dice: Some(0.8), ..StoppingRules::default() };
    assert_eq!(reason(good, &estimates(&[Some(0.7), None])), None);
    let reached = Some(StopReason::DiceReached { least: 0.8 });
    assert_eq!(reason(good, &estimates(&[Some(0.7), Some(0.8)])), reached);
    let settled = Some(Settled { change: 0.01, rounds: 1 });
    let settled = StoppingRules { settled_estimate: settled, ..StoppingRules::default() };
    let ends = Some(StopReason::EstimateSettled { change: 0.01, rounds: 1 });
    // A rise of 0.02 is worth another round; one of 0.005 or a fall is not.
    assert_eq!(reason(settled, &estimates(&[Some(0.7), Some(0.72)])), None);
    assert_eq!(reason(settled, &estimates(&[Some(0.7), Some(0.72), Some(0.725)])), ends);
    assert_eq!(reason(settled, &estimates(&[Some(0.7), Some(0.6)])), ends);
    assert_eq!(reason(settled, &estimates(&[None, Some(0.6)])), None);
    let wrong = StoppingRules { estimated_dice: Some(1.2), ..StoppingRules::default() };
    let message = wrong.check().unwrap_err().to_string();
    assert!(message.contains("estimated_dice is 1.2"), "{message}");
}
