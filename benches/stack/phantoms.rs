//! Quality metrics of the phantoms beside those of real stacks, slice by slice:
//! `cargo run --release -p qunet-benches --example phantoms -- OUT.svg ct=STACK... oct=FOLDER...`.
//!
//! Prints quartiles. CT in Hounsfield units is seen through the lung window, 8-bit stacks by their
//! range; regions are the lungs and the retina, found in the pixels of all stacks alike.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use plotters::prelude::*;
use plotters::style::register_font;
use qunet_quality::{QualityParams, QualityRecord, score_stack};
use qunet_stack::phantom::{CtPhantom, OctPhantom};
use qunet_stack::roi::Anatomy;
use qunet_stack::{Pixels, Scaling, Stack};

type Metric = (&'static str, fn(&QualityRecord) -> Option<f64>);

const METRICS: [Metric; 4] = [
    ("blurriness", |record| Some(record.blurriness())),
    ("inverse PSNR", |record| record.inverse_psnr),
    ("mean of the region", |record| record.roi_mean),
    ("variance / maximum of the region", |record| record.roi_cov),
];
const PANEL: (u32, u32) = (420, 330);
/// Orange for the phantom and blue for what is real, as Okabe and Ito have them.
const COLOURS: [RGBColor; 2] = [RGBColor(0xD5, 0x5E, 0x00), RGBColor(0x00, 0x72, 0xB2)];

/// The stacks of one kind, the phantom first.
struct Row {
    title: &'static str,
    stacks: Vec<Vec<QualityRecord>>,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().context("the figure to write is needed: OUT.svg")?;
    let ct = CtPhantom { slices: 40, size: 512, seed: 0 }.generate()?.stack;
    let oct = OctPhantom { slices: 33, height: 496, width: 768, seed: 0 }.generate()?.stack;
    let mut rows = [
        Row { title: "chest CT", stacks: vec![scored("CT phantom", ct, Anatomy::Lungs)?] },
        Row { title: "retinal OCT", stacks: vec![scored("OCT phantom", oct, Anatomy::Retina)?] },
    ];
    for argument in arguments {
        let (row, anatomy, path) = match argument.split_once('=') {
            Some(("ct", path)) => (0, Anatomy::Lungs, path),
            Some(("oct", path)) => (1, Anatomy::Retina, path),
            _ => bail!("{argument} is neither ct=PATH nor oct=PATH"),
        };
        let stack = Stack::open(Path::new(path))?;
        rows[row].stacks.push(scored(path, stack, anatomy)?);
    }
    std::fs::write(&out, draw(&rows)?).with_context(|| format!("cannot write {out}"))
}

fn scored(name: &str, stack: Stack, anatomy: Anatomy) -> anyhow::Result<Vec<QualityRecord>> {
    let scaling = match stack.pixels() {
        Pixels::U8(_) => Scaling::StackMinMax,
        _ => Scaling::lung_window(),
    };
    let stack = stack.with_found_roi(anatomy)?;
    let records = score_stack(&stack, &scaling, &QualityParams::default())?;
    println!("{name}");
    for (metric, value) in METRICS {
        let values = sorted(&records, value);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        if !values.is_empty() {
            println!("  {metric}: {:.3e} {:.3e} {:.3e}", at(0.25), at(0.5), at(0.75));
        }
    }
    Ok(records)
}

fn sorted(records: &[QualityRecord], value: fn(&QualityRecord) -> Option<f64>) -> Vec<f64> {
    let mut values: Vec<f64> = records.iter().filter_map(value).collect();
    values.retain(|value| value.is_finite() && *value > 0.0);
    values.sort_by(f64::total_cmp);
    values
}

fn draw(rows: &[Row]) -> anyhow::Result<String> {
    register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT)
        .map_err(|_| anyhow!("the built-in font cannot be read"))?;
    let (width, height) = (PANEL.0 * METRICS.len() as u32, PANEL.1 * rows.len() as u32);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        area.fill(&WHITE)?;
        let panels = area.split_evenly((rows.len(), METRICS.len()));
        for (index, panel) in panels.iter().enumerate() {
            let row = &rows[index / METRICS.len()];
            draw_panel(panel, row, METRICS[index % METRICS.len()])?;
        }
        area.present()?;
    }
    Ok(text)
}

/// A column of points for each stack, its slices from left to right, on a logarithmic axis.
fn draw_panel(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    row: &Row,
    (name, value): Metric,
) -> anyhow::Result<()> {
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{}: {name}", row.title), ("sans-serif", 17))
        .margin(8)
        .x_label_area_size(28)
        .y_label_area_size(64)
        .build_cartesian_2d(0f64..row.stacks.len() as f64, range(row, value))?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .max_light_lines(0)
        .y_labels(6)
        .y_label_formatter(&|exponent| format!("{:.1e}", 10f64.powf(*exponent)))
        .x_desc("phantom, then real stacks; slices in order")
        .label_style(("sans-serif", 13))
        .draw()?;
    for (column, records) in row.stacks.iter().enumerate() {
        let colour = COLOURS[usize::from(column > 0)];
        let place = |index: usize| 0.1 + 0.8 * index as f64 / records.len() as f64;
        let points = records.iter().enumerate().filter_map(|(index, record)| {
            let value = value(record).filter(|value| value.is_finite() && *value > 0.0)?;
            Some(Circle::new((column as f64 + place(index), value.log10()), 2, colour.filled()))
        });
        chart.draw_series(points)?;
    }
    Ok(())
}

/// Decimal logarithms of a little less and a little more than all values of the row.
fn range(row: &Row, value: fn(&QualityRecord) -> Option<f64>) -> Range<f64> {
    let values = row.stacks.iter().flat_map(|records| sorted(records, value));
    let (low, high) =
        values.fold((f64::INFINITY, 0f64), |(low, high), value| (low.min(value), high.max(value)));
    (0.8 * low).log10()..(1.25 * high).log10()
}
