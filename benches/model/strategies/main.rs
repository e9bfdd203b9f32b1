//! Strategies at equal budget on real stacks, with many seeds: Dice after every round of a campaign.
//!
//! Every arm is a way to choose the first slices and one to choose all later ones. Arms with the same first slices and
//! the same seed share their first training, so that they differ in nothing but what they asked for. Outcomes are
//! appended to a file, a line each; called again, it does what is missing. Run from the repository root:
//!
//! `cargo run --release -p qunet-model-benches --bin strategies -- run --stack CT --truth LESIONS --out FILE`
//!
//! `cargo run --release -p qunet-model-benches --bin strategies -- table FILE --figure FOLDER`

mod arm;
mod campaign;
mod outcome;
mod table;

use std::path::PathBuf;

use clap::{Args, Parser};

use arm::Arm;

/// Compares strategies at equal budget.
#[derive(Parser)]
enum Command {
    /// Runs campaigns.
    Run(Run),
    /// Draws the outcomes.
    Table {
        /// Outcomes of `run`.
        outcomes: PathBuf,
        /// Where the curves go.
        #[arg(long)]
        figure: Option<PathBuf>,
    },
}

#[derive(Args)]
struct Run {
    /// A stack; may be repeated.
    #[arg(long, required = true)]
    stack: Vec<PathBuf>,
    /// Its lesions; as often as `--stack`.
    #[arg(long, required = true)]
    truth: Vec<PathBuf>,
    /// Its region of interest; as often as `--stack`, or never.
    #[arg(long)]
    roi: Vec<PathBuf>,
    /// Arms as `first/later`; default: all.
    #[arg(long, value_delimiter = ',')]
    arms: Vec<String>,
    /// Share of the slices that may be annotated.
    #[arg(long, default_value_t = 0.2)]
    budget: f64,
    /// Slices of each later round.
    #[arg(long, default_value_t = 3)]
    per_round: usize,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first_seed: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Side of the slices in the network.
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// Where the outcomes go.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let _ = qunet_model::keep_freed_memory();
    match Command::parse() {
        Command::Run(run) => {
            let arms = Arm::named(&run.arms)?;
            for seed in run.first_seed..run.first_seed + run.seeds {
                campaign::run(&run, &arms, seed)?;
            }
            Ok(())
        }
        Command::Table { outcomes, figure } => {
            table::print(&outcome::read(&outcomes)?, figure.as_deref())
        }
    }
}
