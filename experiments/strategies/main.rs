//! Strategies at equal budget on real stacks, with many seeds: Dice after every round of a campaign.
//!
//! An arm names the strategy of the first round and that of all later ones. Arms with the same first strategy and seed
//! begin with the same slices and the same training, so that they differ in nothing but the slices they ask for later.
//! Outcomes are appended to a file, a line each; called again, the program runs what is missing. From the repository
//! root:
//!
//! `cargo run --release -p qunet-experiments --bin strategies -- run --stack CT --truth LESIONS --out FILE`
//!
//! `cargo run --release -p qunet-experiments --bin strategies -- table FILE --figure FOLDER`

mod outcome;
mod run;
mod table;

use std::io;
use std::path::PathBuf;

use clap::Parser;

/// Compares strategies at equal budget.
#[derive(Parser)]
enum Command {
    /// Runs campaigns.
    Run(run::Run),
    /// Prints the outcomes as a table, and draws them as curves.
    Table {
        /// Outcomes of `run`.
        outcomes: PathBuf,
        /// Folder for the curves.
        #[arg(long, value_name = "FOLDER")]
        figure: Option<PathBuf>,
        /// Arms that are drawn.
        #[arg(long, value_name = "FIRST/LATER,...", value_delimiter = ',', default_values = table::DRAWN)]
        drawn: Vec<String>,
    },
}

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let _ = qunet_model::keep_freed_memory();
    match Command::parse() {
        Command::Run(run) => run::run(&run),
        Command::Table { outcomes, figure, drawn } => {
            let outcomes = outcome::read(&outcomes)?;
            table::print(&mut io::stdout(), &outcomes)?;
            figure.map_or(Ok(()), |folder| table::draw(&folder, &outcomes, &drawn))
        }
    }
}
