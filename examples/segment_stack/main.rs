//! Both steps of QU-net++ on a stack, from pixels to a page one can look at.

mod arguments;
mod figures;
mod input;
mod interrupt;
mod narrate;
mod output;
mod page;
mod scores;

use std::process::ExitCode;

use clap::Parser;
use qunet::Error;
use qunet::campaign::{
    self, Baseline, Outcome, RecordedLabels, TwoStepConfig, run_baseline, run_two_steps,
};
use qunet::stack::SliceId;

use arguments::Arguments;
use figures::Figures;
use input::Input;
use interrupt::Interrupt;
use narrate::{Narrator, say};
use output::Output;

fn main() -> ExitCode {
    let _ = qunet::model::keep_freed_memory();
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let interrupted =
                matches!(error.downcast_ref(), Some(Error::Campaign(campaign::Error::Interrupted)));
            if interrupted { ExitCode::from(130) } else { ExitCode::FAILURE }
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = arguments.config();
    config.check().map_err(Error::from)?;
    let input = Input::read(arguments)?;
    let output = Output::prepare(&arguments.out)?;
    let interrupt = Interrupt::listen(output.path())?;
    let [slices, height, width] = input.stack.shape();
    say!("{}: {slices} slices of {height} x {width} pixels", input.stack.name());

    let mut narrator = Narrator::new(interrupt.flag());
    let mut annotator = RecordedLabels::new(&input.truth);
    let outcome =
        run_two_steps(&input.stack, &config, &mut annotator, &mut narrator).map_err(Error::from)?;
    let random = if arguments.no_comparison {
        None
    } else {
        Some(random(&input, &config, &outcome, &mut narrator)?)
    };
    let scores = scores::score(&input, &outcome, random.as_ref())?;
    scores::print(&scores);

    outcome.write(output.path(), &input.stack, &config).map_err(Error::from)?;
    let figures = Figures::draw(&input, &config, &outcome, &scores[0])?;
    for figure in figures.all() {
        figure.write(output.path()).map_err(Error::from)?;
    }
    let page = page::page(&input, &config, &outcome, &scores, &figures)?;
    page.write(output.path().join("report.html")).map_err(Error::from)?;
    let folder = output.publish()?;
    say!("Report: {}", folder.join("report.html").display());
    Ok(())
}

/// The same network and steps on as many slices drawn at random.
fn random(
    input: &Input,
    config: &TwoStepConfig,
    outcome: &Outcome,
    narrator: &mut Narrator,
) -> Result<Baseline, Error> {
    narrator.compare();
    let ids: Vec<SliceId> = input.stack.ids().collect();
    let chosen = qunet::select::random(&ids, outcome.annotated().len(), config.seed);
    let mut annotator = RecordedLabels::new(&input.truth);
    Ok(run_baseline(&input.stack, config, &chosen, &mut annotator, narrator)?)
}
