//! The page about a run.

use qunet_report::{Cell, Figure, Report, Section, Table, chosen_table, verdict_table};
use qunet_segmetrics::OverlapMetric;
use qunet_select::{DisagreementOrder, DisagreementParams, QualityThreshold};
use qunet_stack::SliceId;

use super::RunReport;
use super::figures::Figures;
use super::scores::RunScores;
use crate::Error;

/// Everything on one page.
pub(super) fn page(
    run: &RunReport<'_>,
    scores: &RunScores,
    figures: Figures,
) -> Result<Report, Error> {
    let outcome = run.outcome;
    let agreement: Vec<(SliceId, f64)> =
        outcome.query.records.iter().map(|record| (record.id, record.quality_index)).collect();
    let asked = outcome.query.ids();
    let picked: Vec<(SliceId, f64)> =
        agreement.iter().filter(|(id, _)| asked.contains(id)).copied().collect();
    let verdicts = &outcome.initial.verdicts;
    let every = Section::new("Every slice")
        .paragraph(
            "Click a row to see its slice, a heading to sort. Q is the Jaccard index of heads L3 \
             and L4.",
        )
        .viewer(&run.viewer()?)?
        .table(verdict_table(&outcome.quality, verdicts, &agreement)?);
    Ok(facts(run, scores)
        .section(initial(figures.quality, figures.chosen, chosen_table(verdicts, &picked)))
        .section(
            Section::new("Training")
                .paragraph(
                    "All four heads are trained together, first on S0, then further on S0 and S_m. \
                     The Dice term of the loss is negative, so that lower is better.",
                )
                .figure(figures.losses),
        )
        .section(query(figures.heads, &run.config.query))
        .section(result(figures.overlays, scores))
        .section(every))
}

fn facts(run: &RunReport<'_>, scores: &RunScores) -> Report {
    let [slices, height, width] = run.stack.shape();
    let annotated = run.outcome.annotated().len();
    let dtype = run.stack.pixels().dtype();
    let percent = 100.0 * annotated as f64 / slices as f64;
    let (filters, size) = (run.config.network.unet.width, run.config.size);
    let report = Report::new(format!("{annotated} of {slices} slices annotated"))
        .subtitle(run.stack.name())
        .fact("Stack", format!("{slices} slices of {height} x {width}, {dtype}"))
        .fact("Annotated", format!("{annotated} ({percent:.0} %)"))
        .fact("Network", format!("U-net++, {filters} filters, {size} x {size}"))
        .fact("Seed", run.config.seed.to_string());
    match (run.truth, scores.dice()) {
        (None, _) => report,
        (Some(_), Some(dice)) => report.fact("Dice on the rest", format!("{dice:.3}")),
        (Some(_), None) => report.fact("Dice on the rest", "undefined"),
    }
}

fn initial(quality: [Figure; 2], chosen: Figure, table: Table) -> Section {
    let section = Section::new("Step 1: slices worth annotating first").paragraph(
        "Blurriness and inverse PSNR are measured on every slice; for both, lower is better. \
         Slices below both limits are candidates, and of candidates that look alike within the \
         region of interest only the best is kept.",
    );
    quality.into_iter().chain([chosen]).fold(section, Section::figure).table(table)
}

fn query(heads: Vec<Figure>, params: &DisagreementParams) -> Section {
    let rule = match params.quality_threshold {
        QualityThreshold::Fixed(q0) => {
            format!("Where Q, the overlap of heads L3 and L4, is below {q0},")
        }
        _ if params.order == DisagreementOrder::Area => {
            "Where heads L3 and L4 differ most,".to_owned()
        }
        _ => "Where Q, the overlap of heads L3 and L4, is lowest,".to_owned(),
    };
    let section = Section::new("Step 2: where the network disagrees with itself").paragraph(format!(
        "The network trained on S0 sees every other slice. {rule} the slice shows something it has \
         not learnt.",
    ));
    heads.into_iter().fold(section, Section::figure)
}

fn result(overlays: Option<Figure>, scores: &RunScores) -> Section {
    let section = Section::new("Result")
        .paragraph("Head L4 is the segmentation of the slices nobody annotated.");
    if scores.0.is_empty() {
        return section;
    }
    let names = OverlapMetric::ALL.map(|metric| metric.to_string());
    let head = ["Segmentation".to_owned(), "Aggregation".to_owned()].into_iter().chain(names);
    let mut table = Table::new("Against the truth; 0/0 is left out of the mean", head);
    for scored in &scores.0 {
        for (how, values) in scored.rows() {
            let cells = [Cell::from(scored.name.as_str()), Cell::from(how)];
            table = table.row(cells.into_iter().chain(values.map(Cell::from)));
        }
    }
    let section = match scores.0.len() {
        1 => section,
        _ => section.paragraph("As many other slices, trained on for as long, are the yardstick."),
    };
    overlays.into_iter().fold(section.table(table), Section::figure)
}
