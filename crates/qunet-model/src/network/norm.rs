//! Normalisation of features: its settings, and the layer that follows from them.

use serde::{Deserialize, Serialize};
use tch::nn::{Init, Path};
use tch::{Kind, TchError, Tensor};

use super::layers::{Mode, cast};
use crate::error::{Error, count_in, positive, require};

/// Which normalisation a network has, and where.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct NormConfig {
    /// Over what mean and variance are taken.
    pub kind: NormKind,
    /// Added to the variance, > 0.
    pub epsilon: f64,
    /// On which side of the ReLU.
    pub placement: NormPlacement,
    /// Which nodes have it.
    pub nodes: NormNodes,
}

/// Over what the mean and the variance are taken that features are brought to 0 and 1 by, before a
/// factor and a summand per channel that are learnt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum NormKind {
    /// Each channel over the whole batch in training, and over recorded batches afterwards (Ioffe
    /// and Szegedy 2015): the paper's. At inference it costs nothing.
    Batch {
        /// Weight of the new batch in the recorded statistics, in (0, 1] (Keras writes 1 minus this).
        momentum: f64,
    },
    /// Each channel of each slice for itself, in training and afterwards (Ulyanov 2016), as nnU-Net
    /// has it: nothing is recorded, and neither small batches nor few steps matter.
    Instance,
    /// Groups of channels of each slice, in training and afterwards (Wu and He 2018).
    Group {
        /// How many groups, a divisor of [`UnetConfig::width`](crate::UnetConfig::width).
        groups: usize,
    },
}

/// On which side of the ReLU normalisation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NormPlacement {
    /// After it, as in the paper's code.
    #[default]
    AfterRelu,
    /// Before it, as most networks have it.
    BeforeRelu,
}

/// Which nodes have normalisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NormNodes {
    /// The encoder's: of the U-net all, of the U-net++ all but the deepest, as the published counts have it.
    #[default]
    Encoder,
    /// Every node of encoder and decoder.
    All,
    /// None.
    None,
}

impl NormConfig {
    /// Batch normalisation with Keras' constants, which the paper's code uses: epsilon 1e-3, momentum 0.01.
    #[must_use]
    pub fn keras() -> Self {
        Self { epsilon: 1e-3, ..Self::of(NormKind::Batch { momentum: 0.01 }) }
    }

    /// Batch normalisation with PyTorch's constants: epsilon 1e-5, momentum 0.1. Running statistics
    /// settle within some tens of steps, which short trainings need.
    #[must_use]
    pub fn torch() -> Self {
        Self::of(NormKind::Batch { momentum: 0.1 })
    }

    /// Instance normalisation with PyTorch's epsilon, 1e-5.
    #[must_use]
    pub fn instance() -> Self {
        Self::of(NormKind::Instance)
    }

    /// Group normalisation with PyTorch's epsilon, 1e-5.
    ///
    /// ```
    /// use qunet_model::{NormConfig, UnetConfig};
    ///
    /// let unet = UnetConfig { width: 16, norm: NormConfig::group(8), ..UnetConfig::paper() };
    /// unet.check()?;
    /// let uneven = UnetConfig { norm: NormConfig::group(5), ..unet }.check().unwrap_err();
    /// assert_eq!(uneven.to_string(), "norm.groups is 5: it must divide the width of the network");
    /// # Ok::<(), qunet_model::Error>(())
    /// ```
    #[must_use]
    pub fn group(groups: usize) -> Self {
        Self::of(NormKind::Group { groups })
    }

    fn of(kind: NormKind) -> Self {
        let (placement, nodes) = (NormPlacement::default(), NormNodes::default());
        Self { kind, epsilon: 1e-5, placement, nodes }
    }

    /// Checks every value, for a network of `width` filters in its first row.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self, width: usize) -> Result<(), Error> {
        positive("epsilon", self.epsilon)?;
        match self.kind {
            NormKind::Batch { momentum } => {
                let holds = momentum > 0.0 && momentum <= 1.0;
                require("momentum", momentum, holds, "it must lie in (0, 1]")
            }
            NormKind::Instance => Ok(()),
            NormKind::Group { groups } => {
                let rule = "it must divide the width of the network";
                count_in("groups", groups, 1..=width, rule)?;
                require("groups", groups, width.is_multiple_of(groups), rule)
            }
        }
    }
}

/// The settings as files have them. In those of before there were kinds, the momentum stood beside the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: Option<NormKind>,
    epsilon: f64,
    momentum: Option<f64>,
    #[serde(default)]
    placement: NormPlacement,
    #[serde(default)]
    nodes: NormNodes,
}

impl TryFrom<Written> for NormConfig {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { kind, epsilon, momentum, placement, nodes } = written;
        let kind = match (kind, momentum) {
            (Some(kind), None) => kind,
            (None, Some(momentum)) => NormKind::Batch { momentum },
            (Some(_), Some(_)) => return Err("momentum belongs into kind: {\"batch\": ...}"),
            (None, None) => return Err("the kind of normalisation is missing"),
        };
        Ok(Self { kind, epsilon, placement, nodes })
    }
}

/// A factor and a summand per channel.
pub(super) struct Affine {
    pub(super) scale: Tensor,
    pub(super) shift: Tensor,
}

/// A layer of normalisation that starts with factor 1 and summand 0.
#[derive(Debug)]
pub(super) struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
    statistics: Statistics,
}

/// Where mean and variance come from.
#[derive(Debug)]
enum Statistics {
    Batch {
        mean: Tensor,
        variance: Tensor,
        momentum: f64,
    },
    /// From each slice: with a group per channel this is instance normalisation.
    Slice {
        groups: i64,
    },
}

impl Norm {
    pub(super) fn new(path: &Path, channels: i64, config: NormConfig) -> Result<Self, TchError> {
        Ok(Self {
            weight: path.f_var("weight", &[channels], Init::Const(1.0))?,
            bias: path.f_var("bias", &[channels], Init::Const(0.0))?,
            epsilon: config.epsilon,
            statistics: match config.kind {
                NormKind::Batch { momentum } => Statistics::Batch {
                    mean: path.f_zeros_no_train("running_mean", &[channels])?,
                    variance: path.f_ones_no_train("running_var", &[channels])?,
                    momentum,
                },
                NormKind::Instance => Statistics::Slice { groups: channels },
                NormKind::Group { groups } => Statistics::Slice { groups: groups as i64 },
            },
        })
    }

    pub(super) fn forward(&self, input: &Tensor, mode: Mode) -> Result<Tensor, TchError> {
        match &self.statistics {
            Statistics::Batch { mean, variance, momentum } => {
                let taken = mode.statistics(*momentum);
                input.f_batch_norm(
                    Some(&self.weight),
                    Some(&self.bias),
                    Some(mean),
                    Some(variance),
                    taken.is_some(),
                    taken.unwrap_or_default(),
                    self.epsilon,
                    true,
                )
            }
            Statistics::Slice { groups } => {
                let kind = input.kind();
                let (weight, bias) = (cast(&self.weight, kind)?, cast(&self.bias, kind)?);
                input.f_group_norm(*groups, Some(&weight), Some(&bias), self.epsilon, true)
            }
        }
    }

    /// What it does to each channel with the recorded statistics; `None` where each slice has its own.
    pub(super) fn affine(&self) -> Result<Option<Affine>, TchError> {
        let Statistics::Batch { mean, variance, .. } = &self.statistics else { return Ok(None) };
        let deviation = variance.f_add_scalar(self.epsilon)?.f_sqrt()?;
        let scale = self.weight.f_detach()?.f_div(&deviation)?;
        let shift = self.bias.f_detach()?.f_sub(&mean.f_mul(&scale)?)?;
        Ok(Some(Affine { scale, shift }))
    }

    /// A copy for inference of what takes its statistics from each slice.
    pub(super) fn frozen(&self, kind: Kind) -> Result<Self, TchError> {
        let statistics = match &self.statistics {
            Statistics::Slice { groups } => Statistics::Slice { groups: *groups },
            Statistics::Batch { mean, variance, momentum } => Statistics::Batch {
                mean: mean.f_detach()?,
                variance: variance.f_detach()?,
                momentum: *momentum,
            },
        };
        Ok(Self {
            weight: cast(&self.weight.f_detach()?, kind)?,
            bias: cast(&self.bias.f_detach()?, kind)?,
            epsilon: self.epsilon,
            statistics,
        })
    }

    /// Of how many numbers a mean is taken where each slice of `pixels` has its own.
    pub(super) fn numbers(&self, pixels: i64) -> Option<i64> {
        match &self.statistics {
            Statistics::Batch { .. } => None,
            Statistics::Slice { groups } => Some(pixels * self.weight.size()[0] / groups),
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;
    use tch::nn::VarStore;

    use super::*;

    fn norm(store: &VarStore, channels: i64, config: NormConfig) -> Norm {
        Norm::new(&(store.root() / "norm"), channels, config).unwrap()
    }

    fn values(tensor: &Tensor) -> Vec<f32> {
        Vec::<f32>::try_from(&tensor.detach().reshape([-1])).unwrap()
    }

    #[test]
    fn recalibrated_statistics_are_the_mean_over_the_passes() {
        let store = VarStore::new(Device::Cpu);
        let norm = norm(&store, 1, NormConfig::keras());
        // Means 2, 4 and 9; 16 pixels apart by 2 have a variance of 16 / 15.
        for (pass, mean) in (1..).zip([2.0, 4.0, 9.0]) {
            let signs = Tensor::arange(16, (Kind::Float, Device::Cpu)).remainder(2.0) * 2.0 - 1.0;
            let pixels = (signs + mean).reshape([1, 1, 4, 4]);
            let _ = norm.forward(&pixels, Mode::Recalibrate { pass }).unwrap();
        }
        let recorded = |name: &str| store.variables()[name].double_value(&[0]);
        assert!((recorded("norm.running_mean") - 5.0).abs() < 1e-5);
        assert!((recorded("norm.running_var") - 16.0 / 15.0).abs() < 1e-5);
    }

    #[test]
    fn instance_and_group_norm_by_hand() {
        // Two slices of two channels of two pixels; the second slice is ten times the first.
        let first = [0.0_f32, 2.0, 4.0, 10.0];
        let pixels: Vec<f32> = first.iter().chain(&first.map(|v| 10.0 * v)).copied().collect();
        let pixels = Tensor::from_slice(&pixels).reshape([2, 2, 1, 2]);
        // Means 1 and 7, deviations 1 and 3, in each slice; or mean 4 and variance (16 + 4 + 0 + 36) / 4 = 14.
        let group = [-4.0, -2.0, 0.0, 6.0].map(|v: f32| v / 14.0_f32.sqrt());
        for (config, expected) in [
            (NormConfig::instance(), [-1.0, 1.0, -1.0, 1.0]),
            (NormConfig::group(2), [-1.0, 1.0, -1.0, 1.0]),
            (NormConfig::group(1), group),
        ] {
            let store = VarStore::new(Device::Cpu);
            let norm = norm(&store, 2, config);
            assert_eq!(store.variables().len(), 2, "nothing is recorded");
            for mode in [Mode::Train, Mode::Evaluate] {
                let found = values(&norm.forward(&pixels, mode).unwrap());
                for (found, expected) in found.iter().zip(expected.iter().chain(&expected)) {
                    assert!((found - expected).abs() < 1e-4, "{config:?}: {found} {expected}");
                }
            }
            // Factor and summand of each channel.
            for (name, set) in [("norm.weight", [2.0_f32, 3.0]), ("norm.bias", [5.0, 7.0])] {
                store.variables()[name].detach().copy_(&Tensor::from_slice(&set));
            }
            let affine = values(&norm.forward(&pixels, Mode::Evaluate).unwrap());
            for (place, (factor, summand)) in
                [(2.0, 5.0), (2.0, 5.0), (3.0, 7.0), (3.0, 7.0)].into_iter().enumerate()
            {
                assert!((affine[place] - (factor * expected[place] + summand)).abs() < 1e-3);
            }
            let reduced = norm.forward(&pixels.to_kind(Kind::BFloat16), Mode::Train).unwrap();
            assert_eq!(reduced.kind(), Kind::BFloat16);
            let apart = values(&reduced.to_kind(Kind::Float)).into_iter().zip(affine);
            assert!(apart.into_iter().all(|(one, other)| (one - other).abs() < 0.1));
        }
    }

    #[test]
    fn settings_of_older_files_are_batch_normalisation() {
        let read = |text: &str| serde_json::from_str::<NormConfig>(text);
        let older = r#"{"epsilon": 0.001, "momentum": 0.01, "nodes": "encoder"}"#;
        assert_eq!(read(older).unwrap(), NormConfig::keras());
        let group = serde_json::to_string(&NormConfig::group(4)).unwrap();
        assert_eq!(read(&group).unwrap(), NormConfig::group(4));
        for (text, why) in [
            (r#"{"kind": "instance", "epsilon": 1e-5, "momentum": 0.1}"#, "momentum belongs"),
            (r#"{"epsilon": 1e-5}"#, "the kind of normalisation is missing"),
            (r#"{"kind": "instance", "epsilon": 1e-5, "group": 2}"#, "unknown field `group`"),
        ] {
            assert!(read(text).unwrap_err().to_string().contains(why), "{text}");
        }
    }
}
