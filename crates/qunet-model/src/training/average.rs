use tch::{TchError, Tensor};

use super::checkpoint::Named;
use crate::error::{Error, While};
use crate::network::Network;
use crate::weights::{self, named};

/// The exponential moving average of a network's weights (Polyak and Juditsky 1992; as in Tarvainen
/// and Valpola 2017).
///
/// After step t = 0, 1, 2, ... it is d average + (1 - d) weights with d = min(decay, t / (t + 9)). The start is thus
/// forgotten however large the decay: with d = t / (t + 9) the weights of step s count in
/// proportion to s^8, about the last tenth of the steps so far.
///
/// The recorded statistics of batch normalisation are averaged alike.
pub(super) struct Average {
    decay: f64,
    values: Named,
    steps: u64,
}

impl Average {
    pub(super) fn new(network: &Network, decay: f64) -> Result<Self, Error> {
        Ok(Self { decay, values: weights::copies(network.variables())?, steps: 0 })
    }

    /// Takes in the weights after a step.
    pub(super) fn observe(&mut self, network: &Network) -> Result<(), TchError> {
        let _no_grad = tch::no_grad_guard();
        let new = 1.0 - decay(self.decay, self.steps);
        self.steps += 1;
        for ((_, average), (_, weights)) in self.values.iter_mut().zip(named(network.variables())) {
            let _ = average.f_lerp_(&weights, new)?;
        }
        Ok(())
    }

    /// Begins anew with the next step: what came before a remedy is no part of what is learnt after it.
    pub(super) fn forget(&mut self) {
        self.steps = 0;
    }

    /// Gives the network the average and keeps its weights, or the reverse.
    pub(super) fn swap(&mut self, network: &Network) -> Result<(), Error> {
        let _no_grad = tch::no_grad_guard();
        for ((_, average), (_, mut weights)) in
            self.values.iter_mut().zip(named(network.variables()))
        {
            exchange(average, &mut weights).while_doing("averaging weights")?;
        }
        Ok(())
    }

    /// The average by name.
    pub(super) fn tensors(&self) -> Named {
        let named =
            |(name, value): &(String, Tensor)| (format!("average.{name}"), value.shallow_clone());
        self.values.iter().map(named).collect()
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }
}

/// The weight of the average so far, after `steps` steps.
fn decay(decay: f64, steps: u64) -> f64 {
    let steps = steps as f64;
    decay.min(steps / (steps + 9.0))
}

fn exchange(one: &mut Tensor, other: &mut Tensor) -> Result<(), TchError> {
    let kept = one.f_detach()?.copy();
    one.f_copy_(other)?;
    other.f_copy_(&kept)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::network::{Channels, UnetConfig};

    #[test]
    fn the_average_by_hand() {
        let unet = UnetConfig { width: 1, depth: 3, ..UnetConfig::paper() };
        let network = Network::unet(&unet, Channels::default(), Device::Cpu).unwrap();
        let bias = || network.variables().variables()["head.bias"].detach();
        let mut average = Average::new(&network, 0.15).unwrap();
        let step = |average: &mut Average, value: f64| {
            let _ = bias().fill_(value);
            average.observe(&network).unwrap();
        };
        // The first step counts alone, of the second 9/10; then the decay holds: 0.15 < 2/11.
        for value in [4.0, 2.0, 1.0] {
            step(&mut average, value);
        }
        let expected = 0.15 * (0.1 * 4.0 + 0.9 * 2.0) + 0.85 * 1.0;
        average.swap(&network).unwrap();
        assert!((bias().double_value(&[0]) - expected).abs() < 1e-6, "{:?}", bias());
        average.swap(&network).unwrap();
        assert_eq!(bias().double_value(&[0]), 1.0);
        average.forget();
        step(&mut average, 7.0);
        average.swap(&network).unwrap();
        assert_eq!(bias().double_value(&[0]), 7.0);
    }
}
