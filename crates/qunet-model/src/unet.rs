//! U-Net: Convolutional Networks for Biomedical Image Segmentation (Ronneberger 2015), in the
//! form of the paper's baseline.

use tch::nn::VarStore;
use tch::{Device, TchError, Tensor};

use crate::Error;
use crate::config::{ROWS, UnetConfig};
use crate::error::While;
use crate::layers::{Conv, Mode, Node, UpConv, dropout, pool};
use crate::network::{Network, check_divisible};

/// The baseline U-net: batch normalisation on all five encoder rows, one head.
///
/// ```
/// use qunet_model::{Device, Network, Unet, UnetConfig};
///
/// let network = Unet::new(&UnetConfig::paper(), Device::Cpu)?;
/// assert_eq!(network.total_parameters(), 7_767_457);
/// assert_eq!(network.trainable_parameters(), 7_763_489);
/// # Ok::<(), qunet_model::Error>(())
/// ```
#[derive(Debug)]
pub struct Unet {
    variables: VarStore,
    encoder: Vec<Node>,
    ups: Vec<UpConv>,
    decoder: Vec<Node>,
    head: Conv,
    dropout: f64,
}

impl Unet {
    /// Builds the network with fresh He-normal weights; seed them with [`crate::seed`].
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value out of range, [`Error::Torch`] where memory is short.
    pub fn new(config: &UnetConfig, device: Device) -> Result<Self, Error> {
        config.check()?;
        Self::build(config, device).while_doing("building the U-net")
    }

    fn build(config: &UnetConfig, device: Device) -> Result<Self, TchError> {
        let variables = VarStore::new(device);
        let root = variables.root();
        let norm = Some(config.batch_norm);
        let mut encoder = Vec::new();
        let mut ups = Vec::new();
        let mut decoder = Vec::new();
        for row in 0..ROWS {
            let filters = config.filters(row);
            let inputs =
                if row == 0 { config.input_channels as i64 } else { config.filters(row - 1) };
            encoder.push(Node::new(&(&root / format!("x{}1", row + 1)), inputs, filters, norm)?);
            if row + 1 < ROWS {
                let below = config.filters(row + 1);
                ups.push(UpConv::new(&(&root / format!("up{}", row + 1)), below, filters)?);
                let path = &root / format!("d{}", row + 1);
                decoder.push(Node::new(&path, 2 * filters, filters, None)?);
            }
        }
        let head = Conv::new(&(&root / "head"), config.filters(0), 1, 1)?;
        drop(root);
        Ok(Self { variables, encoder, ups, decoder, head, dropout: config.dropout })
    }

    fn forward(&self, images: &Tensor, mode: Mode) -> Result<Tensor, TchError> {
        let mut skips = Vec::new();
        let mut features = images.shallow_clone();
        for (row, node) in self.encoder.iter().enumerate() {
            if row > 0 {
                features = pool(&features)?;
            }
            features = node.forward(&features, mode)?;
            skips.push(features.shallow_clone());
            if row + 2 >= ROWS {
                features = dropout(&features, self.dropout, mode)?;
            }
        }
        for row in (0..ROWS - 1).rev() {
            let up = self.ups[row].forward(&features)?;
            features = self.decoder[row].forward(&Tensor::f_cat(&[&up, &skips[row]], 1)?, mode)?;
        }
        self.head.forward(&features)
    }
}

impl Network for Unet {
    fn logits(&self, images: &Tensor, mode: Mode) -> Result<Vec<Tensor>, Error> {
        check_divisible(images)?;
        Ok(vec![self.forward(images, mode).while_doing("running the U-net")?])
    }

    fn variables(&self) -> &VarStore {
        &self.variables
    }

    fn variables_mut(&mut self) -> &mut VarStore {
        &mut self.variables
    }

    fn heads(&self) -> usize {
        1
    }
}
