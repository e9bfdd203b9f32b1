//! Experiments by plan: data sets x strategies x settings x budgets x seeds, one line of results a run.
//!
//! A run whose line is there already is skipped, so that an experiment can be stopped, continued and shared among
//! processes. From the repository root:
//!
//! `cargo xtask experiment run experiments/plans/ct.toml --shard 1/2`
//!
//! `cargo xtask experiment tables compared experiments/record/FILE.jsonl.gz`
//!
//! `cargo xtask experiment page docs/strategies.md`
//!
//! `cargo xtask experiment picture experiments/plans/ct.toml --data rp_5 --slice 30 --out FILE.png`

mod alone;
mod campaign;
mod line;
mod page;
mod picture;
mod plan;
#[path = "../ranks.rs"]
mod ranks;
mod run;
mod score;
mod tables;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;

/// Runs experiments by plan, and makes tables of their results.
#[derive(Parser)]
enum Command {
    /// Runs what the file of results lacks.
    Run {
        /// The plan, a TOML file.
        plan: PathBuf,
        /// The part of the runs that this process does, for instance 2/8.
        #[arg(long, default_value = "1/1")]
        shard: run::Shard,
        /// Threads of LibTorch; small networks train fastest as several processes of one thread.
        #[arg(long, default_value_t = NonZeroUsize::MIN)]
        threads: NonZeroUsize,
    },
    /// Draws how a slice that nobody drew is completed, step by step.
    Picture {
        /// The plan; the first campaign of the data set is taken, with seed 0.
        plan: PathBuf,
        /// The data set, of which the first stack is shown.
        #[arg(long)]
        data: String,
        /// The slice.
        #[arg(long)]
        slice: usize,
        /// The picture.
        #[arg(long, value_name = "FILE.png")]
        out: PathBuf,
        /// Threads of LibTorch.
        #[arg(long, default_value_t = NonZeroUsize::MIN)]
        threads: NonZeroUsize,
    },
    /// Prints a table.
    Tables {
        /// What of: scores, reserve, compared, settings, curves, quality-index, estimates or table1.
        kind: tables::Kind,
        /// Files of results.
        #[arg(required = true)]
        results: Vec<PathBuf>,
    },
    /// Draws what more slices bring.
    Curves {
        /// Files of results.
        #[arg(required = true)]
        results: Vec<PathBuf>,
        /// The figure.
        #[arg(long, value_name = "FILE.svg")]
        out: PathBuf,
    },
    /// Makes the tables of pages anew, from the results that their comments name.
    Page {
        /// The pages, in Markdown.
        #[arg(required = true)]
        pages: Vec<PathBuf>,
    },
}

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let _ = qunet_model::keep_freed_memory();
    match Command::parse() {
        Command::Run { plan, shard, threads } => {
            run::run(&plan::Plan::open(&plan)?, shard, threads)
        }
        Command::Picture { plan, data, slice, out, threads } => {
            picture::draw(&plan::Plan::open(&plan)?, (&data, slice), &out, threads)
        }
        Command::Tables { kind, results } => {
            let table = kind.of(&page::lines(&results)?)?;
            Ok(io::stdout().write_all(table.as_bytes())?)
        }
        Command::Curves { results, out } => {
            Ok(tables::curves::figure(&page::lines(&results)?)?.write_to(out)?)
        }
        Command::Page { pages } => pages.iter().try_for_each(|page| page::refresh(page)),
    }
}
