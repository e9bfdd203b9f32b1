//! Tables read back as the records they were written from, or say where they are wrong.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;
use qunet_quality::{
    Error, Metric, QualityRecord, TableFault, read_csv, read_json, write_csv, write_json,
};
use qunet_stack::SliceId;
use tempfile::TempDir;

const NAMES: &str =
    "slice,variance_of_laplacian,blurriness,inverse_psnr,roi_pixels,roi_mean,roi_cov";

fn file_in(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}

fn records() -> Vec<QualityRecord> {
    let constant = QualityRecord::new(SliceId(12), 0.0);
    let sharp = QualityRecord::new(SliceId(3), 0.1 + 0.2).with_inverse_psnr(1e-300).with_region(
        usize::MAX,
        -1024.125,
        f64::MAX,
    );
    vec![constant, sharp]
}

#[test]
fn tables_read_back_with_infinite_and_undefined_values() {
    let (folder, csv) = file_in("quality.csv");
    let json = folder.path().join("quality.json");
    for expected in [records(), Vec::new()] {
        write_csv(&csv, &expected).unwrap();
        assert_eq!(read_csv(&csv).unwrap(), expected);
        write_json(&json, &expected).unwrap();
        assert_eq!(read_json(&json).unwrap(), expected);
    }
    assert_eq!(records()[0].blurriness(), f64::INFINITY);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn further_metrics_are_columns_after_the_fixed_ones() {
    let mut expected = records();
    let further = [(Metric::Tenengrad, Some(12.5)), (Metric::BlurEffect, None)];
    expected.iter_mut().for_each(|record| record.further = BTreeMap::from(further));
    let (folder, csv) = file_in("quality.csv");
    write_csv(&csv, &expected).unwrap();
    let text = std::fs::read_to_string(&csv).unwrap();
    assert_eq!(text.lines().next(), Some(format!("{NAMES},tenengrad,blur_effect").as_str()));
    assert_eq!(read_csv(&csv).unwrap(), expected);
    let json = folder.path().join("quality.json");
    write_json(&json, &expected).unwrap();
    assert_eq!(read_json(&json).unwrap(), expected);
}

#[test]
fn json_has_one_line_per_slice_and_null_for_infinity() {
    let (_folder, path) = file_in("quality.json");
    write_json(&path, &records()[..1]).unwrap();
    let expected = r#"[
{"slice":12,"variance_of_laplacian":0.0,"blurriness":null,"inverse_psnr":null,"roi_pixels":0,"roi_mean":null,"roi_cov":null}
]
"#;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
}

proptest! {
    #[test]
    fn every_finite_number_reads_back_to_the_bit(
        values in prop::array::uniform4(prop::num::f64::POSITIVE | prop::num::f64::SUBNORMAL),
        id in any::<usize>(),
        roi_pixels in any::<usize>(),
    ) {
        let [variance_of_laplacian, p, mean, cov] = values.map(f64::abs);
        let record = QualityRecord::new(SliceId(id), variance_of_laplacian)
            .with_inverse_psnr(p)
            .with_region(roi_pixels, -mean, cov);
        let (folder, csv) = file_in("quality.csv");
        let json = folder.path().join("quality.json");
        write_csv(&csv, std::slice::from_ref(&record)).unwrap();
        prop_assert_eq!(&read_csv(&csv).unwrap()[0], &record);
        write_json(&json, std::slice::from_ref(&record)).unwrap();
        prop_assert_eq!(&read_json(&json).unwrap()[0], &record);
    }
}

#[test]
fn columns_may_stand_in_any_order() {
    let (_folder, path) = file_in("quality.csv");
    let names = NAMES.split(',').rev().collect::<Vec<_>>().join(",");
    std::fs::write(&path, format!("{names}\r\n, 2.5, 16, 1e-3, 0.25, 4, 7\r\n")).unwrap();
    let record = &read_csv(&path).unwrap()[0];
    assert_eq!((record.id, record.variance_of_laplacian), (SliceId(7), 4.0));
    assert_eq!((record.roi_mean, record.roi_cov), (Some(2.5), None));
}

fn csv_message(content: &str) -> String {
    let (_folder, path) = file_in("quality.csv");
    std::fs::write(&path, content).unwrap();
    let message = read_csv(&path).unwrap_err().to_string();
    assert!(message.contains("quality.csv") && !message.contains('\n'), "{message}");
    message
}

#[test]
fn csv_faults_name_line_and_column() {
    let cases = [
        ("", "line 1: column slice is missing"),
        ("slice,blurriness\n", "line 1: column variance_of_laplacian is missing"),
        ("slice,sharpness\n", r#"line 1: column "sharpness" is not one of"#),
        ("slice,slice\n", "line 1: column slice is there twice"),
    ];
    for (content, expected) in cases {
        let message = csv_message(content);
        assert!(message.contains(expected), "{message}");
    }
    let good = "0,1,1,,4,,";
    let cases = [
        ("-1,1,1,,4,,", r#"column slice is "-1", but the rule is a whole number >= 0"#),
        (
            "0,,1,,4,,",
            r#"column variance_of_laplacian is "", but the rule is a finite number >= 0"#,
        ),
        ("0,-2,1,,4,,", r#"column variance_of_laplacian is "-2""#),
        ("0,inf,1,,4,,", r#"column variance_of_laplacian is "inf""#),
        ("0,1,-1,,4,,", r#"column blurriness is "-1""#),
        ("0,1,x,,4,,", r#"column blurriness is "x""#),
        ("0,1,1,NaN,4,,", r#"column inverse_psnr is "NaN", but the rule is a finite number"#),
        ("0,1,1,,4.5,,", r#"column roi_pixels is "4.5""#),
        ("0,1,1,,4,1e999,", r#"column roi_mean is "1e999""#),
        ("0,1,1,,4,,none", r#"column roi_cov is "none""#),
    ];
    for (bad, expected) in cases {
        let message = csv_message(&format!("{NAMES}\n{good}\n{bad}\n"));
        assert!(message.contains("line 3: "), "{message}");
        assert!(message.contains(expected), "{message}");
    }
    assert!(csv_message(&format!("{NAMES}\n{good}\n1,2\n")).contains("line: 3"));
}

#[test]
fn json_faults_name_line_and_column() {
    let good = r#"{"slice":0,"variance_of_laplacian":1,"blurriness":1,"inverse_psnr":null,"roi_pixels":4,"roi_mean":null,"roi_cov":null}"#;
    let message_of = |line: &str| {
        let (_folder, path) = file_in("quality.json");
        std::fs::write(&path, format!("[\n{good},\n{line}\n]\n")).unwrap();
        let message = read_json(&path).unwrap_err().to_string();
        assert!(message.contains("quality.json") && !message.contains('\n'), "{message}");
        assert!(message.contains("at line 3"), "{message}");
        message
    };
    let with = |from: &str, to: &str| message_of(&good.replace(from, to));
    assert!(with("roi_cov", "roi_cv").contains(r#"column "roi_cv" is not one of"#));
    assert!(with("roi_cov", "roi_mean").contains("column roi_mean is there twice"));
    assert!(with(r#","roi_cov":null"#, "").contains("column roi_cov is missing"));
    assert!(with(r#""roi_pixels":4"#, r#""roi_pixels":"4""#).contains("column roi_pixels is"));
    assert!(with(r#""slice":0"#, r#""slice":-3"#).contains("column slice is \"-3\""));
    assert!(with(r#""slice":0"#, r#""slice":null"#).contains("column slice is \"\""));
    assert!(with(r#""roi_mean":null"#, r#""roi_mean":[1]"#).contains("column roi_mean is"));
    assert!(message_of("7").contains("a quality record, an object"));
    assert!(message_of("{]").contains("key must be a string"));
}

#[test]
fn the_fault_is_there_as_data() {
    let (_folder, path) = file_in("quality.csv");
    std::fs::write(&path, format!("{NAMES}\nx,1,1,,4,,\n")).unwrap();
    let Err(Error::Csv { line: 2, fault, .. }) = read_csv(&path) else { panic!("no fault") };
    let rule = "a whole number >= 0";
    assert_eq!(fault, TableFault::Value { column: "slice", value: "x".to_owned(), rule });
}

#[test]
fn tables_that_are_not_there_or_not_text_are_named() {
    let (_folder, path) = file_in("quality.csv");
    assert!(read_csv(&path).unwrap_err().to_string().contains("quality.csv"));
    assert!(read_json(&path).unwrap_err().to_string().contains("quality.csv"));
    std::fs::write(&path, b"slice,\xff\xfe\n\x00").unwrap();
    assert!(read_csv(&path).is_err());
    assert!(read_json(&path).is_err());
    let lost = path.join("no-such-folder").join("a.json");
    assert!(write_json(&lost, &records()).unwrap_err().to_string().contains("a.json"));
}
