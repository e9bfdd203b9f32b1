//! The elbow of sorted Q, against kneed; `golden/elbow.py` made the values.
#![allow(clippy::unwrap_used)]

use qunet_select::{AgreementRecord, DisagreementSelection, Pick, QualityThreshold};
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
        let params = DisagreementSelection::params().quality_threshold(QualityThreshold::Elbow);
        let mut query = params.start().unwrap();
        for (id, &quality_index) in case.values.iter().enumerate() {
            let (id, soft_jaccard, pick) = (SliceId(id), None, Pick::Agrees);
            let record = AgreementRecord {
                id,
                quality_index,
                soft_jaccard,
                differing: 0.0,
                empty: false,
                pick,
            };
            query.observe_record(record).unwrap();
        }
        let set = query.finish();
        // A plateau begins at a concave elbow, and ends with a convex one.
        let below = case.elbow + usize::from(case.curve == "convex");
        assert_eq!(set.ids(), (0..below).map(SliceId).collect::<Vec<_>>(), "{:?}", case.values);
        assert_eq!(set.quality_threshold, case.values.get(below).copied());
    }
}
