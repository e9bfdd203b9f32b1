//! A strategy of one's own beside the built-in ones: `impl Strategy`, and it can do all that they can.
//!
//! `cargo run -p qunet-examples --no-default-features --example custom_strategy`

use ndarray::Axis;
use qunet::prelude::*;
use qunet::select::{ByScore, Column, Error, Needs, Reason, Uncertainty};
use qunet::stack::phantom::CtPhantom;

/// Slices whose predicted foreground differs most from that of the slice below: where lesions end.
#[derive(Debug)]
struct LesionEnds;

impl Strategy for LesionEnds {
    fn name(&self) -> &str {
        "lesion_ends"
    }

    fn needs(&self) -> Needs {
        Needs::columns([Column::Foreground])
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        let foreground = pool.column(&Column::Foreground, self.name())?;
        let change = |place: usize| {
            let below = place.checked_sub(1)?;
            let same_stack = pool.ids()[below].stack == pool.ids()[place].stack;
            same_stack.then_some((foreground[place]? - foreground[below]?).abs())
        };
        let mut ranked: Vec<(f64, usize)> =
            pool.open().filter_map(|place| Some((change(place)?, place))).collect();
        // Ties by slice, so that the same pool always gives the same selection.
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let picks = ranked.into_iter().map(|(change, place)| {
            let numbers = [("change of foreground in pixels".to_owned(), change)];
            (place, Reason::Own { numbers: numbers.into() })
        });
        Ok(Selection::new(self.name(), pool, request, picks))
    }
}

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let phantom = CtPhantom::default().generate()?;
    // The maps of a network would come in here; these are the truth, not quite sure of itself.
    let maps = phantom.truth.labels().mapv(|label| if label > 0 { 0.9_f32 } else { 0.02 });
    let record = |id: SliceId| {
        Uncertainty::from_maps(id, &[maps.index_axis(Axis(0), id.0).insert_axis(Axis(0))])
    };
    let records = phantom.stack.ids().map(record).collect::<Result<Vec<_>, _>>()?;
    let pool = Pool::of_stack(phantom.stack.slices())?.with_uncertainty(&records)?;
    // Three slices are annotated already.
    let pool = pool.with_annotated([10, 30, 50].map(SliceId))?;
    for strategy in [&LesionEnds as &dyn Strategy, &ByScore::new(Column::Foreground)] {
        println!("{}:", strategy.name());
        let selection = strategy.select(&pool, &Request::new(4, 0))?;
        selection.picks().iter().for_each(|pick| println!("  {pick}"));
    }
    Ok(())
}
