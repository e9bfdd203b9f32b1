//! The elbow of sorted Q, against kneed; `golden/elbow.py` made the values.
#![allow(clippy::unwrap_used)]

use qunet_select::{AgreementRecord, HeadDisagreement, Pool, QualityThreshold, Request, Strategy};
use qunet_stack::SliceId;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    curve: String,
    elbow: usize,
    values: Vec<f64>,
}

#[test]
fn elbows_are_those_of_kneed() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/elbow.json")).unwrap();
    assert_eq!(cases.len(), 30);
    for case in cases {
        let record = |(id, &quality_index): (usize, &f64)| {
            let id = SliceId(id).into();
            AgreementRecord { id, quality_index, disagreement_area: 0.0, empty: false }
        };
        let records: Vec<_> = case.values.iter().enumerate().map(record).collect();
        let pool = Pool::of_stack(records.len()).unwrap().with_agreement(&records).unwrap();
        let quality_threshold = QualityThreshold::Elbow;
        let strategy = HeadDisagreement { quality_threshold, ..HeadDisagreement::paper() };
        let set = strategy.select(&pool, &Request::new(usize::MAX, 0)).unwrap();
        // A plateau begins at a concave elbow, and ends with a convex one.
        let below = case.elbow + usize::from(case.curve == "convex");
        assert_eq!(set.slices(0), (0..below).map(SliceId).collect::<Vec<_>>(), "{:?}", case.values);
        assert_eq!(set.thresholds.quality_threshold, case.values.get(below).copied());
    }
}
