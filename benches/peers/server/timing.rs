//! Clocks, pools of threads, and the floor that a memory sets.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hint::black_box;
use std::time::Instant;

use anyhow::ensure;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::arrays::Array;
use crate::request::{Answer, Run};

/// A run shorter than this many nanoseconds is preceded by another, untimed one, which fetches the pixels
/// from memory again.
const WARMED_UP: f64 = 50e6;

/// Bytes that one task of [`sum`] takes.
const PIECE: usize = 1 << 20;

/// One pool for each number of threads.
#[derive(Default)]
pub(crate) struct Pools(HashMap<usize, ThreadPool>);

impl Pools {
    pub(crate) fn of(&mut self, threads: usize) -> anyhow::Result<&ThreadPool> {
        ensure!(threads > 0, "threads is 0, but the rule is threads >= 1");
        Ok(match self.0.entry(threads) {
            Entry::Occupied(pool) => pool.into_mut(),
            Entry::Vacant(place) => {
                place.insert(ThreadPoolBuilder::new().num_threads(threads).build()?)
            }
        })
    }
}

/// Times `call` and reads the values of the last result.
pub(crate) fn time<R, E>(
    run: &Run,
    call: impl Fn() -> Result<R, E>,
    values: impl Fn(&R) -> Vec<Option<f64>>,
) -> anyhow::Result<Answer>
where
    anyhow::Error: From<E>,
{
    ensure!(run.runs > 0 && run.repeat > 0, "runs and repeat are at least 1");
    let mut nanoseconds = Vec::with_capacity(run.runs + 1);
    let mut last = measure(run.repeat, &call, &mut nanoseconds)?;
    if nanoseconds[0] < WARMED_UP {
        nanoseconds.clear();
    }
    while nanoseconds.len() < run.runs {
        last = measure(run.repeat, &call, &mut nanoseconds)?;
    }
    let values = Some(values(&last));
    Ok(Answer { values, nanoseconds: Some(nanoseconds), ..Answer::default() })
}

fn measure<R, E>(
    repeat: usize,
    call: &impl Fn() -> Result<R, E>,
    nanoseconds: &mut Vec<f64>,
) -> Result<R, E> {
    let start = Instant::now();
    for _ in 1..repeat {
        black_box(call()?);
    }
    let last = black_box(call()?);
    nanoseconds.push(start.elapsed().as_nanos() as f64 / repeat as f64);
    Ok(last)
}

/// Reads every byte of the arrays on every thread of the pool: it waits for the memory only.
pub(crate) fn plain_read(run: &Run, arrays: &[&Array]) -> anyhow::Result<Answer> {
    let arrays: Vec<&[u8]> =
        arrays.iter().map(|array| array.bytes()).collect::<anyhow::Result<_>>()?;
    let read = || arrays.iter().map(|bytes| sum(bytes)).fold(0, u8::wrapping_add);
    time(run, || anyhow::Ok(read()), |_| Vec::new())
}

/// The sum of all bytes.
fn sum(bytes: &[u8]) -> u8 {
    bytes.par_chunks(PIECE).map(lanes).reduce(|| 0, u8::wrapping_add)
}

/// The sum of all bytes, in lanes.
fn lanes(bytes: &[u8]) -> u8 {
    let mut sums = [0_u8; 256];
    for chunk in bytes.chunks(sums.len()) {
        for (sum, byte) in sums.iter_mut().zip(chunk) {
            *sum = sum.wrapping_add(*byte);
        }
    }
    sums.iter().copied().fold(0, u8::wrapping_add)
}
