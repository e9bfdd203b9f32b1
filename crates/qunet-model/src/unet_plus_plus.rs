//! U-Net++: A Nested U-Net Architecture for Medical Image Segmentation (Zhou 2018), with the four
//! deep-supervision heads of QU-net++.

use tch::nn::VarStore;
use tch::{Device, TchError, Tensor};

use crate::Error;
use crate::config::{HeadPlacement, ROWS, UnetPlusPlusConfig};
use crate::error::While;
use crate::layers::{Conv, Mode, Node, UpConv, dropout, pool};
use crate::network::{Network, check_divisible};

/// U-net++ with heads L1 to L4 (section II-C, Fig. 4).
///
/// Node X(i,j) of row i and column j is `x{i}{j}` in the weights; X(i,1) is the encoder. Node
/// X(i,j) takes up(X(i+1,j-1)) and all of X(i,1) to X(i,j-1).
///
/// ```
/// use qunet_model::{Device, Network, UnetPlusPlus, UnetPlusPlusConfig};
///
/// let network = UnetPlusPlus::new(&UnetPlusPlusConfig::paper(), Device::Cpu)?;
/// assert_eq!(network.total_parameters(), 9_045_540);
/// assert_eq!(network.trainable_parameters(), 9_043_620);
/// # Ok::<(), qunet_model::Error>(())
/// ```
#[derive(Debug)]
pub struct UnetPlusPlus {
    variables: VarStore,
    /// `nodes[column][row]`; column `c` has `ROWS - c` rows.
    nodes: Vec<Vec<Node>>,
    /// `ups[column - 1][row]` feeds `nodes[column][row]`.
    ups: Vec<Vec<UpConv>>,
    heads: Vec<Conv>,
    config: UnetPlusPlusConfig,
}

impl UnetPlusPlus {
    /// Builds the network with fresh He-normal weights; seed them with [`crate::seed`].
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value out of range, [`Error::Torch`] where memory is short.
    pub fn new(config: &UnetPlusPlusConfig, device: Device) -> Result<Self, Error> {
        config.unet.check()?;
        Self::build(config, device).while_doing("building the U-net++")
    }

    /// What the network was built from.
    #[must_use]
    pub fn config(&self) -> &UnetPlusPlusConfig {
        &self.config
    }

    fn build(config: &UnetPlusPlusConfig, device: Device) -> Result<Self, TchError> {
        let variables = VarStore::new(device);
        let root = variables.root();
        let mut nodes = vec![encoder(&root, config)?];
        let mut ups = Vec::new();
        for column in 1..ROWS {
            let mut rows = Vec::new();
            let mut row_ups = Vec::new();
            for row in 0..ROWS - column {
                let filters = config.unet.filters(row);
                let name = format!("{}{}", row + 1, column + 1);
                let below = config.unet.filters(row + 1);
                row_ups.push(UpConv::new(&(&root / format!("up{name}")), below, filters)?);
                let inputs = (column as i64 + 1) * filters;
                rows.push(Node::new(&(&root / format!("x{name}")), inputs, filters, None)?);
            }
            nodes.push(rows);
            ups.push(row_ups);
        }
        let mut heads = Vec::new();
        for level in 1..ROWS {
            let inputs = config.unet.filters(head_row(config.heads, level));
            heads.push(Conv::new(&(&root / format!("head{level}")), inputs, 1, 1)?);
        }
        drop(root);
        Ok(Self { variables, nodes, ups, heads, config: *config })
    }

    fn forward(&self, images: &Tensor, mode: Mode) -> Result<Vec<Tensor>, TchError> {
        let (mut rows, deepest) = self.encode(images, mode)?;
        for column in 1..ROWS {
            for row in 0..ROWS - column {
                let below = if row + 1 == ROWS - 1 { &deepest } else { &rows[row + 1][column - 1] };
                let up = self.ups[column - 1][row].forward(below)?;
                let mut inputs = vec![&up];
                inputs.extend(&rows[row]);
                let features =
                    self.nodes[column][row].forward(&Tensor::f_cat(&inputs, 1)?, mode)?;
                rows[row].push(features);
            }
        }
        let (_, _, height, width) = images.size4()?;
        let mut logits = Vec::new();
        for (level, head) in (1..ROWS).zip(&self.heads) {
            let row = head_row(self.config.heads, level);
            let map = head.forward(&rows[row][level])?;
            logits.push(if row == 0 {
                map
            } else {
                map.f_upsample_bilinear2d([height, width], false, None, None)?
            });
        }
        Ok(logits)
    }

    /// Rows 1 to 4 of the encoder and the deepest node. The dropout of X(4,1) feeds the pooling
    /// but not the skip; that of X(5,1) feeds all.
    fn encode(&self, images: &Tensor, mode: Mode) -> Result<(Vec<Vec<Tensor>>, Tensor), TchError> {
        let probability = self.config.unet.dropout;
        let mut rows = Vec::new();
        let mut features = images.shallow_clone();
        for (row, node) in self.nodes[0].iter().enumerate() {
            if row > 0 {
                features = pool(&features)?;
            }
            features = node.forward(&features, mode)?;
            if row + 1 < ROWS {
                rows.push(vec![features.shallow_clone()]);
            }
            if row + 2 >= ROWS {
                features = dropout(&features, probability, mode)?;
            }
        }
        Ok((rows, features))
    }
}

/// X(1,1) to X(5,1); the deepest node has no batch normalisation.
fn encoder(root: &tch::nn::Path, config: &UnetPlusPlusConfig) -> Result<Vec<Node>, TchError> {
    let mut rows = Vec::new();
    let mut inputs = config.unet.input_channels as i64;
    for row in 0..ROWS {
        let filters = config.unet.filters(row);
        let norm = (row + 1 < ROWS).then_some(config.unet.batch_norm);
        rows.push(Node::new(&(root / format!("x{}1", row + 1)), inputs, filters, norm)?);
        inputs = filters;
    }
    Ok(rows)
}

/// The row (from 0) of the node that carries head `level` (1 to 4).
fn head_row(placement: HeadPlacement, level: usize) -> usize {
    match placement {
        HeadPlacement::TopRow => 0,
        HeadPlacement::Diagonal => ROWS - 1 - level,
    }
}

impl Network for UnetPlusPlus {
    fn logits(&self, images: &Tensor, mode: Mode) -> Result<Vec<Tensor>, Error> {
        check_divisible(images)?;
        self.forward(images, mode).while_doing("running the U-net++")
    }

    fn variables(&self) -> &VarStore {
        &self.variables
    }

    fn variables_mut(&mut self) -> &mut VarStore {
        &mut self.variables
    }

    fn heads(&self) -> usize {
        self.heads.len()
    }
}
