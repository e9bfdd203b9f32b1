//! One network alone: trained at once, on nothing but the slices as section II-A has them, masked and cropped.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context, ensure};
use ndarray::{Array2, Array3, Axis, Zip};
use qunet_campaign::CampaignConfig;
use qunet_model::{
    Architecture, Channels, Description, Device, Fit, Network, PredictConfig, Predictor, Silent,
    Sizing, Trainer, TrainingSet,
};
use qunet_select::{CandidateId, Pool, Request, Strategy};
use qunet_stack::{LabelMap, Region, SliceId, Stack};

use crate::campaign::{elsewhere, is_reserved};
use crate::line::{Found, SliceLine};
use crate::plan::{Alone, NetworkKind, Opened, Plan};
use crate::score::counts;

/// Trains the network on the slices that the first strategy of `config` selects, and predicts all others.
pub(crate) fn run(
    plan: &Plan,
    data: &Opened,
    config: &CampaignConfig,
    alone: &Alone,
) -> anyhow::Result<Found> {
    let started = Instant::now();
    let fields: Vec<Field<'_>> =
        data.stacks.iter().map(|stack| Field::new(stack, config)).collect::<Result<_, _>>()?;
    let drawn = select(data, config)?;
    let network = network(config, alone)?;
    if let Some(name) = &alone.before {
        let (stack, truth) = plan.open_stack(name)?;
        let field = Field::new(&stack, config)?;
        let all = (0..stack.slices()).map(SliceId).map(|slice| field.pair(slice, &truth));
        train(&network, config, all.collect::<Result<_, _>>()?)?;
    }
    let pairs = drawn.iter().map(|id| fields[id.stack].pair(id.slice, &data.truths[id.stack]));
    train(&network, config, pairs.collect::<Result<_, _>>()?)?;
    let mut slices = Vec::new();
    for (number, (field, truth)) in fields.iter().zip(&data.truths).enumerate() {
        let labels = field.predict(&network, config)?;
        let left = counts(number, &labels, truth, &drawn)?.into_iter();
        slices.extend(left.map(|it| SliceLine::new(it, is_reserved(config, it.0.slice))));
    }
    let seconds = started.elapsed().as_secs_f64();
    slices.extend(elsewhere(data, |stack| Field::new(stack, config)?.predict(&network, config))?);
    let parameters = Some(network.trainable_parameters());
    let (sources, fusions) = Default::default();
    Ok(Found { drawn, slices, sources, fusions, parameters, seconds })
}

/// The slices of the first strategy, which may know no more than where they are.
fn select(data: &Opened, config: &CampaignConfig) -> anyhow::Result<BTreeSet<CandidateId>> {
    let mut open = Vec::new();
    for (stack, slices) in data.stacks.iter().map(Stack::slices).enumerate() {
        let all = (0..slices).map(|slice| CandidateId { stack, slice: SliceId(slice) });
        open.extend(all.filter(|id| !is_reserved(config, id.slice)));
    }
    let total: usize = data.stacks.iter().map(Stack::slices).sum();
    let request = Request::new(config.stopping.budget.left(total, 0), config.seed);
    let selection = config.first.select(&Pool::new(open)?, &request)?;
    ensure!(!selection.picks().is_empty(), "no slice is selected");
    Ok(selection.ids().into_iter().collect())
}

fn network(config: &CampaignConfig, alone: &Alone) -> anyhow::Result<Network> {
    let architecture = match alone.network {
        NetworkKind::Unet => Architecture::Unet(config.network.unet),
        NetworkKind::UnetPlusPlus => Architecture::UnetPlusPlus(config.network),
    };
    let description = Description { architecture, channels: Channels::default() };
    let (train, side) = (&config.train, config.input.size);
    config.threads.apply(&description, train.batch_size, (side, side), train.precision)?;
    qunet_model::seed(config.seed);
    Ok(Network::new(&description, Device::cuda_if_available())?)
}

fn train(
    network: &Network,
    config: &CampaignConfig,
    pairs: Vec<(Array2<f32>, Array2<bool>)>,
) -> anyhow::Result<()> {
    let size = (config.input.size, config.input.size);
    let set = TrainingSet::new(pairs, size, network.device())?;
    let fit = Fit { seed: config.seed, ..Fit::default() };
    Trainer::new(config.train.clone())?.fit(network, &set, &fit, &mut Silent)?;
    Ok(())
}

/// A stack with the box around its region of interest.
struct Field<'a> {
    stack: &'a Stack,
    config: &'a CampaignConfig,
    region: Region,
}

impl<'a> Field<'a> {
    fn new(stack: &'a Stack, config: &'a CampaignConfig) -> anyhow::Result<Self> {
        let [_, height, width] = stack.shape();
        let mut region = Region { top: 0, left: 0, height, width };
        if config.input.crop && stack.has_roi() {
            let mut inside = Array3::from_elem(stack.shape(), false);
            for (id, mut slice) in stack.ids().zip(inside.outer_iter_mut()) {
                slice.assign(&stack.roi(id)?.context("there is a region of interest")?);
            }
            region = Region::around(&inside, 0).unwrap_or(region);
        }
        Ok(Self { stack, config, region })
    }

    /// The slice as the network sees it.
    fn image(&self, slice: SliceId) -> anyhow::Result<Array2<f32>> {
        let mut image = self.stack.scaled_slice(slice, &self.config.scaling)?;
        if self.config.input.mask
            && let Some(roi) = self.stack.roi(slice)?
        {
            Zip::from(&mut image).and(&roi).for_each(|pixel, &inside| {
                *pixel = if inside { *pixel } else { 0.0 };
            });
        }
        Ok(self.region.crop(&image)?)
    }

    fn pair(
        &self,
        slice: SliceId,
        truth: &LabelMap,
    ) -> anyhow::Result<(Array2<f32>, Array2<bool>)> {
        Ok((self.image(slice)?, self.region.crop(&truth.mask(slice)?)?))
    }

    /// The labels of all slices; background outside the region of interest.
    fn predict(&self, network: &Network, config: &CampaignConfig) -> anyhow::Result<Array3<u8>> {
        let side = config.input.size;
        let sizing = Sizing::Resize { height: side, width: side };
        let predictor =
            Predictor::with(network, PredictConfig { sizing, ..PredictConfig::default() })?;
        let mut labels = Array3::zeros(self.stack.shape());
        let mut slices = Vec::new();
        for id in self.stack.ids() {
            slices.push((id, self.image(id)?));
        }
        for found in predictor.stream(slices) {
            let (id, maps) = found?;
            let found = maps.labels(config.prediction.threshold);
            let [_, height, width] = self.stack.shape();
            let mut whole = labels.index_axis_mut(Axis(0), id.0);
            whole.assign(&self.region.put_back(&found, (height, width))?);
            if let Some(roi) = self.stack.roi(id)? {
                Zip::from(&mut whole).and(&roi).for_each(|label, &inside| {
                    *label = if inside { *label } else { 0 };
                });
            }
        }
        Ok(labels)
    }
}
