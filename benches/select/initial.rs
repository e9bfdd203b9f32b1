//! The initial set from quality records.

use qunet_quality::QualityRecord;
use qunet_select::{
    CandidateId, Gap, ImageQuality, NearDuplicates, Pool, Request, Selection, Strategy,
};
use qunet_stack::SliceId;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::row::Row;
use crate::timing::runs;

/// Slices of a stack where there are several.
const STACK: usize = 1000;

pub(crate) fn rows(quick: bool) -> anyhow::Result<Vec<Row>> {
    let sizes: &[usize] = if quick { &[10_000] } else { &[1000, 10_000, 100_000, 1_000_000] };
    let paper = ImageQuality::paper();
    let kept = ImageQuality { near_duplicates: NearDuplicates::Keep, ..paper };
    let wanted = ImageQuality { wanted_fraction: Some(0.15), ..paper };
    let several = ImageQuality { quota: Some(2), gap: Some(Gap::Slices(5)), ..paper };
    let cases = [
        ("the paper's settings", paper, 10, usize::MAX),
        ("near duplicates kept", kept, 10, usize::MAX),
        ("0.15 of the slices wanted", wanted, 10, usize::MAX),
        ("the default", ImageQuality::default(), 10, usize::MAX),
        ("at most 1000", paper, 1000, usize::MAX),
        ("stacks of 1000, quota 2, gap 5, at most 100", several, 100, STACK),
    ];
    let mut rows = Vec::new();
    for &slices in sizes {
        for &(what, strategy, count, size) in &cases {
            let pool = pool(slices, size)?;
            let select = || strategy.select(&pool, &Request::new(count, 0));
            check(&select()?, count)?;
            rows.push(Row::new(format!("initial set, {what}"), slices, runs(3, select)));
        }
    }
    Ok(rows)
}

fn check(selection: &Selection, count: usize) -> anyhow::Result<()> {
    let taken = selection.ids().len();
    anyhow::ensure!((1..=count).contains(&taken), "{taken} slices were taken");
    Ok(())
}

/// Stacks of that size.
fn pool(slices: usize, size: usize) -> anyhow::Result<Pool> {
    let records = records(slices, size);
    let stacks = || records.chunks(size).enumerate();
    let ids = stacks().flat_map(|(stack, records)| {
        records.iter().map(move |record| CandidateId { stack, slice: record.id })
    });
    let with =
        |pool: Pool, (stack, records): (usize, &[QualityRecord])| pool.with_quality(stack, records);
    Ok(stacks().try_fold(Pool::new(ids)?, with)?)
}

/// Records that drift along z, as those of a scan do; slice numbers begin anew in each stack.
fn records(slices: usize, stack: usize) -> Vec<QualityRecord> {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut drift = [0.5_f64; 4];
    let record = |slice: usize| {
        for value in &mut drift {
            *value = (*value + random.random_range(-0.05..0.05)).clamp(0.05, 1.0);
        }
        let [sharpness, noise, mean, cov] =
            drift.map(|value| value + random.random_range(0.0..0.02));
        QualityRecord {
            id: SliceId(slice % stack),
            variance_of_laplacian: sharpness,
            inverse_psnr: Some(noise),
            roi_pixels: 1000,
            roi_mean: Some(mean),
            roi_cov: Some(cov),
            further: Default::default(),
        }
    };
    (0..slices).map(record).collect()
}
