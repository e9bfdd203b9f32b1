//! Whether a training fits into memory, before any is asked for: a machine that runs out of it ends
//! the program without a word.

use sysinfo::System;

use crate::error::{Error, at_least_one};
use crate::network::{Architecture, Description, UnetConfig};

/// Bytes of a number.
const FLOAT: u64 = 4;

impl Description {
    /// The least memory in bytes that training takes with `batch` slices of `size` (height, width) at
    /// once: the kernels of the second convolution of every node, thrice more for their gradient and
    /// both moments of the optimiser, and what both convolutions of a node give, which the backward
    /// pass needs. LibTorch takes two to four times as much.
    ///
    /// ```
    /// use qunet_model::{Architecture, Channels, Description, UnetPlusPlusConfig};
    ///
    /// let architecture = Architecture::UnetPlusPlus(UnetPlusPlusConfig::paper());
    /// let paper = Description { architecture, channels: Channels::default() };
    /// // Five nodes of 32 filters at full size, four of 64 at half of it, and so on:
    /// // 20 · 2 · 256² · 4 · (5 · 32 + 4 · 64 / 4 + 3 · 128 / 16 + 2 · 256 / 64 + 512 / 256) bytes.
    /// let features = 20 * 2 * 256 * 256 * 4 * 258;
    /// let kernels = 4 * 4 * 9 * (5 * 32 * 32 + 4 * 64 * 64 + 3 * 128 * 128 + 2 * 256 * 256 + 512 * 512);
    /// assert_eq!(paper.training_memory(20, (256, 256)), features + kernels);
    /// ```
    #[must_use]
    pub fn training_memory(&self, batch: usize, (height, width): (usize, usize)) -> u64 {
        let pixels = product(&[batch, height, width]);
        let unet = self.unet();
        let mut bytes = 0_u64;
        for row in 0..unet.depth {
            let (nodes, filters) = (self.nodes(unet, row), unet.filters(row) as u64);
            let features = filters.saturating_mul(pixels >> (2 * row)).saturating_mul(2 * FLOAT);
            let kernels = filters.saturating_mul(filters).saturating_mul(9 * 4 * FLOAT);
            bytes = bytes.saturating_add(nodes.saturating_mul(features.saturating_add(kernels)));
        }
        bytes
    }

    /// How many nodes a row has.
    fn nodes(&self, unet: &UnetConfig, row: usize) -> u64 {
        let columns = unet.depth - row;
        match self.architecture {
            Architecture::Unet(_) => columns.min(2) as u64,
            Architecture::UnetPlusPlus(_) => columns as u64,
        }
    }

    /// Refuses a training that the memory free on this machine cannot hold.
    ///
    /// ```
    /// use qunet_model::{Architecture, Channels, Description, UnetConfig};
    ///
    /// let architecture = Architecture::Unet(UnetConfig::paper());
    /// let paper = Description { architecture, channels: Channels::default() };
    /// assert!(paper.check_memory(1, (16, 16)).is_ok());
    /// let error = paper.check_memory(1_000_000, (4096, 4096)).unwrap_err().to_string();
    /// assert!(error.starts_with("training on 1000000 slices of 4096 x 4096 pixels at once"), "{error}");
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for a description or a batch out of range, [`Error::Memory`] where the
    /// memory is not there.
    pub fn check_memory(&self, batch: usize, size: (usize, usize)) -> Result<(), Error> {
        self.check()?;
        at_least_one("batch_size", batch)?;
        let needed = self.training_memory(batch, size);
        let available = available_memory();
        if needed > available {
            return Err(Error::Memory { batch, size, needed, available });
        }
        Ok(())
    }
}

/// The memory that can be had without swapping, in bytes, within the limits of a container; all there
/// could be where the system does not tell.
fn available_memory() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    let free = match system.available_memory() {
        0 => u64::MAX,
        bytes => bytes,
    };
    system.cgroup_limits().map_or(free, |limits| free.min(limits.free_memory))
}

fn product(factors: &[usize]) -> u64 {
    factors.iter().fold(1, |product, &factor| product.saturating_mul(factor as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channels, UnetPlusPlusConfig};

    fn description(architecture: Architecture) -> Description {
        Description { architecture, channels: Channels::default() }
    }

    #[test]
    fn a_row_of_a_u_net_has_two_nodes_and_its_last_one() {
        let unet = UnetConfig { width: 2, depth: 3, ..UnetConfig::paper() };
        let plain = description(Architecture::Unet(unet));
        let nested = description(Architecture::UnetPlusPlus(UnetPlusPlusConfig {
            unet,
            ..Default::default()
        }));
        // 2, 4 and 8 filters; 64, 16 and 4 pixels, two feature maps of four bytes a node.
        let features = |nodes: [u64; 3]| 8 * (nodes[0] * 128 + nodes[1] * 64 + nodes[2] * 32);
        let kernels = |nodes: [u64; 3]| 144 * (nodes[0] * 4 + nodes[1] * 16 + nodes[2] * 64);
        for (network, nodes) in [(plain, [2, 2, 1]), (nested, [3, 2, 1])] {
            assert_eq!(network.training_memory(1, (8, 8)), features(nodes) + kernels(nodes));
        }
    }

    #[test]
    fn sizes_beyond_all_numbers_do_not_wrap() {
        let network = description(Architecture::Unet(UnetConfig::paper()));
        assert_eq!(network.training_memory(usize::MAX, (usize::MAX, 16)), u64::MAX);
        assert!(network.check_memory(usize::MAX, (16, 16)).is_err());
    }

    #[test]
    fn some_memory_is_there() {
        assert!(available_memory() > 1 << 20);
    }
}
