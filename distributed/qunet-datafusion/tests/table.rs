//! What a table of stacks reads, and what it leaves alone.
#![allow(missing_docs)]

mod common;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::AsArray;
use common::{Outcome, errors, failure, numbers, rows, session, texts, with_options};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use qunet_datafusion::{Errors, Roots, StacksOptions, StacksTable, register};
use qunet_stack::phantom::CtPhantom;
use qunet_stack::{SliceId, Stack};

fn phantom(seed: u64, slices: usize) -> Result<Stack, Box<dyn std::error::Error>> {
    Ok(CtPhantom { slices, size: 48, seed }.generate()?.stack)
}

/// `a.nii.gz`, `b/c.nii`, `cut.nii.gz` (its last slices are missing) and `no.nii`, which is no image.
fn archive(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder.join("b"))?;
    phantom(1, 6)?.write(folder.join("a.nii.gz"))?;
    phantom(2, 9)?.write(folder.join("b/c.nii"))?;
    std::fs::write(folder.join("no.nii"), "no image")?;
    phantom(3, 12)?.write(folder.join("cut.nii.gz"))?;
    let bytes = std::fs::read(folder.join("cut.nii.gz"))?;
    std::fs::write(folder.join("cut.nii.gz"), &bytes[..bytes.len() / 2])?;
    Ok(())
}

#[tokio::test]
async fn headers_are_read_without_pixels() -> Outcome {
    let folder = tempfile::tempdir()?;
    archive(folder.path())?;
    let session = session(folder.path(), 2)?;
    let sql = "SELECT stack, slice, position, spacing['row'] AS row, shape['slices'] AS slices, type FROM stacks \
               WHERE error IS NULL AND stack LIKE 'b/%' ORDER BY slice";
    let found = rows(&session, sql).await?;
    let expected = Stack::open(folder.path().join("b/c.nii"))?;
    let spacing = expected.geometry().spacing();
    assert_eq!(found.num_rows(), 9);
    for slice in 0..9 {
        assert_eq!(texts(&found, "stack")[slice], "b/c.nii");
        assert_eq!(numbers(&found["position"])[slice], Some(slice as f64 * spacing[0]));
        assert_eq!(numbers(&found["row"])[slice], Some(spacing[1]));
        assert_eq!(numbers(&found["slices"])[slice], Some(9.0));
        assert_eq!(texts(&found, "type")[slice], "int16");
    }
    // The file that is cut short has a whole header, so that its slices are known where nobody looks at them.
    let count = "SELECT count(*) AS n FROM stacks WHERE stack = 'cut.nii.gz'";
    assert_eq!(numbers(&rows(&session, count).await?["n"]), [Some(12.0)]);
    Ok(())
}

#[tokio::test]
async fn plans_show_what_is_read() -> Outcome {
    let folder = tempfile::tempdir()?;
    archive(folder.path())?;
    let session = session(folder.path(), 2)?;
    let plan = |sql: &'static str| {
        let session = session.clone();
        async move {
            let found = rows(&session, &format!("EXPLAIN {sql}")).await?;
            Ok::<_, Box<dyn std::error::Error>>(texts(&found, "plan")[1].clone())
        }
    };
    let text = plan("SELECT slice FROM stacks WHERE stack = 'b/c.nii' LIMIT 3").await?;
    assert!(text.contains("stacks=2") && text.contains("columns=[slice]"), "{text}");
    assert!(text.contains("limit=3") && !text.contains("FilterExec"), "{text}");
    // Scores are measured where the pixels are read; what goes on from there is small.
    let text = plan(
        "WITH scored AS (SELECT stack, slice, qunet_scores(pixels) AS scores FROM stacks) SELECT stack, slice, \
         scores['blurriness'], scores['roi_mean'], qunet_initial(slice, scores) OVER (PARTITION BY stack ORDER BY \
         slice) FROM scored",
    )
    .await?;
    assert_eq!(text.matches("qunet_scores(").count(), 1, "{text}");
    let moved = text.find("RepartitionExec").ok_or("rows are brought together by stack")?;
    assert!(text.find("qunet_scores(").ok_or("scores")? > moved, "{text}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_is_a_row_or_a_second_table_and_the_rest_is_there() -> Outcome {
    let folder = tempfile::tempdir()?;
    archive(folder.path())?;
    let sql = "SELECT stack, count(qunet_blurriness(pixels)) AS n, count(error) AS e, max(error) AS why FROM stacks \
               GROUP BY stack ORDER BY stack";
    for readers in [1, 4] {
        let found = rows(&session(folder.path(), readers)?, sql).await?;
        assert_eq!(texts(&found, "stack"), ["a.nii.gz", "b/c.nii", "cut.nii.gz", "no.nii"]);
        let (read, failed, why) =
            (numbers(&found["n"]), numbers(&found["e"]), texts(&found, "why"));
        assert_eq!((read[0], read[1], read[3]), (Some(6.0), Some(9.0), Some(0.0)));
        assert!(read[2] < Some(12.0), "{read:?}");
        assert_eq!(failed, [Some(0.0), Some(0.0), Some(1.0), Some(1.0)]);
        assert!(why[2].contains("cut.nii.gz") && why[3].contains("no.nii"), "{why:?}");
        let skipped =
            rows(&with_options(folder.path(), readers, errors(Errors::Skip))?, sql).await?;
        let left: Vec<f64> = numbers(&skipped["n"]).into_iter().flatten().collect();
        assert_eq!(left, read.iter().flatten().copied().take(left.len()).collect::<Vec<_>>());
        assert_eq!(left.len(), if read[2] == Some(0.0) { 2 } else { 3 });
        let only = with_options(folder.path(), readers, errors(Errors::Only))?;
        let only = rows(&only, "SELECT stack, error FROM stacks ORDER BY stack").await?;
        assert_eq!(texts(&only, "stack"), ["cut.nii.gz", "no.nii"]);
        assert_eq!(texts(&only, "error"), why[2..]);
    }
    Ok(())
}

#[tokio::test]
async fn one_broken_file_among_a_thousand() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = CtPhantom { slices: 4, size: 32, seed: 1 }.generate()?.stack;
    stack.write(folder.path().join("0000.nii"))?;
    let bytes = std::fs::read(folder.path().join("0000.nii"))?;
    for number in 1..1000 {
        let bytes = if number == 617 { &bytes[..bytes.len() - 700] } else { &bytes[..] };
        std::fs::write(folder.path().join(format!("{number:04}.nii")), bytes)?;
    }
    let sql = "SELECT count(qunet_blurriness(pixels)) AS n, max(CASE WHEN error IS NOT NULL THEN stack END) AS bad \
               FROM stacks";
    let found = rows(&session(folder.path(), 2)?, sql).await?;
    assert_eq!(texts(&found, "bad"), ["0617.nii"]);
    assert_eq!(numbers(&found["n"]), [Some(999.0 * 4.0)]);
    Ok(())
}

#[tokio::test]
async fn a_billion_claimed_slices_are_one_row_with_an_error() -> Outcome {
    let folder = tempfile::tempdir()?;
    // NumPy: 10^9 slices of which none is there.
    let shape = "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000, 4, 4), }";
    let header = format!("{shape:<117}\n");
    let mut array = b"\x93NUMPY\x01\x00".to_vec();
    array.extend(u16::try_from(header.len())?.to_le_bytes());
    array.extend(header.as_bytes());
    std::fs::write(folder.path().join("claims.npy"), array)?;
    // NIfTI: the most slices that its header can state, plain and packed, over the pixels of four.
    phantom(1, 4)?.write(folder.path().join("claims.nii"))?;
    let mut plain = std::fs::read(folder.path().join("claims.nii"))?;
    plain[46..48].copy_from_slice(&i16::MAX.to_le_bytes());
    std::fs::write(folder.path().join("claims.nii"), &plain)?;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&plain)?;
    std::fs::write(folder.path().join("claims.nii.gz"), packed.finish()?)?;
    let session = session(folder.path(), 2)?;
    let sql = "SELECT stack, count(error) AS e, count(*) - count(error) AS n, max(error) AS why FROM stacks WHERE \
               qunet_blurriness(pixels) IS NOT NULL OR error IS NOT NULL GROUP BY stack ORDER BY stack";
    let found = rows(&session, sql).await?;
    let why = texts(&found, "why");
    assert_eq!(texts(&found, "stack"), ["claims.nii", "claims.nii.gz", "claims.npy"]);
    assert_eq!(numbers(&found["e"]), [Some(1.0); 3], "{why:?}");
    // No more slices are given than there are.
    assert!(numbers(&found["n"]).iter().all(|rows| *rows <= Some(4.0)), "{found:?}");
    Ok(())
}

#[tokio::test]
async fn options_and_places_that_there_are_not() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (inside, secret) = (folder.path().join("in"), folder.path().join("secret"));
    std::fs::create_dir_all(&inside)?;
    std::fs::create_dir_all(&secret)?;
    phantom(1, 4)?.write(secret.join("ct.nii"))?;
    let session = session(&inside, 1)?;
    let create = |place: &str, options: &str| {
        format!("CREATE EXTERNAL TABLE t STORED AS STACKS LOCATION '{place}' {options}")
    };
    for (options, problem) in [
        ("OPTIONS ('errors' 'none')", "name one of rows, skip, only"),
        ("OPTIONS ('speed' '7')", "there is no such option"),
    ] {
        let why = failure(&session, &create("x", options)).await;
        assert!(why.contains(problem), "{why}");
    }
    for place in ["../secret", &secret.to_string_lossy(), "/", "in/../../secret", "file:///etc"] {
        session.sql(&create(place, "")).await?;
        let why = failure(&session, "SELECT * FROM t").await;
        assert!(why.contains("lies outside the folders that may be read"), "{place}: {why}");
        session.sql("DROP TABLE t").await?;
    }
    Ok(())
}

#[tokio::test]
async fn stacks_of_an_object_store_are_those_of_the_disk() -> Outcome {
    let folder = tempfile::tempdir()?;
    archive(folder.path())?;
    let store = Arc::new(InMemory::new());
    for name in ["a.nii.gz", "b/c.nii", "cut.nii.gz", "no.nii"] {
        let bytes = std::fs::read(folder.path().join(name))?;
        store.put(&format!("study/{name}").into(), bytes.into()).await?;
    }
    let pictures = phantom(5, 4)?;
    std::fs::create_dir_all(folder.path().join("pictures"))?;
    for slice in 0..4 {
        let view = pictures.slice(SliceId(slice))?.to_f32();
        let grey = view.mapv(|hu| (hu / 16.0 + 100.0).clamp(0.0, 255.0) as u8);
        let path = folder.path().join(format!("pictures/{slice}.png"));
        image::GrayImage::from_raw(48, 48, grey.into_raw_vec_and_offset().0)
            .ok_or("size")?
            .save(&path)?;
        store
            .put(&format!("study/pictures/{slice}.png").into(), std::fs::read(path)?.into())
            .await?;
    }
    let session = SessionContext::new_with_config_rt(
        SessionConfig::new().with_target_partitions(3),
        RuntimeEnvBuilder::new().build_arc()?,
    );
    let roots = Arc::new(Roots::new([folder.path()])?);
    register(&session, &roots);
    session.register_object_store(&"memory://archive".parse()?, store);
    for (name, place) in [
        ("disk", folder.path().to_string_lossy().into_owned()),
        ("far", "memory://archive/study/".into()),
    ] {
        let table = StacksTable::new(place, StacksOptions::default(), &roots);
        session.register_table(name, Arc::new(table))?;
    }
    let of = |table: &str| {
        format!(
            "SELECT stack, slice, qunet_scores(pixels) AS scores, error IS NULL AS good FROM {table} \
             ORDER BY stack, slice"
        )
    };
    let (near, far) = (rows(&session, &of("disk")).await?, rows(&session, &of("far")).await?);
    assert!(near.num_rows() > 6 + 9 + 4);
    assert_eq!(near, far);
    assert!(near["good"].as_boolean().false_count() == 2);
    // A single object is a table of one stack.
    let one = StacksTable::new("memory://archive/study/a.nii.gz", StacksOptions::default(), &roots);
    session.register_table("one", Arc::new(one))?;
    let found = rows(&session, "SELECT stack FROM one").await?;
    assert_eq!(texts(&found, "stack"), vec!["a.nii.gz"; 6]);
    Ok(())
}
