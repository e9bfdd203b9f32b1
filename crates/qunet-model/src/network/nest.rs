//! The graph both networks are: nodes X(i,j) over rows and columns, each fed from below and from its left.

use std::collections::{BTreeMap, BTreeSet};

use tch::nn::{Init, Path};
use tch::{Device, Kind, TchError, Tensor};

use super::config::{
    Architecture, Channels, Description, DropoutPlacement, HeadPlacement, UnetConfig,
    UnetPlusPlusConfig,
};
use super::layers::{Conv, Mode, Node, UpConv, dropout, pool};
use super::norm::NormNodes;
use crate::error::{Error, While, require};
use crate::tensors::channels_last;

type LibTorch<T> = Result<T, TchError>;

/// Row and column of a node, from 0: X(i,j) of the paper is `(i - 1, j - 1)`.
pub(crate) type At = (usize, usize);

/// Rows in which, on processors, several inputs of a node are convolved one by one and summed, instead of being
/// concatenated first. The features of the upper two rows are the large ones: writing their concatenations and reading
/// them again took a fifth of the time of a forward pass. Further down the features are small and one large
/// convolution is faster.
const SUMMED_ROWS: usize = 2;

/// What distinguishes the architectures, as data: one graph serves both.
struct Plan {
    /// Whether X(i,j) takes all nodes to its left, or X(i,1) alone.
    dense: bool,
    /// Level, node and name of each head, in order.
    heads: Vec<(usize, At, String)>,
    /// Whether the deepest node is normalised where the encoder is.
    norm_deepest: bool,
}

impl Plan {
    fn new(architecture: &Architecture) -> Self {
        match architecture {
            Architecture::Unet(config) => Self::unet(config),
            Architecture::UnetPlusPlus(config) => Self::unet_plus_plus(config),
        }
    }

    fn unet(config: &UnetConfig) -> Self {
        let last = config.depth - 1;
        let heads = vec![(last, (0, last), "head".to_owned())];
        Self { dense: false, heads, norm_deepest: true }
    }

    fn unet_plus_plus(config: &UnetPlusPlusConfig) -> Self {
        let last = config.unet.depth - 1;
        let node = |level| match config.heads {
            HeadPlacement::TopRow | HeadPlacement::Last => (0, level),
            HeadPlacement::Diagonal => (last - level, level),
        };
        let head = |level| (level, node(level), format!("head{level}"));
        let heads = config.levels().into_iter().map(head).collect();
        Self { dense: true, heads, norm_deepest: false }
    }
}

/// The graph of a network and its layers, without the variable store.
#[derive(Debug)]
pub(crate) struct Nest {
    config: UnetConfig,
    channels: Channels,
    dense: bool,
    nodes: BTreeMap<At, Node>,
    ups: BTreeMap<At, UpConv>,
    heads: Vec<Head>,
}

#[derive(Debug)]
struct Head {
    level: usize,
    at: At,
    conv: Conv,
}

impl Nest {
    /// Draws the weights node by node in the order of [`Nest::order`], which a seed fixes: another order is another
    /// network for the same seed.
    pub(crate) fn build(root: &Path, description: &Description, init: Init) -> LibTorch<Self> {
        let plan = Plan::new(&description.architecture);
        let mut nest = Self::empty(*description.unet(), description.channels, plan.dense);
        let config = nest.config;
        let ends: Vec<At> = plan.heads.iter().map(|&(_, at, _)| at).collect();
        for at in nest.order(&ends) {
            let name = format!("{}{}", at.0 + 1, at.1 + 1);
            let outputs = config.filters(at.0);
            if at.1 > 0 {
                let path = root / format!("up{name}");
                nest.ups.insert(at, UpConv::new(&path, config.filters(at.0 + 1), outputs, init)?);
            }
            let norm = nest.is_normalised(at, plan.norm_deepest).then_some(config.norm);
            let inputs = nest.channels(at).iter().sum();
            let summed = root.device() == Device::Cpu && at.0 < SUMMED_ROWS;
            let node =
                Node::new(&(root / format!("x{name}")), inputs, outputs, norm, summed, init)?;
            nest.nodes.insert(at, node);
        }
        for (level, at, name) in plan.heads {
            let classes = description.channels.classes as i64;
            let conv = Conv::new(&(root / name), config.filters(at.0), classes, 1, init)?;
            nest.heads.push(Head { level, at, conv });
        }
        Ok(nest)
    }

    fn empty(config: UnetConfig, channels: Channels, dense: bool) -> Self {
        let (nodes, ups, heads) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { config, channels, dense, nodes, ups, heads }
    }

    fn is_normalised(&self, at: At, deepest_too: bool) -> bool {
        match self.config.norm.nodes {
            NormNodes::None => false,
            NormNodes::All => true,
            NormNodes::Encoder => at.1 == 0 && (at != (self.config.depth - 1, 0) || deepest_too),
        }
    }

    /// The levels that have a head, in order.
    pub(crate) fn levels(&self) -> Vec<usize> {
        self.heads.iter().map(|head| head.level).collect()
    }

    /// A copy for inference: normalisation folded, weights in `kind`, no gradients.
    pub(crate) fn frozen(&self, kind: Kind) -> LibTorch<Self> {
        let mut nest = Self::empty(self.config, self.channels, self.dense);
        for (&at, node) in &self.nodes {
            nest.nodes.insert(at, node.frozen(kind, &self.channels(at))?);
        }
        for (&at, up) in &self.ups {
            nest.ups.insert(at, up.frozen(kind)?);
        }
        for Head { level, at, conv } in &self.heads {
            let conv = conv.frozen_head(kind)?;
            nest.heads.push(Head { level: *level, at: *at, conv });
        }
        Ok(nest)
    }

    /// What height and width must be multiples of.
    pub(crate) fn divisor(&self) -> usize {
        1 << (self.config.depth - 1)
    }

    /// Filters of the first row.
    pub(crate) fn width(&self) -> usize {
        self.config.width
    }

    /// Checks the images and computes the logits of the heads of `levels`, in their order in the network, as f32 in the
    /// images' size.
    pub(crate) fn run(
        &self,
        images: &Tensor,
        mode: Mode,
        levels: &[usize],
    ) -> Result<Vec<Tensor>, Error> {
        self.check_input(images)?;
        let doing = "running the network";
        let images = channels_last(images).while_doing(doing)?;
        self.logits(&images, mode, levels).while_doing(doing)
    }

    /// The deepest encoder node's features averaged over the image, `(N, filters)`, as f32.
    pub(crate) fn features(&self, images: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        self.check_input(images)?;
        self.averaged(images, mode).while_doing("computing features")
    }

    /// Refuses channels the network does not take, sizes that its poolings cannot halve, and sizes
    /// of which a layer would normalise single numbers, which are all zero then.
    fn check_input(&self, images: &Tensor) -> Result<(), Error> {
        let (_, channels, height, width) =
            images.size4().while_doing("reading the input's shape")?;
        let (found, expected) = (channels as usize, self.channels.input);
        if found != expected {
            return Err(Error::Channels { found, expected });
        }
        let divisor = self.divisor() as i64;
        for (side, value) in [("height", height), ("width", width)] {
            if value == 0 || value % divisor != 0 {
                return Err(Error::NotDivisible { side, value, divisor });
            }
        }
        let pixels = |row: usize| (height >> row) * (width >> row);
        let alone = |(at, node): (&At, &Node)| node.numbers(pixels(at.0)) == Some(1);
        let rule = "the deepest features are single pixels, which normalisation by slice makes 0; take larger slices, \
                    fewer rows or group normalisation";
        let size = format!("{height} x {width}");
        require("size", size.as_str(), !self.nodes.iter().any(alone), rule)
    }

    /// Only the nodes that the heads depend on are computed, and each node's features are dropped after their last use:
    /// the peak of memory is what is alive at once, not the sum over fifteen nodes.
    fn logits(&self, images: &Tensor, mode: Mode, levels: &[usize]) -> LibTorch<Vec<Tensor>> {
        let wanted: Vec<&Head> =
            self.heads.iter().filter(|head| levels.contains(&head.level)).collect();
        let ends: Vec<At> = wanted.iter().map(|head| head.at).collect();
        let (_, _, height, width) = images.size4()?;
        let mut logits = Vec::with_capacity(wanted.len());
        self.walk(images, mode, &ends, |at, features| {
            for head in wanted.iter().filter(|head| head.at == at) {
                let map = head.conv.forward(&[features])?.f_to_kind(Kind::Float)?;
                let map = if at.0 == 0 {
                    map
                } else {
                    map.f_upsample_bilinear2d([height, width], false, None, None)?
                };
                logits.push((head.level, map));
            }
            Ok(())
        })?;
        logits.sort_by_key(|&(level, _)| level);
        Ok(logits.into_iter().map(|(_, map)| map).collect())
    }

    fn averaged(&self, images: &Tensor, mode: Mode) -> LibTorch<Tensor> {
        let deepest = (self.config.depth - 1, 0);
        let mut averaged = Tensor::new();
        self.walk(images, mode, &[deepest], |at, features| {
            if at == deepest {
                averaged = features.f_mean_dim(&[2_i64, 3][..], false, Kind::Float)?;
            }
            Ok(())
        })?;
        Ok(averaged)
    }

    /// Computes every node that `ends` depend on and passes it to `visit`.
    fn walk(
        &self,
        images: &Tensor,
        mode: Mode,
        ends: &[At],
        mut visit: impl FnMut(At, &Tensor) -> LibTorch<()>,
    ) -> LibTorch<()> {
        let order = self.order(ends);
        let mut uses: BTreeMap<At, usize> = BTreeMap::new();
        for input in order.iter().flat_map(|&at| self.inputs(at)) {
            *uses.entry(input).or_default() += 1;
        }
        let mut live: BTreeMap<At, Tensor> = BTreeMap::new();
        for at in order {
            let features = self.node(at, images, mode, &live)?;
            visit(at, &features)?;
            live.insert(at, features);
            for input in self.inputs(at) {
                let left = uses.entry(input).or_default();
                *left -= 1;
                if *left == 0 {
                    live.remove(&input);
                }
            }
        }
        Ok(())
    }

    fn node(
        &self,
        at: At,
        images: &Tensor,
        mode: Mode,
        live: &BTreeMap<At, Tensor>,
    ) -> LibTorch<Tensor> {
        let node = &self.nodes[&at];
        if at.1 > 0 {
            let inputs = self.inputs(at);
            let up = self.ups[&at].forward(&live[&inputs[0]])?;
            let mut all = vec![&up];
            all.extend(inputs[1..].iter().map(|input| &live[input]));
            return node.forward(&all, mode);
        }
        let features = if at.0 == 0 {
            node.forward(&[images], mode)?
        } else {
            let above = &live[&(at.0 - 1, 0)];
            node.forward(&[&pool(&self.dropped(at.0 - 1, above, mode)?)?], mode)?
        };
        // Nothing skips from the deepest node: what its dropout leaves is all that others see.
        if at.0 + 1 == self.config.depth {
            self.dropped(at.0, &features, mode)
        } else {
            Ok(features)
        }
    }

    /// Dropout behind the encoder node of a row, where the configuration puts it.
    fn dropped(&self, row: usize, features: &Tensor, mode: Mode) -> LibTorch<Tensor> {
        let from_below = self.config.depth - 1 - row;
        let here = match self.config.dropout_at {
            DropoutPlacement::DeepestTwo => from_below <= 1,
            DropoutPlacement::Deepest => from_below == 0,
            DropoutPlacement::Encoder => true,
        };
        if here {
            dropout(features, self.config.dropout, mode)
        } else {
            Ok(features.shallow_clone())
        }
    }

    /// What feeds a node: the one below first, then those to its left.
    fn inputs(&self, (row, column): At) -> Vec<At> {
        if column == 0 {
            return row.checked_sub(1).map(|above| (above, 0)).into_iter().collect();
        }
        let skips = if self.dense { column } else { 1 };
        let mut inputs = vec![(row + 1, column - 1)];
        inputs.extend((0..skips).map(|left| (row, left)));
        inputs
    }

    /// Channels of each tensor that a node's first convolution takes.
    fn channels(&self, at: At) -> Vec<i64> {
        match at {
            (0, 0) => vec![self.channels.input as i64],
            (row, 0) => vec![self.config.filters(row - 1)],
            (row, _) => vec![self.config.filters(row); self.inputs(at).len()],
        }
    }

    /// All nodes that `ends` depend on, each after what feeds it.
    fn order(&self, ends: &[At]) -> Vec<At> {
        let mut open = ends.to_vec();
        let mut found = BTreeSet::new();
        while let Some(at) = open.pop() {
            if found.insert((at.0 + at.1, at.1)) {
                open.extend(self.inputs(at));
            }
        }
        found.into_iter().map(|(level, column)| (level - column, column)).collect()
    }
}
