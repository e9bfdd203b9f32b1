use ndarray::{Array2, Zip};

use super::maps::HeadMaps;

/// What Monte-Carlo dropout gives for one slice, per pixel of the slice's own size.
#[derive(Clone, Debug, PartialEq)]
pub struct MonteCarloMaps {
    /// Mean probability of anything but background per head, L1 first, in [0, 1].
    pub mean: Vec<Array2<f32>>,
    /// Population variance of it per head, in [0, 0.25].
    pub variance: Vec<Array2<f32>>,
    /// Mean over the samples of the last head's binary entropy, in nats. The entropy of the mean less this is what the
    /// samples disagree about: the mutual information that BALD ranks by.
    pub expected_entropy: Array2<f32>,
}

impl MonteCarloMaps {
    /// The mutual information between prediction and weights per pixel of the last head (BALD, Houlsby 2011), in nats,
    /// >= 0; higher = more uncertain about what could be learnt.
    #[must_use]
    pub fn mutual_information(&self) -> Array2<f32> {
        let mean = &self.mean[self.mean.len() - 1];
        Zip::from(mean)
            .and(&self.expected_entropy)
            .map_collect(|&mean, &expected| (entropy(mean) - expected).max(0.0))
    }
}

/// Running moments (Welford) of the samples of one slice.
pub(super) struct Moments {
    samples: usize,
    mean: Vec<Array2<f32>>,
    squares: Vec<Array2<f32>>,
    entropy: Array2<f32>,
}

impl Moments {
    pub(super) fn new(first: &HeadMaps) -> Self {
        let mean = first.maps().to_vec();
        let squares = mean.iter().map(|map| Array2::zeros(map.dim())).collect();
        Self { samples: 1, entropy: first.last().mapv(entropy), mean, squares }
    }

    pub(super) fn add(&mut self, sample: &HeadMaps) {
        self.samples += 1;
        let count = self.samples as f32;
        let heads = self.mean.iter_mut().zip(&mut self.squares).zip(sample.maps());
        for ((mean, squares), map) in heads {
            Zip::from(mean).and(squares).and(map).for_each(|mean, squares, &value| {
                let before = value - *mean;
                *mean += before / count;
                *squares += before * (value - *mean);
            });
        }
        Zip::from(&mut self.entropy)
            .and(sample.last())
            .for_each(|sum, &value| *sum += entropy(value));
    }

    pub(super) fn finish(self) -> MonteCarloMaps {
        let count = self.samples as f32;
        let variance = self.squares.into_iter().map(|squares| squares / count).collect();
        MonteCarloMaps { mean: self.mean, variance, expected_entropy: self.entropy / count }
    }
}

/// Binary entropy in nats, 0 at both ends.
fn entropy(probability: f32) -> f32 {
    let term = |p: f32| if p > 0.0 { -p * p.ln() } else { 0.0 };
    term(probability) + term(1.0 - probability)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn maps(value: f32) -> HeadMaps {
        HeadMaps::new(&[4], vec![array![[[value]]]])
    }

    #[test]
    fn moments_by_hand() {
        // 0.1, 0.3, 0.8: mean 0.4, variance (0.09 + 0.01 + 0.16) / 3.
        let mut moments = Moments::new(&maps(0.1));
        moments.add(&maps(0.3));
        moments.add(&maps(0.8));
        let found = moments.finish();
        assert!((found.mean[0][(0, 0)] - 0.4).abs() < 1e-6);
        assert!((found.variance[0][(0, 0)] - 0.26 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn samples_that_are_sure_of_opposites_tell_most() {
        let mut moments = Moments::new(&maps(0.0));
        moments.add(&maps(1.0));
        assert!((moments.finish().mutual_information()[(0, 0)] - 2f32.ln()).abs() < 1e-6);
        let mut same = Moments::new(&maps(0.5));
        same.add(&maps(0.5));
        assert!(same.finish().mutual_information()[(0, 0)].abs() < 1e-6);
    }
}
