use serde::{Deserialize, Serialize};
use tch::{Device, Kind};

/// The number type of activations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    F32,
    /// bfloat16 for activations and, in inference, weights; a training keeps its weights, moments and losses in f32.
    /// Less than half the time on processors with AVX512-BF16 and on GPUs since 2020, slower than f32 elsewhere.
    Bf16,
    /// bfloat16 where the device computes in it. Inference compares both on the first slices it is given, and stays
    /// with f32 where the masks of any head differ by more than 0.005 of Dice.
    Auto,
}

impl Precision {
    /// What to try on this device.
    pub(crate) fn kind(self, device: Device) -> Kind {
        match self {
            Self::F32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
            Self::Auto if computes_bf16(device) => Kind::BFloat16,
            Self::Auto => Kind::Float,
        }
    }
}

fn computes_bf16(device: Device) -> bool {
    match device {
        Device::Cpu => processor_computes_bf16(),
        _ => true,
    }
}

#[cfg(target_arch = "x86_64")]
fn processor_computes_bf16() -> bool {
    std::arch::is_x86_feature_detected!("avx512bf16")
}

#[cfg(target_arch = "aarch64")]
fn processor_computes_bf16() -> bool {
    std::arch::is_aarch64_feature_detected!("bf16")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn processor_computes_bf16() -> bool {
    false
}
