//! Agreement of two heads, beside a copy of the same bytes and a loop that only reads them.

use std::hint::black_box;

use ndarray::Array2;
use qunet_select::{AgreementParams, AgreementRecord, Maps};
use qunet_stack::SliceId;
use rayon::prelude::*;

use crate::row::{Beside, Row};
use crate::timing::{block, of};

const SIDE: usize = 256;

pub(crate) fn rows(quick: bool) -> anyhow::Result<Vec<Row>> {
    let sizes: &[usize] = if quick { &[1] } else { &[1, 200, 800] };
    let pairs = if quick { 3 } else { 15 };
    let mut rows = Vec::new();
    for &slices in sizes {
        let stack = Stack::new(slices);
        stack.check()?;
        let calls = (2000 / slices).max(3);
        let mut copied = vec![0.0_f32; 2 * slices * SIDE * SIDE];
        let beside: [(&'static str, &mut dyn FnMut()); 2] = [
            ("memcpy", &mut || stack.copy(&mut copied)),
            ("plain read", &mut || {
                black_box(stack.read());
            }),
        ];
        for (name, theirs) in beside {
            rows.push(stack.row(name, theirs, pairs, calls));
        }
    }
    Ok(rows)
}

/// The heads of some slices.
struct Stack {
    heads: Vec<[Array2<f32>; 2]>,
}

impl Stack {
    fn new(slices: usize) -> Self {
        let heads = |slice: usize| [hill(100 + slice % 50, 120), hill(110, 100 + slice % 40)];
        Self { heads: (0..slices).map(heads).collect() }
    }

    /// Q of all slices, added.
    fn ours(&self) -> f64 {
        let params = AgreementParams::default();
        let q = |[level3, level4]: &[Array2<f32>; 2]| {
            let maps = Maps::Pair { level3: level3.view(), level4: level4.view() };
            let record = AgreementRecord::from_maps(SliceId(0), &maps, 0.5, &params);
            record.map_or(f64::NAN, |it| it.quality_index)
        };
        self.heads.par_iter().map(q).sum()
    }

    fn copy(&self, to: &mut [f32]) {
        let pixels = SIDE * SIDE;
        to.par_chunks_mut(2 * pixels).zip(&self.heads).for_each(|(to, heads)| {
            for (to, head) in to.chunks_mut(pixels).zip(heads) {
                to.copy_from_slice(head.as_slice().unwrap_or_default());
            }
            black_box(to);
        });
    }

    fn read(&self) -> u32 {
        let bits = |head: &Array2<f32>| {
            head.as_slice().unwrap_or_default().iter().fold(0, |all, value| all ^ value.to_bits())
        };
        self.heads.par_iter().map(|[a, b]| bits(a) ^ bits(b)).reduce(|| 0, |a, b| a ^ b)
    }

    fn check(&self) -> anyhow::Result<()> {
        let plain = |[level3, level4]: &[Array2<f32>; 2]| {
            let pairs = || level3.iter().zip(level4).map(|(a, b)| (*a > 0.5, *b > 0.5));
            let both = pairs().filter(|&(a, b)| a & b).count();
            both as f64 / pairs().filter(|&(a, b)| a | b).count() as f64
        };
        let (ours, theirs) = (self.ours(), self.heads.iter().map(plain).sum::<f64>());
        anyhow::ensure!((ours - theirs).abs() < 1e-9 * theirs, "{ours} is not {theirs}");
        Ok(())
    }

    /// Blocks of ours and theirs, interleaved.
    fn row(&self, name: &'static str, theirs: &mut dyn FnMut(), pairs: usize, calls: usize) -> Row {
        let mut ours = || self.ours();
        let (mut own, mut other, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..=pairs {
            own.push(block(calls, &mut ours));
            other.push(block(calls, &mut &mut *theirs));
        }
        // The first pair warms up.
        ratios.extend(own[1..].iter().zip(&other[1..]).map(|(own, other)| other / own));
        let ratio = of(ratios);
        let slices = self.heads.len();
        let mut row =
            Row::new(format!("agreement of {SIDE} x {SIDE}"), slices, of(own[1..].to_vec()));
        row.bytes = Some(2 * slices * SIDE * SIDE * size_of::<f32>());
        row.beside = Some(Beside {
            name,
            seconds: of(other[1..].to_vec()).median,
            ratio: ratio.median,
            ratio_min: ratio.fastest,
            ratio_max: ratio.slowest,
        });
        row
    }
}

/// Probabilities that fall off from 1 around (`y`, `x`).
fn hill(y: usize, x: usize) -> Array2<f32> {
    Array2::from_shape_fn((SIDE, SIDE), |(row, column)| {
        let distance = row.abs_diff(y).pow(2) + column.abs_diff(x).pow(2);
        1.0 / (1.0 + distance as f32 / 2000.0)
    })
}
