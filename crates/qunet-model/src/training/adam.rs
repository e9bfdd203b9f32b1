use tch::{TchError, Tensor};

use super::config::OptimizerConfig;
use crate::network::Network;
use crate::weights::named;

type Result<T> = std::result::Result<T, TchError>;

/// Adam and AdamW with moments that can be saved, which LibTorch's own optimisers keep to themselves.
pub(super) struct Adam {
    config: OptimizerConfig,
    slots: Vec<Slot>,
    /// Steps taken since the moments were zero.
    steps: u64,
}

/// A trainable variable and its moments.
struct Slot {
    name: String,
    variable: Tensor,
    first: Tensor,
    second: Tensor,
}

impl Adam {
    pub(super) fn new(network: &Network, config: OptimizerConfig) -> Result<Self> {
        let mut slots = Vec::new();
        for (name, variable) in named(network.variables()) {
            if variable.requires_grad() {
                let (first, second) = (variable.f_zeros_like()?, variable.f_zeros_like()?);
                slots.push(Slot {
                    name,
                    variable,
                    first: first.f_detach()?,
                    second: second.f_detach()?,
                });
            }
        }
        Ok(Self { config, slots, steps: 0 })
    }

    /// Forgets the gradients of the step before.
    pub(super) fn zero_gradients(&self) -> Result<()> {
        for slot in &self.slots {
            let mut gradient = slot.variable.grad();
            if gradient.defined() {
                let _ = gradient.f_detach_()?.f_zero_()?;
            }
        }
        Ok(())
    }

    /// The 2-norm of all gradients together.
    pub(super) fn gradient_norm(&self) -> Result<f64> {
        let mut norms = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            let gradient = slot.variable.grad();
            if gradient.defined() {
                norms.push(gradient.f_norm()?);
            }
        }
        if norms.is_empty() {
            return Ok(0.0);
        }
        Tensor::f_stack(&norms, 0)?.f_norm()?.f_double_value(&[])
    }

    /// One step on the gradients times `scale`.
    pub(super) fn step(&mut self, rate: f64, scale: f64) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        self.steps += 1;
        let OptimizerConfig { beta1, beta2, epsilon, weight_decay } = self.config;
        let power = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let (unbias1, unbias2) = (1.0 - beta1.powi(power), 1.0 - beta2.powi(power));
        for slot in &mut self.slots {
            let mut gradient = slot.variable.grad();
            if !gradient.defined() {
                continue;
            }
            if scale != 1.0 {
                gradient = gradient.f_mul_scalar(scale)?;
            }
            let _ = slot.first.f_lerp_(&gradient, 1.0 - beta1)?;
            let _ = slot.second.f_lerp_(&gradient.f_square()?, 1.0 - beta2)?;
            let mut root = slot.second.f_sqrt()?;
            let mut root = root.f_mul_scalar_(unbias2.sqrt().recip())?.f_add_scalar_(epsilon)?;
            let mut change = root.f_reciprocal_()?;
            let change = change.f_mul_(&slot.first)?.f_mul_scalar_(-rate / unbias1)?;
            if weight_decay > 0.0 {
                let _ = slot.variable.f_mul_scalar_(1.0 - rate * weight_decay)?;
            }
            let _ = slot.variable.f_add_(&change)?;
        }
        Ok(())
    }

    /// Sets the moments to zero: after a remedy they would carry on in a direction that no longer holds.
    pub(super) fn forget(&mut self) -> Result<()> {
        self.steps = 0;
        for slot in &mut self.slots {
            let _ = slot.first.f_zero_()?;
            let _ = slot.second.f_zero_()?;
        }
        Ok(())
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// The moments by name.
    pub(super) fn moments(&self) -> Vec<(String, Tensor)> {
        self.slots
            .iter()
            .flat_map(|slot| {
                [
                    (format!("adam.first.{}", slot.name), slot.first.shallow_clone()),
                    (format!("adam.second.{}", slot.name), slot.second.shallow_clone()),
                ]
            })
            .collect()
    }
}
