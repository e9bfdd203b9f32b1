//! What the machine offers: number types that it computes in, and what its C library does with freed memory.

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

/// Lets this process keep memory that was freed, instead of giving it back and asking for it again: a forward pass at
/// full width then takes 0.86 of its time (see the benchmarks). Call it once, first thing in a program; it concerns
/// the whole process, so that a library should leave it to its user.
///
/// With glibc, freed blocks of any size stay with the process until it ends, so that its resident memory stays at its
/// peak. Answers whether the settings were taken: `false` with another C library, where nothing is done.
///
/// ```
/// let kept = qunet_model::keep_freed_memory();
/// assert_eq!(kept, cfg!(all(target_os = "linux", target_env = "gnu")));
/// ```
#[must_use = "`false` means that nothing was done; `let _ =` where that does not matter"]
pub fn keep_freed_memory() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    return glibc();
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    return false;
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)] // docs/decisions/0010
fn glibc() -> bool {
    let settings = [
        // Large blocks come from the heap, not from fresh pages of their own.
        (libc::M_MMAP_MAX, 0),
        // The heap does not shrink.
        (libc::M_TRIM_THRESHOLD, i32::MAX),
        // And it grows by so much at a time, in bytes.
        (libc::M_TOP_PAD, 64 << 20),
    ];
    // SAFETY: mallopt takes two numbers, refuses what it does not know, and takes the allocator's lock.
    settings.into_iter().all(|(name, value)| unsafe { libc::mallopt(name, value) } == 1)
}
