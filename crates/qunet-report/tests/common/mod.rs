//! A made-up stack of 60 slices, the same in every run.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

use ndarray::Array2;
use qunet_quality::QualityRecord;
use qunet_report::{LossCurves, LossStage};
use qunet_select::{CandidateId, Degenerate, Reason, Selection, SliceVerdict, Thresholds, Verdict};
use qunet_stack::SliceId;

pub const SLICES: usize = 60;
pub const BLUR_LIMIT: f64 = 2.2e-3;
pub const CONTRAST_LIMIT: f64 = 0.016;

/// Numbers in [0, 1) that look random.
pub fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

pub fn records() -> Vec<QualityRecord> {
    let mut random = noise(1);
    let record = |z: usize| {
        let edge = ((z as f64 / SLICES as f64) - 0.5).abs() * 2.0;
        let blurriness = 1e-3 * (1.0 + 8.0 * edge.powi(4)) * (0.8 + 0.5 * random());
        let variance = if z == 0 { 0.0 } else { 1.0 / blurriness };
        let record = QualityRecord::new(SliceId(z), variance).with_region(4096, 0.4, 0.1);
        match z {
            0 | 1 => record,
            _ => record.with_inverse_psnr(0.01 * (1.0 + edge) * (0.7 + 0.6 * random())),
        }
    };
    (0..SLICES).map(record).collect()
}

pub fn verdicts() -> Vec<SliceVerdict> {
    let mut picked = Vec::new();
    let mut verdict = |record: &QualityRecord| {
        let blurriness = record.blurriness();
        let Some(inverse_psnr) = record.inverse_psnr else {
            let reason = Degenerate::NoSignal;
            return Verdict::Degenerate { reason };
        };
        if blurriness >= BLUR_LIMIT {
            let limit = BLUR_LIMIT;
            return Verdict::Blurred { blurriness, limit };
        }
        if inverse_psnr >= CONTRAST_LIMIT {
            let limit = CONTRAST_LIMIT;
            return Verdict::LowContrast { inverse_psnr, limit };
        }
        match (record.id.0 % 3, picked.len()) {
            (0, 0..9) => {
                picked.push(record.id);
                let (quality, rank) = (1.5, picked.len());
                let reason =
                    Reason::ImageQuality { quality, place: rank, blurriness, inverse_psnr };
                Verdict::Picked { rank, spacing: Some(3.0), reason }
            }
            (1, 1..) => Verdict::NearDuplicate { of: picked[picked.len() - 1], distance: 0.0123 },
            _ => Verdict::NotReached,
        }
    };
    let judge =
        |record: &QualityRecord| SliceVerdict { id: record.id.into(), verdict: verdict(record) };
    records().iter().map(judge).collect()
}

/// The first round: nine slices by image quality.
pub fn first() -> Selection {
    let (strategy, thresholds) = ("image_quality".to_owned(), Thresholds::default());
    Selection { strategy, seed: 0, asked: 9, thresholds, verdicts: verdicts() }
}

/// A later round: these slices of this stack by their Q.
pub fn later(stack: usize, slices: &[usize]) -> Selection {
    let verdict = |(slice, rank): (&usize, usize)| {
        let reason = Reason::HeadDisagreement { quality_index: 0.25, disagreement_area: 90.0 };
        let verdict = Verdict::Picked { rank, spacing: None, reason };
        SliceVerdict { id: CandidateId { stack, slice: SliceId(*slice) }, verdict }
    };
    let verdicts = slices.iter().zip(1..).map(verdict).collect();
    let (strategy, thresholds) = ("head_disagreement".to_owned(), Thresholds::default());
    Selection { strategy, seed: 0, asked: slices.len(), thresholds, verdicts }
}

pub fn curves() -> LossCurves {
    let mut random = noise(2);
    let mut stage = |name: &str, epochs: usize, start: f64, end: f64| LossStage {
        name: name.to_owned(),
        epochs: (0..epochs)
            .map(|e| {
                let left = (-4.0 * e as f64 / epochs as f64).exp();
                let base = end + (start - end) * left;
                (0..4).map(|h| base + 0.04 * (3 - h) as f64 + 0.02 * random()).collect()
            })
            .collect(),
    };
    LossCurves {
        stages: vec![
            stage("train on S0 (9 slices)", 60, -0.1, -0.72),
            stage("fine-tune on S0 + Sm (14 slices)", 30, -0.55, -0.83),
        ],
    }
}

/// A body with two dark lungs and some noise, in [0, 1].
pub fn image(z: usize, size: usize) -> Array2<f32> {
    let mut random = noise(z as u64 + 10);
    Array2::from_shape_fn((size, size), |(r, c)| {
        let (y, x) = (r as f64 / size as f64 - 0.5, c as f64 / size as f64 - 0.5);
        let body = x.hypot(y * 1.25) < 0.47;
        let lung = ((x.abs() - 0.2) / 0.15).hypot(y / 0.28) < 1.0;
        let base = if !body {
            0.02
        } else if lung {
            0.18
        } else {
            0.62
        };
        let lesion = 0.35 * probability(z, 0.0, y, x);
        (base + lesion + 0.06 * random()).clamp(0.0, 1.0) as f32
    })
}

/// The probabilities of a head, moved by `shift` from the truth.
pub fn head(z: usize, size: usize, shift: f64) -> Array2<f32> {
    Array2::from_shape_fn((size, size), |(r, c)| {
        let (y, x) = (r as f64 / size as f64 - 0.5, c as f64 / size as f64 - 0.5);
        probability(z, shift, y, x) as f32
    })
}

pub fn mask(z: usize, size: usize, shift: f64) -> Array2<bool> {
    head(z, size, shift).mapv(|p| p >= 0.5)
}

fn probability(z: usize, shift: f64, y: f64, x: f64) -> f64 {
    let grow = 0.05 + 0.04 * (z as f64 / SLICES as f64);
    let at = |cx: f64, cy: f64| {
        let distance = ((x - cx - shift) / grow).hypot((y - cy) / (1.4 * grow));
        1.0 / (1.0 + (8.0 * (distance - 1.0)).exp())
    };
    at(-0.2, 0.08).max(at(0.22, -0.05))
}
