//! Reports: the three ways to one number by hand, files that read back, nnU-Net's own summaries.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use approx::assert_relative_eq;
use ndarray::Array1;
use proptest::prelude::*;
use qunet_segmetrics::{
    Bootstrap, ConfusionCounts, EmptyPolicy, Error, Report, ReportBuilder, Summary,
};
use serde::Deserialize;
use serde_json::Value;

fn counts(true_positives: u64, false_positives: u64, false_negatives: u64) -> ConfusionCounts {
    ConfusionCounts { true_positives, false_positives, false_negatives, true_negatives: 10 }
}

/// Two volumes, one of them by slices, and two classes beside the background.
fn builder() -> ReportBuilder {
    let mut builder = ReportBuilder::new(EmptyPolicy::Undefined)
        .overlap()
        .given(["hd95"])
        .background("0")
        .bootstrap(Bootstrap { resamples: 200, ..Bootstrap::default() });
    builder
        .slice("ct_01", 3, "1", counts(1, 0, 1), [Some(0.1 + 0.2)])
        .slice("ct_01", 4, "1", counts(8, 0, 0), [Some(1.0)])
        .slice("ct_01", 5, "1", counts(0, 0, 0), [None])
        .slice("ct_01", 3, "2", counts(1, 3, 0), [Some(2.0)])
        .volume("ct_02", "1", counts(1, 1, 4), [Some(f64::NAN)])
        .volume("ct_02", "0", counts(7, 0, 0), [None])
        .volume("ct_01", "1", None, [Some(4.0)]);
    builder
}

#[test]
fn three_ways_lead_to_three_numbers() {
    let report = builder().build().unwrap();
    let one = report.class("1").unwrap();
    let slices = one.over_slices["recall"];
    assert_eq!((slices.summary.mean, slices.summary.undefined), (Some((0.5 + 1.0) / 2.0), 1));
    let volumes = one.over_volumes["recall"].summary;
    assert_eq!(volumes.mean, Some((9.0 / 10.0 + 1.0 / 5.0) / 2.0));
    assert_eq!(one.pooled["recall"], Some(10.0 / 15.0));
    assert_eq!(one.pooled_counts.unwrap().true_negatives, 40);
    // The distance of a volume is what was given for it, not a mean over its slices.
    assert_eq!(one.over_volumes["hd95"].summary.mean, Some(4.0));
    assert_eq!((one.over_volumes["hd95"].summary.undefined, one.pooled["hd95"]), (1, None));
    assert_eq!(one.over_slices["hd95"].summary.defined, 2);
    // Slices of one volume say nothing about others.
    let interval = slices.interval.unwrap();
    assert_eq!((interval.low, interval.high), (0.75, 0.75));
    assert!(one.over_volumes["recall"].interval.is_some_and(|ends| ends.low < ends.high));
}

#[test]
fn the_foreground_is_all_classes_but_the_background() {
    let report = builder().build().unwrap();
    let foreground = &report.foreground;
    // ct_01 has a precision of 9/9 and of 1/4 in its classes, ct_02 one of 1/2.
    let precision = foreground.over_volumes["precision"].summary;
    assert_eq!((precision.mean, precision.defined), (Some((0.625 + 0.5) / 2.0), 2));
    // Slice 3 has two classes, slice 5 none that is defined.
    let slices = foreground.over_slices["precision"].summary;
    assert_eq!((slices.mean, slices.undefined), (Some((0.625 + 1.0) / 2.0), 1));
    assert_eq!(foreground.pooled["precision"], Some(11.0 / 15.0));
    assert_eq!(report.class("0").unwrap().pooled["recall"], Some(1.0));
    let error = report.class("3").unwrap_err().to_string();
    assert!(error.contains("no class \"3\"") && error.contains("1, 2, 0"), "{error}");
    assert!(matches!(report.volume_values("1", "nsd"), Err(Error::Unknown { kind: "metric", .. })));
    let recalls = report.volume_values("1", "recall").unwrap();
    assert_eq!(recalls, [("ct_01", Some(0.9)), ("ct_02", Some(0.2))]);
}

#[test]
fn reports_of_little_follow_the_table() {
    let none = ReportBuilder::new(EmptyPolicy::Undefined).overlap().build().unwrap();
    assert!(none.volumes.is_empty() && none.classes.is_empty());
    assert_eq!((none.foreground.pooled_counts, none.foreground.pooled["dice"]), (None, None));
    assert!(none.to_string().starts_with("case  class  precision"));
    for policy in [EmptyPolicy::Undefined, EmptyPolicy::One] {
        let mut builder = ReportBuilder::new(policy).overlap().given(["hd95"]);
        builder.slice("a", 0, "1", None, [Some(f64::INFINITY)]);
        builder.volume("b", "1", counts(0, 0, 0), [None]);
        let report = builder.build().unwrap();
        let one = report.class("1").unwrap();
        assert_eq!((one.pooled_counts, one.pooled["dice"]), (None, None));
        assert_eq!(one.over_slices["hd95"].summary, Summary { undefined: 1, ..Summary::default() });
        // Nothing is known of volume a; of b it is known that it is empty.
        let dice = one.over_volumes["dice"].summary;
        let expected = if policy == EmptyPolicy::One { (Some(1.0), 1) } else { (None, 2) };
        assert_eq!((dice.mean, dice.undefined), expected);
        assert_eq!(one.over_volumes["dice"].interval, None);
    }
    let mut volumes = ReportBuilder::new(EmptyPolicy::Undefined).overlap();
    volumes.volume("a", "1", counts(1, 0, 0), []);
    let report = volumes.build().unwrap();
    assert_eq!(report.class("1").unwrap().over_slices["dice"].summary, Summary::default());
    assert!(!report.to_string().contains("slices"));
}

#[test]
fn what_does_not_fit_is_named() {
    let error = |change: &dyn Fn(&mut ReportBuilder)| {
        let mut builder = builder();
        change(&mut builder);
        builder.build().unwrap_err().to_string()
    };
    let values = error(&|b| drop(b.slice("ct_09", 2, "1", None, []).build()));
    assert!(values.contains("\"ct_09\", slice 2, class \"1\" has 0 values"), "{values}");
    let twice = error(&|b| drop(b.volume("ct_02", "1", None, [None]).build()));
    assert!(twice.contains("\"ct_02\", class \"1\" is given twice"), "{twice}");
    let differing = error(&|b| drop(b.volume("ct_01", "2", counts(1, 3, 1), [None]).build()));
    assert!(differing.contains("\"ct_01\", class \"2\" differ"), "{differing}");
    for name in ["", "class", "dice"] {
        let builder = ReportBuilder::new(EmptyPolicy::One).overlap().given([name]);
        assert!(matches!(builder.build(), Err(Error::MetricName { .. })), "{name}");
    }
    let settings = Bootstrap { level: 2.0, ..Bootstrap::default() };
    assert!(matches!(builder().bootstrap(settings).build(), Err(Error::Bootstrap { .. })));
}

#[test]
fn columns_stay_aligned_under_names_of_any_width() {
    let mut builder = ReportBuilder::new(EmptyPolicy::Undefined).given(["hd95"]);
    let long = "a very long name of a case".repeat(3);
    for (case, value) in [("短い名前", Some(1.25)), (&long, None), ("two\nlines", Some(1e-7))] {
        builder.volume(case, "1", None, [value]);
    }
    let text = builder.build().unwrap().to_string();
    let table: Vec<&str> = text.lines().take(4).collect();
    let widths: Vec<usize> =
        table.iter().map(|line| unicode_width::UnicodeWidthStr::width(*line)).collect();
    assert_eq!(widths, [long.len() + 2 + 5 + 2 + 8; 4]);
    let ends: Vec<&str> = table.iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(ends, ["hd95", "1.2500", "-", "1.000e-7"]);
}

#[test]
fn slices_are_shown_on_request_and_files_hold_every_digit() {
    let report = builder().build().unwrap();
    assert!(
        !report.to_string().contains("slice  class")
            && format!("{report:#}").contains("slice  class")
    );
    assert!(report.to_string().contains("(foreground)  pooled"));
    let mut json = Vec::new();
    report.write_json(&mut json).unwrap();
    assert_eq!(Report::read_json(&json[..]).unwrap(), report);
    let error = Report::read_json(&b"{\"metrics\": 3}"[..]).unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");

    let mut bytes = Vec::new();
    report.write_csv(&mut bytes).unwrap();
    let mut table = csv::Reader::from_reader(&bytes[..]);
    let rows: Vec<BTreeMap<String, String>> = table.deserialize().map(Result::unwrap).collect();
    let levels = ["slice", "volume", "pooled"]
        .map(|level| rows.iter().filter(|row| row["level"] == level).count());
    assert_eq!(levels, [report.slices.len(), report.volumes.len(), 4]);
    assert_eq!((&*rows[0]["slice"], &*rows[0]["false_negatives"]), ("3", "1"));
    assert_eq!(rows[0]["hd95"].parse(), Ok(0.1 + 0.2));
    assert_eq!((&*rows[2]["hd95"], &*rows[2]["recall"]), ("", ""));

    let mut bytes = Vec::new();
    report.write_summary_csv(&mut bytes).unwrap();
    let mut table = csv::Reader::from_reader(&bytes[..]);
    let rows: Vec<BTreeMap<String, String>> = table.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4 * 2 * 6);
    let of = |row: &&BTreeMap<String, String>| {
        row["level"] == "volume" && row["class"] == "1" && row["metric"] == "recall"
    };
    let row = rows.iter().find(of).unwrap();
    let expected = report.class("1").unwrap().over_volumes["recall"];
    assert_eq!(row["upper_quartile"].parse().ok(), expected.summary.upper_quartile);
    assert_eq!(row["high"].parse().ok(), expected.interval.map(|ends| ends.high));
    assert_eq!((&*row["defined"], &*row["undefined"]), ("2", "0"));
}

/// What begins so is a formula to a spreadsheet; OWASP's page on CSV injection lists the characters.
#[test]
fn no_name_is_a_formula_to_a_spreadsheet() {
    let names = ["=1+1", "+a", "-inf", "@SUM(A1)", "\t=1", "\r=1", "＝1"];
    let mut builder = ReportBuilder::new(EmptyPolicy::Undefined).given(["=change", "-"]);
    for name in names.into_iter().chain(["-1", "ct=1.nii", "a-b"]) {
        builder.volume(name, name, None, [Some(-0.5), None]);
    }
    let report = builder.build().unwrap();
    let (mut table, mut summary) = (Vec::new(), Vec::new());
    report.write_csv(&mut table).unwrap();
    report.write_summary_csv(&mut summary).unwrap();
    for bytes in [&table, &summary] {
        let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        for cell in table
            .records()
            .flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
        {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']);
            assert!(!formula || cell.parse::<f64>().is_ok_and(f64::is_finite), "{cell:?}");
        }
    }
    let rows = csv::Reader::from_reader(&table[..]).into_records().map(Result::unwrap);
    let rows: Vec<Vec<String>> = rows
        .map(|row| row.iter().map(str::to_owned).collect())
        .filter(|row: &Vec<String>| row[0] == "volume")
        .collect();
    for (row, name) in rows.iter().zip(names) {
        assert_eq!(row[1], format!("'{name}"));
    }
    // Numbers, and what only holds such a character, are left alone.
    let kept: Vec<&str> = rows[names.len()..].iter().map(|row| row[1].as_str()).collect();
    assert_eq!(kept, ["-1", "ct=1.nii", "a-b"]);
    assert!(rows.iter().all(|row| row[8] == "-0.5"));
}

#[derive(Deserialize)]
struct Nnunet {
    arrays: BTreeMap<String, Arrays>,
    summaries: Vec<Expected>,
}

#[derive(Deserialize)]
struct Arrays {
    truth: Vec<u8>,
    prediction: Vec<u8>,
}

#[derive(Deserialize)]
struct Expected {
    cases: Vec<String>,
    labels: Vec<u8>,
    summary: Value,
}

#[test]
fn the_summary_is_that_of_nnunet() {
    let golden: Nnunet = serde_json::from_str(include_str!("golden/nnunet.json")).unwrap();
    for Expected { cases, labels, summary } in golden.summaries {
        let mut builder = ReportBuilder::new(EmptyPolicy::One).background("0");
        for case in &cases {
            let Arrays { truth, prediction } = &golden.arrays[case];
            let [prediction, truth] = [prediction, truth].map(|map| Array1::from(map.clone()));
            for &label in &labels {
                let counts = ConfusionCounts::from_labels(&prediction, &truth, label).unwrap();
                builder.volume(case, label.to_string(), counts, []);
            }
        }
        let mut written = Vec::new();
        let files = |case: &str| [format!("pred/{case}"), format!("truth/{case}")];
        builder.build().unwrap().write_nnunet_summary(&mut written, files).unwrap();
        assert_alike(&serde_json::from_slice(&written).unwrap(), &summary, "summary");
    }
}

/// The same names and values, numbers but for rounding.
fn assert_alike(found: &Value, expected: &Value, path: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let names = |of: &serde_json::Map<String, Value>| {
                of.keys().cloned().collect::<std::collections::BTreeSet<_>>()
            };
            assert_eq!(names(found), names(expected), "{path}");
            for (name, value) in expected {
                assert_alike(&found[name], value, &format!("{path}.{name}"));
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{path}");
            found.iter().zip(expected).for_each(|(f, e)| assert_alike(f, e, path));
        }
        (Value::Number(found), Value::Number(expected)) => {
            assert_eq!(found.is_u64(), expected.is_u64(), "{path}");
            let [found, expected] = [found, expected].map(|n| n.as_f64().unwrap());
            assert_relative_eq!(found, expected, max_relative = 1e-14);
        }
        _ => assert_eq!(found, expected, "{path}"),
    }
}

#[test]
fn nnunet_needs_counts() {
    let mut builder = ReportBuilder::new(EmptyPolicy::Undefined);
    builder.volume("ct_01", "1", None, []);
    let report = builder.build().unwrap();
    let error = report.write_nnunet_summary(Vec::new(), |_| Default::default()).unwrap_err();
    assert!(error.to_string().contains("\"ct_01\", class \"1\" has no counts"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn levels_agree_with_sums_of_counts_and_files_read_back(
        volumes in prop::collection::vec(
            prop::collection::vec((0_u64..9, 0_u64..9, 0_u64..9, any::<f64>()), 1..5), 1..5),
    ) {
        let mut builder = ReportBuilder::new(EmptyPolicy::Undefined).overlap().given(["x"]);
        let (mut all, mut dice) = (ConfusionCounts::default(), Vec::new());
        for (case, slices) in volumes.iter().enumerate() {
            let mut sum = ConfusionCounts::default();
            for (slice, &(tp, fp, fneg, value)) in slices.iter().enumerate() {
                builder.slice(case.to_string(), slice, "1", counts(tp, fp, fneg), [Some(value)]);
                sum += counts(tp, fp, fneg);
            }
            all += sum;
            dice.push(sum.dice(EmptyPolicy::Undefined));
        }
        let report = builder.build().unwrap();
        let one = report.class("1").unwrap();
        prop_assert_eq!(one.pooled_counts, Some(all));
        prop_assert_eq!(one.pooled["dice"], all.dice(EmptyPolicy::Undefined));
        prop_assert_eq!(one.over_volumes["dice"].summary, Summary::from_values(dice));
        prop_assert_eq!(&one.over_slices, &report.foreground.over_slices);
        let mut json = Vec::new();
        report.write_json(&mut json).unwrap();
        prop_assert_eq!(Report::read_json(&json[..]).unwrap(), report);
    }
}
