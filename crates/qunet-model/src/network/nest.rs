//! The graph both networks are: nodes X(i,j) over rows and columns, each fed from below and from its left.

use std::collections::{BTreeMap, BTreeSet};

use tch::nn::Path;
use tch::{Kind, TchError, Tensor};

use super::config::{DropoutPlacement, NormNodes, UnetConfig};
use super::layers::{Conv, Mode, Node, UpConv, dropout, pool};

type Result<T> = std::result::Result<T, TchError>;

/// Row and column of a node, from 0: X(i,j) of the paper is `(i - 1, j - 1)`.
pub(crate) type At = (usize, usize);

/// Rows whose concatenations are summed instead, where they are: further down the features are small and a
/// concatenation is cheap.
const WIDE_ROWS: usize = 2;

/// What tells the architectures apart.
pub(crate) struct Plan {
    /// Whether X(i,j) takes all nodes to its left, or X(i,1) alone.
    pub(crate) dense: bool,
    /// Level, node and name of each head, in order.
    pub(crate) heads: Vec<(usize, At, String)>,
    /// Whether the deepest node is normalised where the encoder is.
    pub(crate) norm_deepest: bool,
    /// Whether concatenations are summed instead: faster on processors.
    pub(crate) summed: bool,
}

/// A network without its variable store.
#[derive(Debug)]
pub struct Nest {
    config: UnetConfig,
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
    pub(crate) fn build(root: &Path, config: &UnetConfig, plan: Plan) -> Result<Self> {
        let mut nest = Self {
            config: *config,
            dense: plan.dense,
            nodes: BTreeMap::new(),
            ups: BTreeMap::new(),
            heads: Vec::new(),
        };
        let ends: Vec<At> = plan.heads.iter().map(|&(_, at, _)| at).collect();
        let deepest = (config.depth - 1, 0);
        for at in nest.order(&ends) {
            let name = format!("{}{}", at.0 + 1, at.1 + 1);
            let outputs = config.filters(at.0);
            if at.1 > 0 {
                let path = root / format!("up{name}");
                nest.ups.insert(at, UpConv::new(&path, config.filters(at.0 + 1), outputs)?);
            }
            let norm = match config.batch_norm.nodes {
                NormNodes::None => false,
                NormNodes::All => true,
                NormNodes::Encoder => at.1 == 0 && (at != deepest || plan.norm_deepest),
            };
            let norm = norm.then_some(config.batch_norm);
            let inputs = nest.channels(at).iter().sum();
            let path = root / format!("x{name}");
            nest.nodes.insert(
                at,
                Node::new(&path, inputs, outputs, norm, plan.summed && at.0 < WIDE_ROWS)?,
            );
        }
        for (level, at, name) in plan.heads {
            let conv = Conv::new(&(root / name), config.filters(at.0), config.classes as i64, 1)?;
            nest.heads.push(Head { level, at, conv });
        }
        Ok(nest)
    }

    pub(crate) fn config(&self) -> &UnetConfig {
        &self.config
    }

    /// The levels that have a head, in order.
    pub(crate) fn levels(&self) -> Vec<usize> {
        self.heads.iter().map(|head| head.level).collect()
    }

    /// A copy for inference: normalisation folded, weights in `kind`, no gradients.
    pub(crate) fn frozen(&self, kind: Kind) -> Result<Self> {
        let mut nest = Self {
            config: self.config,
            dense: self.dense,
            nodes: BTreeMap::new(),
            ups: BTreeMap::new(),
            heads: Vec::new(),
        };
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

    /// The logits of the heads of `levels`, in their order in the network, as f32 in the images' size. Only the
    /// nodes they rest on are computed, and each node's features are let go after their last use.
    pub(crate) fn logits(
        &self,
        images: &Tensor,
        mode: Mode,
        levels: &[usize],
    ) -> Result<Vec<Tensor>> {
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

    /// The deepest encoder node's features averaged over the image, `(N, filters)`, as f32.
    pub(crate) fn features(&self, images: &Tensor, mode: Mode) -> Result<Tensor> {
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

    /// Computes every node that `ends` rest on and shows it to `visit`.
    fn walk(
        &self,
        images: &Tensor,
        mode: Mode,
        ends: &[At],
        mut visit: impl FnMut(At, &Tensor) -> Result<()>,
    ) -> Result<()> {
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
    ) -> Result<Tensor> {
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
    fn dropped(&self, row: usize, features: &Tensor, mode: Mode) -> Result<Tensor> {
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
            (0, 0) => vec![self.config.input_channels as i64],
            (row, 0) => vec![self.config.filters(row - 1)],
            (row, _) => vec![self.config.filters(row); self.inputs(at).len()],
        }
    }

    /// All nodes that `ends` rest on, each after what feeds it.
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
