//! A strategy of one's own beside the built-in ones: `impl Strategy`, and it can do all that they can.
//!
//! `cargo run -p qunet-examples --no-default-features --example custom_strategy`

use std::process::ExitCode;

use ndarray::{Array3, Axis};
use qunet::prelude::*;
use qunet::select::{
    ByScore, Column, Error, Pool, Reason, Selection, Strategy, Uncertainty, evenly_spaced,
};
use qunet::stack::phantom::CtPhantom;

/// Where the lesion ends: slices whose predicted foreground differs most from that of the slice
/// below. An outline there tells a network how far lesions reach.
#[derive(Debug)]
struct LesionEnds;

impl Strategy for LesionEnds {
    fn name(&self) -> &str {
        "lesion ends"
    }

    fn select(&self, pool: &Pool, count: usize, seed: u64) -> Result<Selection, Error> {
        let foreground = pool.column(&Column::Foreground, self.name())?;
        let change = |place: usize| -> Option<f64> {
            let below = place
                .checked_sub(1)
                .filter(|&below| pool.ids()[below].stack == pool.ids()[place].stack)?;
            Some((foreground[place]? - foreground[below]?).abs())
        };
        let mut places: Vec<(f64, usize)> =
            pool.open().filter_map(|place| Some((change(place)?, place))).collect();
        // Ties by slice, so that the same pool always gives the same selection.
        places.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let undefined = pool.open().count() - places.len();
        let picks = places.into_iter().map(|(change, place)| {
            let numbers = [("change of foreground in pixels".to_owned(), change)];
            (place, Reason::Own { numbers: numbers.into() })
        });
        Ok(Selection::new(self.name(), pool, count, seed, undefined, picks))
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), qunet::Error> {
    let phantom = CtPhantom::default().generate()?;
    let pool = pool(&phantom.stack, &phantom.truth)?;
    let strategies: [&dyn Strategy; 2] = [&LesionEnds, &ByScore::new(Column::Foreground)];
    for strategy in strategies {
        let selection = strategy.select(&pool, 4, 0)?;
        println!("{}, {} slices undefined:", selection.strategy, selection.undefined);
        selection.picks.iter().for_each(|pick| println!("  {pick}"));
    }
    Ok(())
}

/// What is known of the phantom after three slices were annotated. The maps of a network would
/// come in here; these are the truth, not quite sure of itself.
fn pool(stack: &Stack, truth: &LabelMap) -> Result<Pool, qunet::Error> {
    let probabilities: Array3<f32> =
        truth.labels().mapv(|label| if label > 0 { 0.9 } else { 0.02 });
    let mut uncertainty = Vec::new();
    for id in stack.ids() {
        let map = probabilities.index_axis(Axis(0), id.0).insert_axis(Axis(0));
        uncertainty.push(Uncertainty::of_maps(id, &[map])?);
    }
    let ids: Vec<SliceId> = stack.ids().collect();
    let pool = Pool::of_stack(stack.slices())?
        .with_annotated(evenly_spaced(&ids, 3))?
        .with_uncertainty(&uncertainty)?;
    Ok(pool)
}
