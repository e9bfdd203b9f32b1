//! Images that are none, and arguments that no function takes.
#![allow(missing_docs)]

mod common;

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, FixedSizeListArray, Float64Array, RecordBatch, UInt16Array,
};
use arrow::datatypes::{DataType, Field, Schema};
use common::{Outcome, failure, numbers, rows, session};
use datafusion::prelude::SessionContext;
use image::ImageFormat;
use qunet_quality::{QualityParams, score_slice};
use qunet_stack::SliceId;

/// A table `t` of one column.
fn table(session: &SessionContext, field: Field, column: ArrayRef) -> Outcome {
    let schema = Arc::new(Schema::new(vec![field]));
    let batch = RecordBatch::try_new(schema, vec![column])?;
    session.deregister_table("t")?;
    session.register_batch("t", batch)?;
    Ok(())
}

#[tokio::test]
async fn bytes_of_files() -> Outcome {
    let folder = tempfile::tempdir()?;
    let session = session(folder.path(), 1)?;
    let grey = image::GrayImage::from_fn(20, 16, |x, y| image::Luma([(x * y % 251) as u8]));
    let encoded = |format: ImageFormat| {
        let mut bytes = Cursor::new(Vec::new());
        grey.write_to(&mut bytes, format).map(|()| bytes.into_inner())
    };
    let (png, tiff) = (encoded(ImageFormat::Png)?, encoded(ImageFormat::Tiff)?);
    let files = BinaryArray::from(vec![Some(&png[..]), None, Some(&tiff[..])]);
    table(&session, Field::new("file", DataType::Binary, true), Arc::new(files))?;
    let found = rows(&session, "SELECT qunet_blurriness(file) AS b FROM t").await?;
    let pixels = ndarray::Array2::from_shape_vec((16, 20), grey.into_raw())?;
    let record = score_slice(SliceId(0), &pixels, None, &QualityParams::default())?;
    let expected = Some(record.blurriness());
    assert_eq!(numbers(&found["b"]), [expected, None, expected]);
    // Cut short, of another kind, or nothing at all.
    for bytes in [&png[..png.len() / 2], b"GIF89a", b"no image at all, by far", b""] {
        let files = BinaryArray::from(vec![Some(&png[..]), Some(bytes)]);
        table(&session, Field::new("file", DataType::Binary, true), Arc::new(files))?;
        let why = failure(&session, "SELECT qunet_blurriness(file) FROM t").await;
        assert!(why.contains("qunet_blurriness, row 1: ") && !why.contains("/tmp"), "{why}");
    }
    Ok(())
}

#[tokio::test]
async fn tensors_of_a_fixed_shape() -> Outcome {
    let folder = tempfile::tempdir()?;
    let session = session(folder.path(), 1)?;
    let values: Vec<u16> = (0..2 * 12).map(|at| at * at % 97).collect();
    let item = Arc::new(Field::new("item", DataType::UInt16, true));
    let list = FixedSizeListArray::try_new(
        Arc::clone(&item),
        12,
        Arc::new(UInt16Array::from(values.clone())),
        None,
    )?;
    let of = DataType::FixedSizeList(item, 12);
    let described = |shape: &str| {
        Field::new("image", of.clone(), true).with_metadata(HashMap::from([
            ("ARROW:extension:name".to_owned(), "arrow.fixed_shape_tensor".to_owned()),
            ("ARROW:extension:metadata".to_owned(), format!("{{\"shape\": {shape}}}")),
        ]))
    };
    table(&session, described("[3, 4]"), Arc::new(list.clone()))?;
    let found = rows(&session, "SELECT qunet_scores(image) AS scores, 0 AS slice FROM t").await?;
    for (row, record) in common::records(&found).iter().enumerate() {
        let image = ndarray::ArrayView2::from_shape((3, 4), &values[12 * row..][..12])?;
        assert_eq!(*record, score_slice(SliceId(0), &image, None, &QualityParams::default())?);
    }
    for (field, problem) in [
        (Field::new("image", of.clone(), true), "does not say its shape"),
        (described("[3, 2, 2]"), "give (height, width)"),
        (described("[3, 5]"), "row 0"),
    ] {
        table(&session, field, Arc::new(list.clone()))?;
        let why = failure(&session, "SELECT qunet_scores(image) FROM t").await;
        assert!(why.contains(problem), "{why}");
    }
    Ok(())
}

#[tokio::test]
async fn images_that_claim_what_they_are_not() -> Outcome {
    let folder = tempfile::tempdir()?;
    let session = session(folder.path(), 1)?;
    let image = |of: &str, height: i64, width: i64, data: &str| {
        format!(
            "SELECT qunet_scores(named_struct('type', '{of}', 'height', {height}, 'width', {width}, 'data', \
             decode('{data}', 'hex')))"
        )
    };
    assert_eq!(rows(&session, &image("uint8", 1, 2, "0102")).await?.num_rows(), 1);
    for (sql, problem) in [
        (image("uint8", 1_000_000_000, 1_000_000_000, "0102"), "cannot have 2 bytes"),
        (image("uint16", 4_000_000_000, 4_000_000_000, "0102"), "cannot have 2 bytes"),
        (image("float64", 1, 2, "0102"), "pixels of type \"float64\" are not read"),
        (image("uint8", -1, 2, "0102"), "-1"),
        (image("uint8", 0, 0, ""), "has no pixels"),
        (image("float32", 1, 1, "0000c07f"), "NaN"),
        ("SELECT qunet_scores('ct.nii')".into(), "is a text"),
        ("SELECT qunet_scores(1)".into(), "is no image"),
        ("SELECT qunet_scores(named_struct('a', 1))".into(), "is no image"),
        ("SELECT qunet_scores()".into(), "it takes (image"),
        ("SELECT qunet_dice(NULL)".into(), "it takes (prediction, truth"),
        ("SELECT qunet_scores(NULL, NULL, '{\"median\": 3}')".into(), "unknown field `median`"),
        ("SELECT qunet_scores(NULL, NULL, '{\"median_window\": 1}')".into(), "median_window is 1"),
        ("SELECT qunet_scores(NULL, NULL, 'fast')".into(), "are no JSON object"),
        ("SELECT qunet_scores(NULL, NULL, 7)".into(), "must be a text"),
        (
            "SELECT qunet_scores(NULL, NULL, '{\"scaling\": {\"mode\": \"stack_min_max\"}}')"
                .into(),
            "give its columns low and high",
        ),
        ("SELECT qunet_dice(NULL, NULL, 'half')".into(), "cannot be read: unknown variant `half`"),
        ("SELECT qunet_initial(0, 1) OVER ()".into(), "is no result of qunet_scores"),
    ] {
        let why = failure(&session, &sql).await;
        assert!(why.contains(problem), "{sql}\n{why}");
    }
    let scored = "WITH s AS (SELECT 0 AS slice, qunet_scores(named_struct('type', 'uint8', 'height', 1, 'width', 2, \
                  'data', decode('0102', 'hex'))) AS scores)";
    for (call, problem) in [
        ("qunet_initial(slice, scores, 0)", "ask for 1 slice or more"),
        ("qunet_initial(slice, scores, 3, '{\"gaps\": 1}')", "unknown field `gaps`"),
    ] {
        let why = failure(&session, &format!("{scored} SELECT {call} OVER () FROM s")).await;
        assert!(why.contains(problem), "{why}");
    }
    let twice = format!(
        "{scored} SELECT qunet_initial(slice, scores) OVER () FROM (SELECT * FROM s UNION ALL SELECT * FROM s)"
    );
    let why = failure(&session, &twice).await;
    assert!(why.contains("twice") || why.contains("slice 0"), "{why}");
    Ok(())
}

#[tokio::test]
async fn nulls_stay_nulls() -> Outcome {
    let folder = tempfile::tempdir()?;
    let session = session(folder.path(), 1)?;
    let found =
        rows(&session, "SELECT qunet_blurriness(NULL) AS a, qunet_dice(NULL, NULL) AS b").await?;
    assert_eq!((numbers(&found["a"]), numbers(&found["b"])), (vec![None], vec![None]));
    let none = Float64Array::from(Vec::<f64>::new());
    table(&session, Field::new("x", DataType::Float64, true), Arc::new(none))?;
    let none =
        rows(&session, "SELECT qunet_scores(NULL) AS s FROM t UNION ALL SELECT qunet_scores(NULL)")
            .await?;
    assert_eq!(none.num_rows(), 1);
    Ok(())
}
