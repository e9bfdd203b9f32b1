//! What the functions give is what the libraries give, bit for bit.
#![allow(missing_docs)]

mod common;

use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use arrow::datatypes::UInt32Type;
use common::{Outcome, numbers, records, rows, session, texts, with_options};
use ndarray::Array3;
use qunet_quality::{Metric, QualityParams, score_stack};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
use qunet_select::{ImageQuality, Pool, Request, Strategy, Verdict};
use qunet_stack::phantom::{CtPhantom, OctPhantom};
use qunet_stack::{Geometry, Pixels, Scaling, Stack, find_stacks};

/// Stacks of every pixel type and several formats.
fn archive(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    CtPhantom { slices: 14, size: 48, seed: 1 }
        .generate()?
        .stack
        .write(folder.join("ct.nii.gz"))?;
    std::fs::create_dir_all(folder.join("oct"))?;
    let oct = OctPhantom { slices: 7, height: 64, width: 72, seed: 2 };
    oct.generate()?.stack.write(folder.join("oct/band.nii"))?;
    let value = |(z, y, x): (usize, usize, usize)| ((z * 37 + y * 11 + x * 5) % 4099) as f32;
    let of = Geometry::from_spacing([2.5, 0.5, 0.5]);
    let sixteen = Pixels::U16(Array3::from_shape_fn((5, 20, 31), |at| value(at) as u16));
    Stack::new("u16", sixteen, of)?.write(folder.join("u16.nii"))?;
    let float = Pixels::F32(Array3::from_shape_fn((5, 20, 31), |at| value(at) / 7.0 - 100.0));
    Stack::new("f32", float, of)?.write(folder.join("f32.nii.gz"))?;
    Ok(())
}

/// Scores of all stacks, by SQL and by the library.
async fn check_scores(folder: &Path, readers: usize) -> Outcome {
    let session = session(folder, readers)?;
    let window = r#"{"mode": "window", "centre": -600, "width": 1500}"#;
    let cases = [
        (String::new(), Scaling::None),
        (r#", NULL, '{"scaling": {"mode": "slice_min_max"}}'"#.into(), Scaling::SliceMinMax),
        (format!(", NULL, '{{\"scaling\": {window}}}'"), Scaling::lung_window()),
        (
            r#", NULL, '{"scaling": {"mode": "stack_min_max"}}', low, high"#.into(),
            Scaling::StackMinMax,
        ),
    ];
    for (arguments, scaling) in cases {
        let sql = format!(
            "SELECT stack, slice, qunet_scores(pixels{arguments}) AS scores FROM stacks \
             WHERE error IS NULL ORDER BY stack, slice"
        );
        let found = rows(&session, &sql).await?;
        let (names, records) = (texts(&found, "stack"), records(&found));
        let mut seen = 0;
        for path in find_stacks(folder)? {
            let stack = Stack::open(&path)?;
            let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            let own: Vec<_> = names.iter().zip(&records).filter(|(it, _)| **it == name).collect();
            let own: Vec<_> = own.into_iter().map(|(_, record)| record.clone()).collect();
            let expected = score_stack(&stack, &scaling, &QualityParams::default())?;
            assert_eq!(own, expected, "{name} {scaling:?}");
            seen += own.len();
        }
        assert_eq!(seen, found.num_rows());
    }
    Ok(())
}

#[tokio::test]
async fn scores_are_those_of_the_library_for_any_number_of_readers() -> Outcome {
    let folder = tempfile::tempdir()?;
    archive(folder.path())?;
    for readers in [1, 3, 16] {
        check_scores(folder.path(), readers).await?;
    }
    Ok(())
}

/// Verdicts of S0 on every stack, by SQL and by the library.
async fn check_initial(folder: &Path) -> Outcome {
    let session = session(folder, 4)?;
    for (count, settings, strategy) in [
        (9, "", ImageQuality::default()),
        (
            3,
            r#", '{"wanted_fraction": null, "gap": null, "fill_up": false}'"#,
            ImageQuality::paper(),
        ),
    ] {
        let sql = format!(
            "WITH scored AS (SELECT stack, slice, qunet_scores(pixels) AS scores FROM stacks), \
             judged AS (SELECT stack, slice, qunet_initial(slice, scores, {count}{settings}) \
             OVER (PARTITION BY stack ORDER BY slice) AS it FROM scored) \
             SELECT stack, slice, it['picked'] AS picked, it['rank'] AS rank, it['why'] AS why, \
             it['verdict'] AS verdict FROM judged ORDER BY stack, slice"
        );
        let found = rows(&session, &sql).await?;
        let (names, why, verdict) =
            (texts(&found, "stack"), texts(&found, "why"), texts(&found, "verdict"));
        let ranks = found["rank"].as_primitive::<UInt32Type>();
        for path in find_stacks(folder)? {
            let stack = Stack::open(&path)?;
            let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            let records = score_stack(&stack, &Scaling::None, &QualityParams::default())?;
            let pool = Pool::of_stack(records.len())?.with_quality(0, &records)?;
            let selection = strategy.select(&pool, &Request::new(count, 0))?;
            let rows = (0..found.num_rows()).filter(|&row| names[row] == name);
            for (row, expected) in rows.zip(&selection.verdicts) {
                assert_eq!(why[row], expected.verdict.to_string(), "{name}");
                let rank = match expected.verdict {
                    Verdict::Picked { rank, .. } => Some(rank as u32),
                    _ => None,
                };
                assert_eq!(ranks.is_valid(row).then(|| ranks.value(row)), rank);
                assert_eq!(found["picked"].as_boolean().value(row), rank.is_some());
                assert_eq!(verdict[row] == "picked", rank.is_some());
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn initial_slices_are_those_of_the_library() -> Outcome {
    let folder = tempfile::tempdir()?;
    archive(folder.path())?;
    check_initial(folder.path()).await
}

#[tokio::test]
async fn real_stacks_are_scored_as_the_library_scores_them() -> Outcome {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let sets: Vec<PathBuf> = match std::fs::read_dir(&data) {
        Ok(entries) => {
            entries.flatten().map(|entry| entry.path()).filter(|it| it.is_dir()).collect()
        }
        Err(_) => {
            eprintln!("skipped: {} is not there", data.display());
            return Ok(());
        }
    };
    for set in sets {
        check_scores(&set, 2).await?;
        check_initial(&set).await?;
    }
    Ok(())
}

#[tokio::test]
async fn regions_settings_and_single_metrics() -> Outcome {
    let folder = tempfile::tempdir()?;
    let phantom = CtPhantom { slices: 6, size: 48, seed: 3 }.generate()?;
    let (images, masks) = (folder.path().join("images"), folder.path().join("masks"));
    std::fs::create_dir_all(&images)?;
    std::fs::create_dir_all(&masks)?;
    phantom.stack.write(images.join("ct.nii.gz"))?;
    let region = phantom.truth.labels().mapv(|label| u8::from(label != 0));
    phantom.stack.write_labels(masks.join("ct.nii.gz"), &region)?;
    let mut options = qunet_datafusion::StacksOptions::default();
    options.roi = Some("masks".into());
    let session = with_options(folder.path(), 2, options)?;
    session.deregister_table("stacks")?;
    session
        .sql("CREATE EXTERNAL TABLE stacks STORED AS STACKS LOCATION 'images' OPTIONS ('roi' 'masks')")
        .await?;
    let settings = r#"'{"median_window": 5, "further": ["focus_ratio"]}'"#;
    let sql = format!(
        "SELECT slice, qunet_scores(pixels, roi, {settings}) AS scores, qunet_roi_mean(pixels, roi) AS mean, \
         qunet_blurriness(pixels, roi) AS blur, qunet_dice(roi, roi) AS dice FROM stacks ORDER BY slice"
    );
    let found = rows(&session, &sql).await?;
    let stack = phantom.stack.clone().with_roi_mask(region.mapv(|label| label != 0))?;
    let params = QualityParams {
        median_window: 5,
        further: [Metric::FocusRatio].into(),
        ..QualityParams::default()
    };
    let expected = score_stack(&stack, &Scaling::None, &params)?;
    let plain = score_stack(&stack, &Scaling::None, &QualityParams::default())?;
    let scores = found["scores"].as_struct();
    let further = numbers(scores.column_by_name("focus_ratio").ok_or("no focus ratio")?);
    let (mean, blur, dice) =
        (numbers(&found["mean"]), numbers(&found["blur"]), numbers(&found["dice"]));
    for (row, record) in expected.iter().enumerate() {
        assert_eq!(further[row], record.further[&Metric::FocusRatio]);
        assert_eq!(mean[row], plain[row].roi_mean);
        assert_eq!(blur[row], Some(plain[row].blurriness()));
        let truth = region.index_axis(ndarray::Axis(0), row).mapv(|label| label != 0);
        let counts = ConfusionCounts::from_masks(&truth, &truth)?;
        assert_eq!(dice[row], counts.dice(EmptyPolicy::Undefined));
    }
    let own = records(&found);
    let bare = |record: &qunet_quality::QualityRecord| qunet_quality::QualityRecord {
        further: Default::default(),
        ..record.clone()
    };
    assert_eq!(own, expected.iter().map(bare).collect::<Vec<_>>());
    Ok(())
}
