use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tch::{Device, Kind, TchError, Tensor};

use crate::error::{Error, While};
use crate::loss::{LossConfig, Truth};
use crate::machine::Precision;
use crate::network::{Architecture, Description, Mode, Network, UnetPlusPlusConfig};

/// How many threads LibTorch computes with on the processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Threads {
    /// As many as are fastest just now, see [`calibrate_threads`]. Where other programs compute on
    /// the machine, that is often fewer than it has cores: the slowest of all threads holds up the
    /// others at every layer.
    #[default]
    Auto,
    /// So many. Sums of floats depend on how they are split among threads, so that a training repeats bit by bit with
    /// the same number alone.
    Fixed(NonZeroUsize),
}

/// The number of threads in use, and what it was chosen by.
///
/// ```
/// use qunet_model::{ThreadChoice, Threads};
///
/// let text = r#"{"threads": 1, "measured": [{"threads": 1, "seconds": 0.2}, {"threads": 2, "seconds": 0.3}]}"#;
/// let recorded: ThreadChoice = serde_json::from_str(text)?;
/// // A training that is resumed computes with as many threads as before.
/// let threads = Threads::Fixed(recorded.threads);
/// # assert_eq!(serde_json::to_string(&threads)?, r#"{"fixed":1}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreadChoice {
    /// How many threads LibTorch was set to.
    pub threads: NonZeroUsize,
    /// What was measured, fewest threads first; nothing where the number was given.
    pub measured: Vec<ThreadTime>,
}

/// How long a step of training takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreadTime {
    /// With so many threads.
    pub threads: NonZeroUsize,
    /// The shortest of a few steps, in seconds.
    pub seconds: f64,
}

impl Threads {
    /// Sets the number of threads of LibTorch, for the whole process; call it on the thread that trains.
    ///
    /// # Errors
    /// As [`calibrate_threads`].
    pub fn apply(
        self,
        description: &Description,
        batch: usize,
        size: (usize, usize),
        precision: Precision,
    ) -> Result<ThreadChoice, Error> {
        match self {
            Self::Auto => calibrate_threads(description, batch, size, precision),
            Self::Fixed(threads) => {
                set(threads);
                Ok(ThreadChoice { threads, measured: Vec::new() })
            }
        }
    }
}

/// Measures a step of training with 1, 2, 4, ... threads, up to all of the machine, and sets
/// LibTorch to the fastest; to the fewer ones where two are equally fast.
///
/// The steps are taken on a network of the same description whose weights are constants, on `batch` slices of `size`
/// (height, width): nothing is drawn, and no network changes. Each number of threads gets three steps, or fewer where
/// they take more than a tenth of a second together.
///
/// ```
/// use qunet_model::{Architecture, Channels, Description, Precision, UnetConfig, calibrate_threads};
///
/// let unet = UnetConfig { width: 2, depth: 3, ..UnetConfig::paper() };
/// let architecture = Architecture::Unet(unet);
/// let description = Description { architecture, channels: Channels::default() };
/// let choice = calibrate_threads(&description, 2, (16, 16), Precision::F32)?;
/// assert!(choice.measured.iter().any(|time| time.threads == choice.threads));
/// # Ok::<(), qunet_model::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for a batch of none or a description out of range, [`Error::Memory`] for more than the machine
/// holds, [`Error::NotDivisible`] for a size that the network does not take, [`Error::Torch`] where LibTorch fails; the
/// number of threads is then what it was.
pub fn calibrate_threads(
    description: &Description,
    batch: usize,
    size: (usize, usize),
    precision: Precision,
) -> Result<ThreadChoice, Error> {
    let steps = Steps::new(description, batch, size, precision)?;
    let before = tch::get_num_threads();
    let result = steps.fastest();
    match &result {
        Ok(choice) => set(choice.threads),
        Err(_) => tch::set_num_threads(before),
    }
    result
}

/// How many steps each number of threads gets at most, and after what time there is no further one.
const STEPS: usize = 3;
const TIME: Duration = Duration::from_millis(100);

/// Steps of training that change nothing.
struct Steps {
    network: Network,
    images: Tensor,
    truth: Truth,
}

impl Steps {
    fn new(
        description: &Description,
        batch: usize,
        (height, width): (usize, usize),
        precision: Precision,
    ) -> Result<Self, Error> {
        description.check_memory(batch, (height, width))?;
        let doing = "preparing to measure threads";
        let network = Network::constant(&without_dropout(*description), Device::Cpu)?;
        let classes = description.channels.classes;
        let [count, height, width] = [batch, height, width].map(|side| side as i64);
        let images = pattern(&[count, description.channels.input as i64, height, width]);
        let images = images.and_then(|images| images.f_to_kind(precision.kind(Device::Cpu)));
        let labels = pattern(&[count, 1, height, width])
            .and_then(|labels| labels.f_gt(0.5)?.f_to_kind(Kind::Uint8))
            .and_then(|labels| Truth::new(labels, classes));
        Ok(Self { network, images: images.while_doing(doing)?, truth: labels.while_doing(doing)? })
    }

    fn fastest(&self) -> Result<ThreadChoice, Error> {
        let all = available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let mut measured = Vec::new();
        for threads in numbers(all) {
            set(threads);
            measured.push(ThreadTime { threads, seconds: self.seconds()? });
        }
        Ok(ThreadChoice { threads: choose(&measured), measured })
    }

    /// The shortest of a few steps: the first one also starts the threads.
    fn seconds(&self) -> Result<f64, Error> {
        let (begun, mut shortest) = (Instant::now(), f64::INFINITY);
        for _ in 0..STEPS {
            let step = Instant::now();
            let logits = self.network.logits(&self.images, Mode::Train)?;
            let (loss, _) = LossConfig::default().compute(&logits, &self.truth)?;
            loss.f_backward().while_doing("measuring threads")?;
            shortest = shortest.min(step.elapsed().as_secs_f64());
            if begun.elapsed() > TIME {
                break;
            }
        }
        Ok(shortest)
    }
}

/// 1, 2, 4, ... and all.
fn numbers(all: NonZeroUsize) -> Vec<NonZeroUsize> {
    let doubled = |threads: &NonZeroUsize| threads.checked_mul(NonZeroUsize::MIN.saturating_add(1));
    let mut numbers: Vec<_> = std::iter::successors(Some(NonZeroUsize::MIN), doubled)
        .take_while(|threads| *threads < all)
        .collect();
    numbers.push(all);
    numbers
}

fn choose(measured: &[ThreadTime]) -> NonZeroUsize {
    let fastest = measured.iter().min_by(|one, other| one.seconds.total_cmp(&other.seconds));
    fastest.map_or(NonZeroUsize::MIN, |time| time.threads)
}

fn set(threads: NonZeroUsize) {
    tch::set_num_threads(i32::try_from(threads.get()).unwrap_or(i32::MAX));
}

/// Numbers in [0, 1] without a generator.
fn pattern(shape: &[i64]) -> Result<Tensor, TchError> {
    let count: i64 = shape.iter().product();
    let waves = Tensor::f_arange(count, (Kind::Float, Device::Cpu))?.f_sin()?;
    waves.f_square()?.f_reshape(shape)
}

/// Dropout would draw from the generator that every later training draws from.
fn without_dropout(mut description: Description) -> Description {
    match &mut description.architecture {
        Architecture::Unet(unet) | Architecture::UnetPlusPlus(UnetPlusPlusConfig { unet, .. }) => {
            unet.dropout = 0.0;
        }
    }
    description
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(threads: usize) -> NonZeroUsize {
        NonZeroUsize::new(threads).unwrap()
    }

    #[test]
    fn numbers_of_threads_double_up_to_all() {
        let of = |all| numbers(count(all)).into_iter().map(NonZeroUsize::get).collect::<Vec<_>>();
        assert_eq!(of(1), [1]);
        assert_eq!(of(2), [1, 2]);
        assert_eq!(of(12), [1, 2, 4, 8, 12]);
    }

    #[test]
    fn the_fastest_is_chosen_and_fewer_threads_among_equals() {
        let times = |times: [f64; 3]| {
            let time =
                |(place, seconds): (usize, f64)| ThreadTime { threads: count(1 << place), seconds };
            choose(&times.into_iter().enumerate().map(time).collect::<Vec<_>>()).get()
        };
        assert_eq!(times([3.0, 2.0, 4.0]), 2);
        assert_eq!(times([2.0, 2.0, 2.0]), 1);
    }
}
