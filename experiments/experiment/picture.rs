//! One slice that nobody drew, step by step: what is drawn on either side, what each source says of it, and what becomes
//! of them together.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, ensure};
use ndarray::{Array2, Array3, Axis};
use qunet_campaign::{CampaignConfig, Event, RecordedLabels, run_rounds};
use qunet_context::Source;
use qunet_report::{MontageTile, montage};
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
use qunet_stack::{LabelMap, Region, SliceId, Stack};

use crate::plan::{Opened, Plan};

/// Pixels around the region of interest that are shown too.
const MARGIN: usize = 16;

/// A tile before it is drawn: the slice, whether truth or prediction is outlined, and what is under it.
struct Step {
    id: SliceId,
    found: Option<Array2<bool>>,
    note: String,
}

/// Draws slice `slice` of the first stack of a data set, as its first campaign completes it.
pub(crate) fn draw(
    plan: &Plan,
    (data, slice): (&str, usize),
    out: &Path,
    threads: NonZeroUsize,
) -> anyhow::Result<()> {
    let known: Vec<&str> = plan.data.iter().map(|it| it.name.as_str()).collect();
    let set = plan.data.iter().find(|it| it.name == data);
    let set = set.with_context(|| format!("the plan has no data {data:?}, but {known:?}"))?;
    let opened = plan.open_data(set)?.with_context(|| format!("{data} is not there"))?;
    let (stack, truth) = (&opened.stacks[0], &opened.truths[0]);
    ensure!(slice < stack.slices(), "slice {slice}: {data} has slices 0 to {}", stack.slices() - 1);
    let jobs = plan.jobs();
    let mut campaigns = jobs.iter().filter(|job| job.setting.alone.is_none());
    let job = campaigns.find(|job| job.data.name == data);
    let job = job.with_context(|| format!("no setting of the plan completes {data}"))?;
    let config = plan.config(job, &opened, threads)?;
    let steps = steps(&opened, &config, SliceId(slice))?;
    let field = field(stack, SliceId(slice))?;
    let images = steps.iter().map(|step| {
        let image = stack.scaled_slice(step.id, &config.scaling)?;
        Ok((field.crop(&image)?, field.crop(&truth.mask(step.id)?)?))
    });
    let images = images.collect::<anyhow::Result<Vec<_>>>()?;
    let found = steps.iter().map(|step| step.found.as_ref().map(|mask| field.crop(mask)));
    let found = found.map(Option::transpose).collect::<Result<Vec<_>, _>>()?;
    let tiles = steps.iter().zip(&images).zip(&found).map(|((step, (image, truth)), found)| {
        let tile = MontageTile::new(step.id, image, step.note.clone()).with_truth(truth);
        found.iter().fold(tile, |tile, mask| tile.with_prediction(mask))
    });
    let figure = montage(&tiles.collect::<Vec<_>>())?;
    Ok(figure.write_to(out)?)
}

/// What is drawn before and after, each source, and all of them together.
fn steps(opened: &Opened, config: &CampaignConfig, id: SliceId) -> anyhow::Result<Vec<Step>> {
    let stacks: Vec<&Stack> = opened.stacks.iter().collect();
    let truths: Vec<&LabelMap> = opened.truths.iter().collect();
    let mut annotator = RecordedLabels::from_stacks(&truths);
    let mut asked = None;
    // Found before anything is trained.
    let mut observer = |event: &Event| match event {
        Event::Selected { selection, .. } if selection.slices(0).contains(&id) => {
            asked = Some(selection.slices(0));
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    };
    let campaign = run_rounds(&stacks, config, &mut annotator, &mut observer);
    ensure!(asked.is_none(), "slice {id} is drawn: {:?}", asked.unwrap_or_default());
    let campaign = campaign?;
    let drawn = &campaign.manifest().stacks[0].annotated;
    let before = drawn.iter().rev().find(|other| **other < id);
    let after = drawn.iter().find(|other| **other > id);
    let drawn = before.into_iter().chain(after);
    let mut steps: Vec<Step> =
        drawn.map(|&id| Step { id, found: None, note: "drawn".to_owned() }).collect();
    let sources: BTreeMap<Source, Array3<u8>> = campaign.by_source()?.swap_remove(0);
    let whole = campaign.segmentation(0)?.context("the run ends in a segmentation")?;
    let named = sources.into_iter().map(|(source, labels)| (source.to_string(), labels));
    for (name, labels) in named.chain([("all, cleaned".to_owned(), whole)]) {
        let found = labels.index_axis(Axis(0), id.0).mapv(|label| label > 0);
        let counts = ConfusionCounts::from_masks(&found, &opened.truths[0].mask(id)?)?;
        let dice = counts.dice(EmptyPolicy::Undefined);
        let dice = dice.map_or("undefined".to_owned(), |dice| format!("{dice:.2}"));
        steps.push(Step { id, found: Some(found), note: format!("{name}: Dice {dice}") });
    }
    Ok(steps)
}

/// The box around the region of interest on a slice; the whole slice without one.
fn field(stack: &Stack, id: SliceId) -> anyhow::Result<Region> {
    let [_, height, width] = stack.shape();
    let inside = stack.roi(id)?.map(|roi| roi.insert_axis(Axis(0)));
    let field = inside.and_then(|inside| Region::around(&inside, MARGIN));
    Ok(field.unwrap_or(Region { top: 0, left: 0, height, width }))
}
