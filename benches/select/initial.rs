//! The initial set from quality records.

use qunet_quality::QualityRecord;
use qunet_select::{Gap, InitialParams, InitialSets, NearDuplicates, StackRecords};
use qunet_stack::SliceId;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::row::Row;
use crate::timing::runs;

/// Slices of a stack where there are several.
const STACK: usize = 1000;

pub(crate) fn rows(quick: bool) -> anyhow::Result<Vec<Row>> {
    let sizes: &[usize] = if quick { &[10_000] } else { &[1000, 10_000, 100_000, 1_000_000] };
    let paper = InitialParams::paper();
    let several = paper.quota(2).gap(Gap::Slices(5)).max_slices(100);
    let cases = [
        ("the paper's settings", paper, usize::MAX),
        ("look-alikes kept", paper.near_duplicates(NearDuplicates::Keep), usize::MAX),
        ("0.15 of the slices wanted", paper.wanted_fraction(0.15), usize::MAX),
        ("at most 1000", paper.max_slices(1000), usize::MAX),
        ("stacks of 1000, quota 2, gap 5, at most 100", several, STACK),
    ];
    let mut rows = Vec::new();
    for &slices in sizes {
        for (what, params, size) in &cases {
            let records = records(slices, *size);
            let stacks: Vec<_> = records.chunks(*size).map(StackRecords::new).collect();
            let selection = params.check()?;
            let select = || selection.select_stacks(&stacks);
            check(&select()?, params)?;
            rows.push(Row::new(format!("initial set, {what}"), slices, runs(3, select)));
        }
    }
    Ok(rows)
}

fn check(sets: &InitialSets, params: &InitialParams) -> anyhow::Result<()> {
    let taken = sets.ids().len();
    anyhow::ensure!((1..=params.max_slices).contains(&taken), "{taken} slices were taken");
    Ok(())
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
