//! The SVG charts say what they should, also on degenerate data.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod common;

use common::{BLUR_LIMIT, CONTRAST_LIMIT};
use qunet_quality::QualityRecord;
use qunet_report::{
    Error, Figure, FigureData, LossCurves, LossStage, loss_curves, quality_along_z, quality_scatter,
};
use qunet_select::{QualityLimits, Reason, SliceVerdict, Verdict};
use qunet_stack::SliceId;

fn svg(figure: &Figure) -> &str {
    match figure.data() {
        FigureData::Svg(text) => text,
        other => panic!("not an SVG: {other:?}"),
    }
}

/// Every tag that opens closes, in order.
fn assert_well_formed(text: &str) {
    let mut open = Vec::new();
    for tag in text.split('<').skip(1) {
        let (tag, rest) = tag.split_once('>').expect("a tag ends");
        assert!(!rest.contains('>') && !rest.replace("&", "").contains('<'));
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (false, false) => open.push(name),
            (false, true) => {}
        }
    }
    assert!(open.is_empty());
}

fn texts(text: &str) -> Vec<&str> {
    let after = text.split("<text").skip(1);
    after.filter_map(|t| t.split_once('>')?.1.split('<').next()).map(str::trim).collect()
}

fn record(z: usize, variance_of_laplacian: f64, inverse_psnr: Option<f64>) -> QualityRecord {
    let record = QualityRecord::new(SliceId(z), variance_of_laplacian);
    QualityRecord { inverse_psnr, ..record }
}

fn limits(blurriness: f64, inverse_psnr: f64) -> QualityLimits {
    let (blurriness, inverse_psnr) = (Some(blurriness), Some(inverse_psnr));
    QualityLimits { blurriness, inverse_psnr, ..QualityLimits::default() }
}

fn picked(z: usize) -> SliceVerdict {
    let reason = Reason::Spaced { part: 1, parts: 1 };
    let verdict = Verdict::Picked { rank: 1, spacing: None, reason };
    SliceVerdict { id: SliceId(z).into(), verdict }
}

#[test]
fn scatter_labels_the_picked_slices_and_both_limits() {
    let limits = limits(BLUR_LIMIT, CONTRAST_LIMIT);
    let figure = quality_scatter(&common::records(), &common::verdicts(), &limits).unwrap();
    assert_well_formed(svg(&figure));
    let texts = texts(svg(&figure));
    for id in common::first().slices(0) {
        assert!(texts.contains(&id.to_string().as_str()), "{id}");
    }
    for label in ["picked: 9", "limit 0.00220", "limit 0.0160"] {
        assert!(texts.contains(&label), "{label} in {texts:?}");
    }
    assert!(texts.iter().any(|text| text.contains("higher = blurrier")));
    // A diamond in bluish green for each picked slice, and one in the legend.
    assert_eq!(svg(&figure).matches("<polygon opacity=\"1\" fill=\"#009E73\"").count(), 10);
    assert!(figure.caption().contains("2 slices without a defined inverse PSNR"));
}

#[test]
fn wide_ranges_get_a_log_axis() {
    let records = [record(0, 1e4, Some(0.1)), record(1, 1.0, Some(0.1))];
    let verdicts = [picked(0), picked(1)];
    let figure = quality_scatter(&records, &verdicts, &QualityLimits::default()).unwrap();
    assert!(svg(&figure).contains("log scale"));
}

#[test]
fn degenerate_scores_still_draw() {
    let cases = [
        vec![record(0, 5.0, Some(0.1))],
        vec![record(0, 5.0, Some(0.0)), record(1, 5.0, Some(0.0))],
        vec![record(0, 0.0, Some(0.1)), record(1, 2.0, Some(0.1))],
        vec![record(0, 0.0, None)],
    ];
    for records in cases {
        let verdicts: Vec<_> = records.iter().map(|r| picked(r.id.0)).collect();
        let limits = limits(f64::INFINITY, 0.0);
        let scatter = quality_scatter(&records, &verdicts, &limits).unwrap();
        assert_well_formed(svg(&scatter));
        let along = quality_along_z(&records, &[("S0", &common::later(0, &[0]))], 0).unwrap();
        assert_well_formed(svg(&along));
        assert!(!svg(&along).contains("NaN") && !svg(&scatter).contains("inf"));
    }
}

#[test]
fn along_z_marks_the_picks_of_every_round_in_its_stack() {
    let first = common::first();
    let (later, other) = (common::later(0, &[41, 2]), common::later(1, &[3]));
    let rounds = [("S0", &first), ("Sm", &later), ("other stack", &other)];
    let figure = quality_along_z(&common::records(), &rounds, 0).unwrap();
    let texts = texts(svg(&figure));
    for label in ["S0: 9 slices", "Sm: 2 slices", "41", "blurriness", "Slice index"] {
        assert!(texts.contains(&label), "{label} in {texts:?}");
    }
    assert!(figure.alt().ends_with("marked above: 9 in S0, 2 in Sm"), "{}", figure.alt());
}

#[test]
fn along_z_grows_with_many_rounds() {
    let rounds: Vec<_> = (0..30).map(|z| (format!("round {z}"), common::later(0, &[z]))).collect();
    let rounds: Vec<_> = rounds.iter().map(|(name, it)| (name.as_str(), it)).collect();
    let figure = quality_along_z(&common::records(), &rounds, 0).unwrap();
    assert_well_formed(svg(&figure));
    assert!(texts(svg(&figure)).contains(&"round 29: 1 slice"));
    let height = svg(&figure).split("height=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(height.parse::<u32>().unwrap() > 1000, "{height}");
}

#[test]
fn scores_that_do_not_fit_are_refused() {
    let limits = QualityLimits::default();
    let empty = quality_scatter(&[], &[], &limits);
    assert!(matches!(empty, Err(Error::Empty { .. })));
    let one = [record(3, 1.0, None)];
    let none = quality_scatter(&one, &[], &limits);
    assert!(matches!(none, Err(Error::LengthMismatch { expected: 1, found: 0, .. })));
    let other = quality_scatter(&one, &[picked(4)], &limits);
    assert!(matches!(other, Err(Error::MissingVerdict { slice: SliceId(3) })));
    let bad = quality_along_z(&[record(3, f64::NAN, None)], &[], 0);
    assert!(matches!(bad, Err(Error::InvalidNumber { index: 3, .. })));
}

#[test]
fn loss_curves_name_heads_and_stages() {
    let figure = loss_curves(&common::curves()).unwrap();
    assert_well_formed(svg(&figure));
    let texts = texts(svg(&figure));
    for label in ["L1", "L2", "L3", "L4", "Epoch", "train on S0 (9 slices)"] {
        assert!(texts.contains(&label), "{label} in {texts:?}");
    }
    assert!(figure.caption().contains("fine-tune on S0 + Sm (14 slices)"));
}

#[test]
fn names_in_a_chart_are_escaped() {
    let stage = LossStage { name: "<script>\u{0}".to_owned(), epochs: vec![vec![-0.5]; 3] };
    let figure = loss_curves(&LossCurves { stages: vec![stage] }).unwrap();
    assert!(svg(&figure).contains("&lt;script&gt;"));
    assert!(!svg(&figure).contains("<script>") && !svg(&figure).contains('\u{0}'));
}

#[test]
fn one_epoch_of_equal_losses_still_draws() {
    let stage = |heads| LossStage { name: "S0".to_owned(), epochs: vec![vec![-1.0; heads]] };
    for heads in 1..=4 {
        let curves = LossCurves { stages: vec![stage(heads), LossStage::default(), stage(heads)] };
        assert_well_formed(svg(&loss_curves(&curves).unwrap()));
    }
    for heads in [0, 5] {
        let result = loss_curves(&LossCurves { stages: vec![stage(heads)] });
        assert!(matches!(result, Err(Error::HeadCount { epoch: 1, .. })));
    }
    let uneven = LossStage { name: "S0".to_owned(), epochs: vec![vec![0.0; 4], vec![0.0; 3]] };
    let result = loss_curves(&LossCurves { stages: vec![uneven] });
    assert!(matches!(result, Err(Error::HeadCount { epoch: 2, found: 3, .. })));
    let nan = LossStage { name: "S0".to_owned(), epochs: vec![vec![f64::NAN]] };
    let result = loss_curves(&LossCurves { stages: vec![nan] });
    assert!(matches!(result, Err(Error::InvalidNumber { .. })));
    assert!(matches!(loss_curves(&LossCurves::default()), Err(Error::Empty { .. })));
}
