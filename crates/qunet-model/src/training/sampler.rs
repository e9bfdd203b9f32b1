use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::set::TrainingSet;

/// Deals slice numbers in shuffled rounds, so that every slice comes up equally often: with the handful of slices of a
/// campaign, drawing with replacement would leave some out for many steps.
///
/// The n-th card of a deck follows from the seed and n alone. A resumed training therefore needs no state of a random
/// generator: it asks for its next step and gets the slices that it would have had without the interruption.
pub(super) struct Sampler {
    all: Deck,
    /// One deck per foreground class that any slice holds, dealt from in turn.
    classes: Vec<Deck>,
    /// Slices of each batch that must hold foreground.
    foreground: usize,
    /// Slices of a whole batch.
    batch: usize,
}

impl Sampler {
    pub(super) fn new(set: &TrainingSet, batch: usize, foreground_share: f64, seed: u64) -> Self {
        let cards = |slices: &[usize]| slices.iter().map(|&slice| slice as i64).collect();
        let held = set.holders().iter().filter(|slices| !slices.is_empty());
        let classes: Vec<Deck> = held
            .enumerate()
            .map(|(class, slices)| Deck::new(cards(slices), seed, class as u64 + 1))
            .collect();
        let wanted = ((foreground_share * batch as f64).ceil() as usize).min(batch);
        let foreground = if classes.is_empty() { 0 } else { wanted };
        let all: Vec<usize> = (0..set.len()).collect();
        Self { all: Deck::new(cards(&all), seed, 0), classes, foreground, batch }
    }

    /// The slices of step `step`, counted over all epochs, which takes `count` of them.
    pub(super) fn draw(&mut self, step: usize, count: usize) -> Vec<i64> {
        let positive = self.foreground.min(count);
        let decks = self.classes.len();
        let mut indices: Vec<i64> = (0..positive)
            .map(|place| {
                let card = step * self.foreground + place;
                self.classes[card % decks].card(card / decks)
            })
            .collect();
        let first = step * (self.batch - self.foreground);
        indices.extend((0..count - positive).map(|place| self.all.card(first + place)));
        indices
    }
}

struct Deck {
    cards: Vec<i64>,
    seed: u64,
    number: u64,
    /// The round that was shuffled last and its order, kept because neighbouring cards are asked for one by one.
    open: Option<(usize, Vec<i64>)>,
}

impl Deck {
    fn new(cards: Vec<i64>, seed: u64, number: u64) -> Self {
        Self { cards, seed, number, open: None }
    }

    fn card(&mut self, place: usize) -> i64 {
        let (round, within) = (place / self.cards.len(), place % self.cards.len());
        match &self.open {
            Some((open, order)) if *open == round => order[within],
            _ => {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream((self.number << 48) | round as u64);
                let mut order = self.cards.clone();
                order.shuffle(&mut rng);
                let card = order[within];
                self.open = Some((round, order));
                card
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array3};
    use tch::Device;

    use super::*;

    fn set(labels: &[u8]) -> TrainingSet {
        let slices = labels
            .iter()
            .map(|&label| (Array3::zeros((1, 16, 16)), Array2::from_elem((16, 16), label)));
        TrainingSet::from_labels(slices, 3, (16, 16), Device::Cpu).unwrap()
    }

    #[test]
    fn every_round_deals_every_slice_once_and_no_two_rounds_need_agree() {
        let mut sampler = Sampler::new(&set(&[0; 5]), 5, 0.5, 7);
        let rounds: Vec<Vec<i64>> = (0..8).map(|step| sampler.draw(step, 5)).collect();
        for round in &rounds {
            let mut round = round.clone();
            round.sort_unstable();
            assert_eq!(round, [0, 1, 2, 3, 4]);
        }
        assert!(rounds.iter().any(|round| *round != rounds[0]));
    }

    #[test]
    fn batches_hold_their_share_of_foreground_the_classes_in_turn() {
        let set = set(&[0, 0, 2, 1, 0]);
        assert_eq!(set.positive_slices(), 2);
        assert!((set.foreground_share().unwrap() - 0.4).abs() < 1e-9);
        let mut sampler = Sampler::new(&set, 4, 0.5, 0);
        for step in 0..10 {
            assert_eq!(sampler.draw(step, 4)[..2], [3, 2]);
        }
    }

    #[test]
    fn views_of_a_slice_are_dealt_as_often_as_each_other() {
        // Three views of two slices, the second with a lesion.
        let set = set(&[0, 0, 0, 1, 1, 1]);
        assert_eq!((set.len(), set.positive_slices()), (6, 3));
        assert!((set.foreground_share().unwrap() - 0.5).abs() < 1e-9);
        let mut sampler = Sampler::new(&set, 4, 0.5, 3);
        let mut dealt = [0; 6];
        // Six steps deal twelve cards of the six, and twelve of the three that hold the lesion.
        for index in (0..6).flat_map(|step| sampler.draw(step, 4)) {
            dealt[index as usize] += 1;
        }
        assert_eq!(dealt, [2, 2, 2, 6, 6, 6]);
    }

    #[test]
    fn any_step_can_be_drawn_first() {
        let set = set(&[0, 1, 2, 1, 0, 0, 0]);
        let mut whole = Sampler::new(&set, 3, 0.3, 1);
        let steps: Vec<Vec<i64>> = (0..9).map(|step| whole.draw(step, 3)).collect();
        for step in [8, 3, 5] {
            assert_eq!(Sampler::new(&set, 3, 0.3, 1).draw(step, 3), steps[step]);
        }
    }
}
