//! Step 2 alone: which slices trained networks have not learnt, by any strategy.
//!
//! `cargo run -p qunet-examples --example query -- --model trained --strategy margin`

use clap::Parser;
use qunet::campaign::Campaign;
use qunet::prelude::*;

/// Asks which slices to annotate next; nothing in the folder changes.
#[derive(Parser)]
struct Arguments {
    /// Folder that the example `train` wrote, or that of a campaign.
    #[arg(long, value_name = "DIR", default_value = "trained")]
    model: std::path::PathBuf,
    /// How many slices to ask for.
    #[arg(long, value_name = "N", default_value_t = 5)]
    count: usize,
    /// Name of a strategy; an unknown one lists them all.
    #[arg(long, value_name = "NAME", default_value = "head_disagreement")]
    strategy: StrategyConfig,
}

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let Arguments { model, count, strategy } = Arguments::parse();
    let campaign = Campaign::view(model)?;
    let stacks = &campaign.manifest().stacks;
    for pick in strategy.select(&campaign.pool()?, &Request::new(count, 0))?.picks() {
        println!("{}, {pick}", stacks[pick.id.stack].source.name);
    }
    Ok(())
}
