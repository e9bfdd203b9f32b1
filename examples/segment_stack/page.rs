//! The page about a run.

use qunet::Error;
use qunet::campaign::{Outcome, TwoStepConfig};
use qunet::report::{Cell, Report, Section, Table, chosen_table, verdict_table};
use qunet::segmetrics::OverlapMetric;
use qunet::stack::SliceId;

use crate::figures::{Figures, viewer};
use crate::input::Input;
use crate::scores::Scored;

/// Everything on one page.
pub(crate) fn page(
    input: &Input,
    config: &TwoStepConfig,
    outcome: &Outcome,
    scores: &[Scored],
    figures: &Figures,
) -> Result<Report, Error> {
    let [slices, height, width] = input.stack.shape();
    let annotated = outcome.annotated().len();
    let dice = scores[0].evaluation.over_slices.dice.mean;
    let agreement: Vec<(SliceId, f64)> =
        outcome.query.records.iter().map(|record| (record.id, record.quality_index)).collect();
    let picked: Vec<(SliceId, f64)> =
        agreement.iter().filter(|(id, _)| outcome.query.ids().contains(id)).copied().collect();
    let verdicts = &outcome.initial.verdicts;
    Ok(Report::new(format!("{annotated} of {slices} slices annotated"))
        .subtitle(input.stack.name())
        .fact(
            "Stack",
            format!("{slices} slices of {height} x {width}, {}", input.stack.pixels().dtype()),
        )
        .fact(
            "Annotated",
            format!("{annotated} ({:.0} %)", 100.0 * annotated as f64 / slices as f64),
        )
        .fact(
            "Dice on the rest",
            dice.map_or_else(|| "undefined".to_owned(), |dice| format!("{dice:.3}")),
        )
        .fact(
            "Network",
            format!("U-net++, {} filters, {1} x {1}", config.network.unet.width, config.size),
        )
        .fact("Seed", config.seed.to_string())
        .section(initial(figures, chosen_table(verdicts, &picked)))
        .section(training(figures))
        .section(query(figures, config))
        .section(result(figures, scores))
        .section(
            Section::new("Every slice")
                .paragraph(
                    "Click a row to see its slice, a heading to sort. Q is the Jaccard index of heads \
                     L3 and L4.",
                )
                .viewer(&viewer(input, config, outcome)?)?
                .table(verdict_table(&outcome.quality, verdicts, &agreement)?),
        ))
}

fn initial(figures: &Figures, chosen: Table) -> Section {
    let section = Section::new("Step 1: slices worth annotating first").paragraph(
        "Blurriness and inverse PSNR are measured on every slice; for both, lower is better. \
         Slices below both limits are candidates, and of candidates that look alike within the \
         region of interest only the best is kept.",
    );
    let section = figures.quality.iter().cloned().fold(section, Section::figure);
    section.figure(figures.chosen.clone()).table(chosen)
}

fn training(figures: &Figures) -> Section {
    Section::new("Training")
        .paragraph(
            "All four heads are trained together, first on S0, then further on S0 and S_m. The \
             Dice term of the loss is negative, so that lower is better.",
        )
        .figure(figures.losses.clone())
}

fn query(figures: &Figures, config: &TwoStepConfig) -> Section {
    let section = Section::new("Step 2: where the network disagrees with itself").paragraph(format!(
        "The network trained on S0 sees every other slice. Where Q, the overlap of heads L3 and L4, \
         is below the threshold ({}), the slice shows something it has not learnt.",
        config.query.quality_threshold
    ));
    figures.heads.iter().cloned().fold(section, Section::figure)
}

fn result(figures: &Figures, scores: &[Scored]) -> Section {
    let names = OverlapMetric::ALL.map(|metric| metric.to_string());
    let head = ["Segmentation".to_owned(), "Aggregation".to_owned()].into_iter().chain(names);
    let mut table = Table::new("Against the truth; 0/0 is left out of the mean", head);
    for scored in scores {
        for (how, values) in
            [("mean over slices", scored.means()), ("pooled over pixels", scored.pooled())]
        {
            let cells = [Cell::from(scored.name.as_str()), Cell::from(how)];
            table = table.row(cells.into_iter().chain(values.map(Cell::from)));
        }
    }
    let section = Section::new("Result").paragraph(
        "Head L4 is the segmentation of the slices nobody annotated. Random slices of the same \
         number, trained on for as long, are the yardstick.",
    );
    let section = section.table(table);
    figures.overlays.iter().cloned().fold(section, Section::figure)
}
