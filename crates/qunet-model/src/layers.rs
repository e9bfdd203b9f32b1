//! The few layers both networks are made of. Every operation is the fallible form.

use tch::nn::{Init, Path, init::DEFAULT_KAIMING_NORMAL};
use tch::{TchError, Tensor};

use crate::config::BatchNormConfig;

type Result<T> = std::result::Result<T, TchError>;

/// Whether dropout is drawn and batch statistics are taken and recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Dropout on, batch statistics taken and recorded.
    Train,
    /// Dropout off, recorded statistics used and left alone.
    Evaluate,
}

/// Same-padded convolution with bias, He-normal weights.
#[derive(Debug)]
pub(crate) struct Conv {
    weight: Tensor,
    bias: Tensor,
    padding: i64,
}

impl Conv {
    pub(crate) fn new(path: &Path, inputs: i64, outputs: i64, kernel: i64) -> Result<Self> {
        let shape = [outputs, inputs, kernel, kernel];
        Ok(Self {
            weight: path.f_var("weight", &shape, DEFAULT_KAIMING_NORMAL)?,
            bias: path.f_var("bias", &[outputs], Init::Const(0.0))?,
            padding: kernel / 2,
        })
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let padding = [self.padding; 2];
        input.f_conv2d(&self.weight, Some(&self.bias), [1, 1], padding, [1, 1], 1)
    }
}

/// 2 x 2 transposed convolution of stride 2 with bias: doubles height and width.
#[derive(Debug)]
pub(crate) struct UpConv {
    weight: Tensor,
    bias: Tensor,
}

impl UpConv {
    pub(crate) fn new(path: &Path, inputs: i64, outputs: i64) -> Result<Self> {
        Ok(Self {
            weight: path.f_var("weight", &[inputs, outputs, 2, 2], DEFAULT_KAIMING_NORMAL)?,
            bias: path.f_var("bias", &[outputs], Init::Const(0.0))?,
        })
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let bias = Some(&self.bias);
        input.f_conv_transpose2d(&self.weight, bias, [2, 2], [0, 0], [0, 0], 1, [1, 1])
    }
}

/// Batch normalisation that starts as the identity (weight 1, bias 0).
#[derive(Debug)]
struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    config: BatchNormConfig,
}

impl BatchNorm {
    fn new(path: &Path, channels: i64, config: BatchNormConfig) -> Result<Self> {
        Ok(Self {
            weight: path.f_var("weight", &[channels], Init::Const(1.0))?,
            bias: path.f_var("bias", &[channels], Init::Const(0.0))?,
            running_mean: path.f_zeros_no_train("running_mean", &[channels])?,
            running_var: path.f_ones_no_train("running_var", &[channels])?,
            config,
        })
    }

    fn forward(&self, input: &Tensor, mode: Mode) -> Result<Tensor> {
        input.f_batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            mode == Mode::Train,
            self.config.momentum,
            self.config.epsilon,
            true,
        )
    }
}

/// A node X(i,j): twice 3 x 3 convolution and ReLU, batch normalisation after each ReLU where the
/// node has it.
#[derive(Debug)]
pub(crate) struct Node {
    convs: [Conv; 2],
    norms: Option<[BatchNorm; 2]>,
}

impl Node {
    pub(crate) fn new(
        path: &Path,
        inputs: i64,
        outputs: i64,
        batch_norm: Option<BatchNormConfig>,
    ) -> Result<Self> {
        let convs = [
            Conv::new(&(path / "conv1"), inputs, outputs, 3)?,
            Conv::new(&(path / "conv2"), outputs, outputs, 3)?,
        ];
        let norms = match batch_norm {
            None => None,
            Some(config) => Some([
                BatchNorm::new(&(path / "norm1"), outputs, config)?,
                BatchNorm::new(&(path / "norm2"), outputs, config)?,
            ]),
        };
        Ok(Self { convs, norms })
    }

    pub(crate) fn forward(&self, input: &Tensor, mode: Mode) -> Result<Tensor> {
        let mut features = input.shallow_clone();
        for (index, conv) in self.convs.iter().enumerate() {
            features = conv.forward(&features)?.f_relu_()?;
            if let Some(norms) = &self.norms {
                features = norms[index].forward(&features, mode)?;
            }
        }
        Ok(features)
    }
}

/// Halves height and width.
pub(crate) fn pool(features: &Tensor) -> Result<Tensor> {
    features.f_max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)
}

/// Dropout while training, the identity otherwise.
pub(crate) fn dropout(features: &Tensor, probability: f64, mode: Mode) -> Result<Tensor> {
    features.f_dropout(probability, mode == Mode::Train)
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::*;

    #[test]
    fn batch_norm_follows_the_relu() {
        let variables = VarStore::new(Device::Cpu);
        let node = |name: &str, norm| Node::new(&(variables.root() / name), 1, 8, norm).unwrap();
        let image = Tensor::arange(256, (Kind::Float, Device::Cpu)).sin().reshape([1, 1, 16, 16]);
        let smallest =
            |node: Node| node.forward(&image, Mode::Train).unwrap().min().double_value(&[]);
        // Nothing is below zero after a ReLU; normalising to mean zero brings it there.
        assert_eq!(smallest(node("plain", None)), 0.0);
        assert!(smallest(node("normed", Some(BatchNormConfig::keras()))) < 0.0);
    }
}
