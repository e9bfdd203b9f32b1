//! The few layers both networks are made of. Every operation is the fallible form, and computes in the number type of
//! its input: weights are cast to it where theirs is another, and gradients flow back through the cast.

use tch::nn::{Init, Path};
use tch::{Kind, TchError, Tensor};

use super::norm::{Affine, Norm, NormConfig, NormPlacement};
use crate::tensors::channels_last;

type Result<T> = std::result::Result<T, TchError>;

/// Which layers act as in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Dropout on, batch statistics taken and recorded.
    Train,
    /// Dropout off, recorded statistics used and left alone.
    Evaluate,
    /// Dropout on, recorded statistics used and left alone: a sample of Monte-Carlo dropout.
    MonteCarlo,
    /// Dropout off, batch statistics taken, and recorded as the mean over all passes so far: the recorded ones are
    /// those of the first pass alone after it, and of all passes after the last.
    Recalibrate {
        /// Which pass it is, from 1.
        pass: u32,
    },
}

impl Mode {
    fn draws_dropout(self) -> bool {
        matches!(self, Self::Train | Self::MonteCarlo)
    }

    /// The weight of this batch's statistics among the recorded ones; `None` where the recorded ones are used.
    pub(super) fn statistics(self, momentum: f64) -> Option<f64> {
        match self {
            Self::Train => Some(momentum),
            Self::Recalibrate { pass } => Some(1.0 / f64::from(pass.max(1))),
            Self::Evaluate | Self::MonteCarlo => None,
        }
    }
}

/// Same-padded convolution with bias, of one input or of several as if they were concatenated.
#[derive(Debug)]
pub(crate) struct Conv {
    weight: Tensor,
    bias: Tensor,
    padding: i64,
    /// The weight of each input, where the inputs' channels are known: see [`Conv::frozen`].
    parts: Vec<Tensor>,
    /// Whether several inputs are convolved one by one and summed, instead of being concatenated first.
    summed: bool,
}

impl Conv {
    pub(crate) fn new(
        path: &Path,
        inputs: i64,
        outputs: i64,
        kernel: i64,
        init: Init,
    ) -> Result<Self> {
        let shape = [outputs, inputs, kernel, kernel];
        Ok(Self {
            weight: variable(path, "weight", &shape, init)?,
            bias: variable(path, "bias", &[outputs], Init::Const(0.0))?,
            padding: kernel / 2,
            parts: Vec::new(),
            summed: false,
        })
    }

    /// Lets several inputs be convolved one by one and summed. A convolution is linear in its input channels, so that
    /// the sum over the parts of the weight equals, up to rounding, the convolution of the concatenation, which is then
    /// never written to memory and read again.
    pub(crate) fn summing(mut self, summed: bool) -> Self {
        self.summed = summed;
        self
    }

    pub(crate) fn forward(&self, inputs: &[&Tensor]) -> Result<Tensor> {
        let kind = inputs[0].kind();
        let bias = cast(&self.bias, kind)?;
        if !self.parts.is_empty() {
            return self.sum(inputs, &self.parts, &bias);
        }
        let weight = cast(&self.weight, kind)?;
        if inputs.len() == 1 {
            return self.convolve(inputs[0], &weight, Some(&bias));
        }
        if !self.summed {
            return self.convolve(&Tensor::f_cat(inputs, 1)?, &weight, Some(&bias));
        }
        self.sum(inputs, &split(&weight, &channels(inputs))?, &bias)
    }

    fn sum(&self, inputs: &[&Tensor], weights: &[Tensor], bias: &Tensor) -> Result<Tensor> {
        let mut sum = self.convolve(inputs[0], &weights[0], Some(bias))?;
        for (input, weight) in inputs.iter().zip(weights).skip(1) {
            sum = sum.f_add_(&self.convolve(input, weight, None)?)?;
        }
        Ok(sum)
    }

    fn convolve(&self, input: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        input.f_conv2d(weight, bias, [1, 1], [self.padding; 2], [1, 1], 1)
    }

    /// A copy for inference: scaled and shifted per output, in `kind`, split for inputs of `channels`.
    fn frozen(&self, kind: Kind, channels: &[i64], fold: Option<&Affine>) -> Result<Self> {
        let (mut weight, mut bias) = (self.weight.f_detach()?, self.bias.f_detach()?);
        if let Some(Affine { scale, shift }) = fold {
            weight = weight.f_mul(&scale.f_reshape([-1, 1, 1, 1])?)?;
            bias = bias.f_mul(scale)?.f_add(shift)?;
        }
        let weight = channels_last(&cast(&weight, kind)?)?;
        let summed = self.summed && channels.len() > 1;
        let parts = if summed { split(&weight, channels)? } else { Vec::new() };
        let weight = if summed { Tensor::new() } else { weight };
        Ok(Self { weight, bias: cast(&bias, kind)?, padding: self.padding, parts, summed })
    }

    /// A copy of a head for inference.
    pub(crate) fn frozen_head(&self, kind: Kind) -> Result<Self> {
        self.frozen(kind, &[], None)
    }
}

/// 2 x 2 transposed convolution of stride 2 with bias: doubles height and width.
#[derive(Debug)]
pub(crate) struct UpConv {
    weight: Tensor,
    bias: Tensor,
}

impl UpConv {
    pub(crate) fn new(path: &Path, inputs: i64, outputs: i64, init: Init) -> Result<Self> {
        Ok(Self {
            weight: variable(path, "weight", &[inputs, outputs, 2, 2], init)?,
            bias: variable(path, "bias", &[outputs], Init::Const(0.0))?,
        })
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (weight, bias) = (cast(&self.weight, input.kind())?, cast(&self.bias, input.kind())?);
        input.f_conv_transpose2d(&weight, Some(&bias), [2, 2], [0, 0], [0, 0], 1, [1, 1])
    }

    pub(crate) fn frozen(&self, kind: Kind) -> Result<Self> {
        let weight = channels_last(&cast(&self.weight.f_detach()?, kind)?)?;
        Ok(Self { weight, bias: cast(&self.bias.f_detach()?, kind)? })
    }
}

/// What follows a convolution.
#[derive(Debug)]
enum After {
    Relu,
    ReluNorm(Norm),
    NormRelu(Norm),
    /// ReLU and a folded normalisation: bounds per channel, from below and, where the normalisation turns a channel
    /// over, from above.
    Clamp {
        low: Tensor,
        high: Option<Tensor>,
    },
}

impl After {
    fn new(path: &Path, channels: i64, norm: Option<NormConfig>) -> Result<Self> {
        Ok(match norm {
            None => Self::Relu,
            Some(config) => {
                let norm = Norm::new(path, channels, config)?;
                match config.placement {
                    NormPlacement::AfterRelu => Self::ReluNorm(norm),
                    NormPlacement::BeforeRelu => Self::NormRelu(norm),
                }
            }
        })
    }

    fn forward(&self, mut features: Tensor, mode: Mode) -> Result<Tensor> {
        match self {
            Self::Relu => features.f_relu_(),
            Self::ReluNorm(norm) => norm.forward(&features.f_relu_()?, mode),
            Self::NormRelu(norm) => norm.forward(&features, mode)?.f_relu_(),
            Self::Clamp { low, high: None } => features.f_clamp_min_tensor_(low),
            Self::Clamp { low, high } => features.f_clamp_tensor_(Some(low), high.as_ref()),
        }
    }

    /// The convolution and what follows it with the normalisation folded into the convolution: recorded statistics make
    /// it a x + b per channel, for which a pass over all features would be spent.
    ///
    /// What takes its statistics from each slice is no such thing and stays a layer.
    ///
    /// The usual folding needs the normalisation directly behind the convolution. In the paper it stands behind the
    /// ReLU, and folding it into the next convolution instead would be wrong at the border, where zeros are padded that
    /// no b was added to. With z the convolution's output,
    /// a max(z, 0) + b = max(a z + b, b) for a >= 0 and min(a z + b, b) for a < 0, so that scale and shift go into the
    /// convolution before and the ReLU becomes a bound per channel: exact up to rounding, borders included.
    fn frozen(&self, conv: &Conv, kind: Kind, channels: &[i64]) -> Result<(Conv, Self)> {
        let affine = match self {
            Self::ReluNorm(norm) | Self::NormRelu(norm) => norm.affine()?,
            Self::Relu | Self::Clamp { .. } => None,
        };
        let conv = conv.frozen(kind, channels, affine.as_ref())?;
        let after = match (self, affine) {
            (Self::Relu, _) | (Self::NormRelu(_), Some(_)) => Self::Relu,
            (Self::ReluNorm(_), Some(affine)) => bounds(&affine, kind)?,
            (Self::NormRelu(norm), None) => Self::NormRelu(norm.frozen(kind)?),
            (Self::ReluNorm(norm), None) => Self::ReluNorm(norm.frozen(kind)?),
            (Self::Clamp { low, high }, _) => {
                let high = high.as_ref().map(Tensor::shallow_clone);
                Self::Clamp { low: low.shallow_clone(), high }
            }
        };
        Ok((conv, after))
    }

    /// See [`Norm::numbers`].
    fn numbers(&self, pixels: i64) -> Option<i64> {
        match self {
            Self::ReluNorm(norm) | Self::NormRelu(norm) => norm.numbers(pixels),
            Self::Relu | Self::Clamp { .. } => None,
        }
    }
}

fn bounds(affine: &Affine, kind: Kind) -> Result<After> {
    let shift = affine.shift.f_reshape([1, -1, 1, 1])?;
    let negative = affine.scale.f_lt(0.0)?.f_reshape([1, -1, 1, 1])?;
    let none = f64::INFINITY;
    let low = cast(&shift.f_masked_fill(&negative, -none)?, kind)?;
    let high = if negative.f_any()?.f_int64_value(&[])? == 0 {
        None
    } else {
        Some(cast(&shift.f_masked_fill(&negative.f_logical_not()?, none)?, kind)?)
    };
    Ok(After::Clamp { low, high })
}

/// A node X(i,j): twice a 3 x 3 convolution and what follows it.
#[derive(Debug)]
pub(crate) struct Node {
    convs: [Conv; 2],
    after: [After; 2],
}

impl Node {
    pub(crate) fn new(
        path: &Path,
        inputs: i64,
        outputs: i64,
        norm: Option<NormConfig>,
        summed: bool,
        init: Init,
    ) -> Result<Self> {
        Ok(Self {
            convs: [
                Conv::new(&(path / "conv1"), inputs, outputs, 3, init)?.summing(summed),
                Conv::new(&(path / "conv2"), outputs, outputs, 3, init)?,
            ],
            after: [
                After::new(&(path / "norm1"), outputs, norm)?,
                After::new(&(path / "norm2"), outputs, norm)?,
            ],
        })
    }

    pub(crate) fn forward(&self, inputs: &[&Tensor], mode: Mode) -> Result<Tensor> {
        let features = self.after[0].forward(self.convs[0].forward(inputs)?, mode)?;
        self.after[1].forward(self.convs[1].forward(&[&features])?, mode)
    }

    /// Of how many numbers its means are taken where each slice of `pixels` has its own.
    pub(crate) fn numbers(&self, pixels: i64) -> Option<i64> {
        self.after[0].numbers(pixels)
    }

    /// A copy for inference on inputs of these channels.
    pub(crate) fn frozen(&self, kind: Kind, channels: &[i64]) -> Result<Self> {
        let (conv1, after1) = self.after[0].frozen(&self.convs[0], kind, channels)?;
        let (conv2, after2) = self.after[1].frozen(&self.convs[1], kind, &[])?;
        Ok(Self { convs: [conv1, conv2], after: [after1, after2] })
    }
}

/// Halves height and width.
pub(crate) fn pool(features: &Tensor) -> Result<Tensor> {
    features.f_max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)
}

/// Dropout where the mode draws it, the identity otherwise.
pub(crate) fn dropout(features: &Tensor, probability: f64, mode: Mode) -> Result<Tensor> {
    features.f_dropout(probability, mode.draws_dropout())
}

/// A fresh variable. Images and weights lie with their channels last in memory, which LibTorch's convolutions on
/// processors are fastest with; a tensor that does not would be reordered at every use.
fn variable(path: &Path, name: &str, shape: &[i64], init: Init) -> Result<Tensor> {
    let mut variable = path.f_var(name, shape, init)?;
    if shape.len() == 4 {
        let data = channels_last(&variable.f_detach()?)?;
        variable.set_data(&data);
    }
    Ok(variable)
}

pub(super) fn cast(tensor: &Tensor, kind: Kind) -> Result<Tensor> {
    if tensor.kind() == kind { Ok(tensor.shallow_clone()) } else { tensor.f_to_kind(kind) }
}

fn channels(inputs: &[&Tensor]) -> Vec<i64> {
    inputs.iter().map(|input| input.size()[1]).collect()
}

/// The part of a weight that each input meets.
fn split(weight: &Tensor, channels: &[i64]) -> Result<Vec<Tensor>> {
    let mut start = 0;
    let mut parts = Vec::with_capacity(channels.len());
    for &count in channels {
        parts.push(channels_last(&weight.f_narrow(1, start, count)?)?);
        start += count;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use tch::Device;
    use tch::nn::VarStore;
    use tch::nn::init::DEFAULT_KAIMING_NORMAL;

    use super::*;
    use crate::network::NormNodes;

    fn image(channels: i64) -> Tensor {
        Tensor::arange(channels * 256, (Kind::Float, Device::Cpu))
            .sin()
            .reshape([1, channels, 16, 16])
    }

    fn node(store: &VarStore, norm: Option<NormConfig>, inputs: i64, summed: bool) -> Node {
        Node::new(&(store.root() / "node"), inputs, 8, norm, summed, DEFAULT_KAIMING_NORMAL)
            .unwrap()
    }

    #[test]
    fn batch_norm_follows_the_relu_or_comes_before_it() {
        let smallest = |norm| {
            let store = VarStore::new(Device::Cpu);
            let features = node(&store, norm, 1, false).forward(&[&image(1)], Mode::Train);
            features.unwrap().min().double_value(&[])
        };
        // Nothing is below zero after a ReLU; normalising to mean zero brings it there.
        assert_eq!(smallest(None), 0.0);
        assert!(smallest(Some(NormConfig::keras())) < 0.0);
        let before = NormPlacement::BeforeRelu;
        assert_eq!(smallest(Some(NormConfig { placement: before, ..NormConfig::keras() })), 0.0);
    }

    #[test]
    fn what_takes_its_statistics_from_each_slice_is_the_same_layer_at_inference() {
        for placement in [NormPlacement::AfterRelu, NormPlacement::BeforeRelu] {
            for norm in [NormConfig::instance(), NormConfig::group(4)] {
                let store = VarStore::new(Device::Cpu);
                let node = node(&store, Some(NormConfig { placement, ..norm }), 1, false);
                let expected = node.forward(&[&image(1)], Mode::Train).unwrap();
                let frozen = node.frozen(Kind::Float, &[1]).unwrap();
                let found = frozen.forward(&[&image(1)], Mode::Evaluate).unwrap();
                assert!(found.allclose(&expected, 1e-5, 1e-5, false), "{placement:?} {norm:?}");
                assert!(!found.requires_grad() && expected.requires_grad());
                let reduced = node.frozen(Kind::BFloat16, &[1]).unwrap();
                let rounded = image(1).to_kind(Kind::BFloat16);
                let found = reduced.forward(&[&rounded], Mode::Evaluate).unwrap();
                assert!(found.to_kind(Kind::Float).allclose(&expected, 0.1, 0.1, false));
            }
        }
    }

    #[test]
    fn a_sum_of_convolutions_is_the_convolution_of_the_concatenation() {
        let store = VarStore::new(Device::Cpu);
        let mut node = node(&store, None, 5, true);
        let inputs = [&image(2), &image(3)];
        let summed = node.convs[0].forward(&inputs).unwrap();
        let frozen = node.convs[0].frozen(Kind::Float, &[2, 3], None).unwrap().forward(&inputs);
        node.convs[0].summed = false;
        let concatenated = node.convs[0].forward(&inputs).unwrap();
        assert!(summed.allclose(&concatenated, 1e-5, 1e-6, false));
        assert_eq!(frozen.unwrap(), summed);
    }

    #[test]
    fn folding_is_exact_up_to_rounding_also_where_a_scale_is_negative() {
        for placement in [NormPlacement::AfterRelu, NormPlacement::BeforeRelu] {
            let store = VarStore::new(Device::Cpu);
            let norm = NormConfig { placement, nodes: NormNodes::All, ..NormConfig::keras() };
            let node = node(&store, Some(norm), 1, false);
            tch::no_grad(|| {
                for (name, mut tensor) in store.variables() {
                    let count = tensor.numel() as i64;
                    let values = (Tensor::arange(count, (Kind::Float, Device::Cpu)) * 1.7).sin();
                    if name.ends_with("running_var") {
                        tensor.copy_(&(values + 1.5));
                    } else if name.contains("norm") {
                        tensor.copy_(&values);
                    }
                }
            });
            let expected = node.forward(&[&image(1)], Mode::Evaluate).unwrap();
            let frozen = node.frozen(Kind::Float, &[1]).unwrap();
            let found = frozen.forward(&[&image(1)], Mode::Evaluate).unwrap();
            assert!(found.allclose(&expected, 1e-5, 1e-5, false), "{placement:?}");
            let bounded_above = matches!(frozen.after[0], After::Clamp { high: Some(_), .. });
            assert_eq!(bounded_above, placement == NormPlacement::AfterRelu);
        }
    }
}
