//! Prediction in all its ways against the network run plainly.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use common::{alone, network, toy};
use ndarray::{Array2, Array3, Axis, s};
use qunet_model::tch::{Kind, Tensor};
use qunet_model::{
    Channels, CollapseGuard, Device, Error, Fit, Mode, Network, Precision, PredictConfig,
    Predictor, Silent, Sizing, TrainConfig, Trainer, TrainingSet, UnetConfig,
};

/// A network that has seen some steps, so that its statistics are not the first ones.
fn trained() -> Network {
    let network = network(21);
    let set = TrainingSet::new(toy(), (32, 32), Device::Cpu).unwrap();
    // What a guard does to a network after three epochs is not the matter here.
    let collapse = CollapseGuard::report();
    let config = TrainConfig { epochs: 3, learning_rate: 5e-3, collapse, ..TrainConfig::default() };
    Trainer::new(config).unwrap().fit(&network, &set, &Fit::default(), &mut Silent).unwrap();
    network
}

fn slices() -> Vec<Array2<f32>> {
    toy().into_iter().map(|(image, _)| image).collect()
}

fn own_size() -> PredictConfig {
    PredictConfig { sizing: Sizing::Pad, ..PredictConfig::default() }
}

/// The plain way: one slice, no folding.
fn plain(network: &Network, slice: &Array2<f32>) -> Vec<Array2<f32>> {
    let (height, width) = slice.dim();
    let image = Tensor::from_slice(slice.as_slice().unwrap());
    let image = image.reshape([1, 1, height as i64, width as i64]);
    let logits = network.logits(&image, Mode::Evaluate).unwrap();
    let map = |logits: &Tensor| {
        let values = Vec::<f32>::try_from(&logits.sigmoid().to_kind(Kind::Float).reshape([-1]));
        Array2::from_shape_vec((height, width), values.unwrap()).unwrap()
    };
    logits.iter().map(map).collect()
}

fn largest_difference(one: &Array2<f32>, other: &Array2<f32>) -> f32 {
    assert_eq!(one.dim(), other.dim());
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn folded_weights_give_the_networks_own_answer() {
    let _turn = alone();
    let network = trained();
    for (batch_size, flips) in [(1, false), (3, false)] {
        let config = PredictConfig { batch_size, flips, ..own_size() };
        let maps = Predictor::with(&network, config).unwrap().heads(&slices()).unwrap();
        assert_eq!(maps.len(), 4);
        for (maps, slice) in maps.iter().zip(slices()) {
            for (found, expected) in maps.maps().iter().zip(plain(&network, &slice)) {
                assert!(largest_difference(found, &expected) < 1e-5);
            }
        }
    }
}

#[test]
fn one_head_is_that_of_all_heads() {
    let _turn = alone();
    let network = trained();
    let all = Predictor::with(&network, own_size()).unwrap().heads(&slices()).unwrap();
    for level in 1..=4 {
        let config = PredictConfig { level: Some(level), ..own_size() };
        let one = Predictor::with(&network, config).unwrap().heads(&slices()).unwrap();
        assert_eq!(one[0].head(level), all[0].head(level));
        assert_eq!(one[0].maps().len(), 1);
        let error = one[0].last_two().unwrap_err().to_string();
        assert!(error.contains(&format!("there is L{level} alone")), "{error}");
    }
    assert_eq!(all[0].last_two().unwrap().map(|head| head.level), [3, 4]);
    let config = PredictConfig { level: Some(9), ..own_size() };
    let error = Predictor::with(&network, config).err().unwrap();
    assert!(matches!(error, Error::NoSuchLevel { level: 9, .. }));
}

#[test]
fn flips_average_both_sides() {
    let _turn = alone();
    let network = trained();
    let slice = &slices()[1];
    let mirrored = slice.slice(ndarray::s![.., ..;-1]).as_standard_layout().into_owned();
    let config = PredictConfig { flips: true, ..own_size() };
    let found =
        Predictor::with(&network, config).unwrap().heads(std::slice::from_ref(slice)).unwrap();
    let (straight, back) = (plain(&network, slice), plain(&network, &mirrored));
    let mean = (&straight[3] + &back[3].slice(ndarray::s![.., ..;-1])) / 2.0;
    assert!(largest_difference(found[0].last(), &mean) < 1e-5);
}

#[test]
fn slices_of_any_size_come_back_in_it() {
    let _turn = alone();
    let network = trained();
    let sizes = [(1, 1), (33, 20), (20, 33), (48, 48), (48, 48), (70, 5)];
    let slices: Vec<_> = sizes.iter().map(|&size| Array2::from_elem(size, 0.4_f32)).collect();
    for sizing in [
        Sizing::Pad,
        Sizing::Tile { side: 32, overlap: 8 },
        Sizing::Resize { height: 32, width: 16 },
    ] {
        let config = PredictConfig { sizing, ..PredictConfig::default() };
        let maps = Predictor::with(&network, config).unwrap().heads(&slices).unwrap();
        for (maps, size) in maps.iter().zip(sizes) {
            assert_eq!(maps.last().dim(), size, "{sizing:?}");
            assert!(maps.last().iter().all(|p| (0.0..=1.0).contains(p)), "{sizing:?}");
        }
    }
    for (sizing, words) in [
        (Sizing::Tile { side: 40, overlap: 8 }, "multiple of the network's divisor"),
        (Sizing::Tile { side: 32, overlap: 16 }, "less than half a side"),
    ] {
        let config = PredictConfig { sizing, ..PredictConfig::default() };
        let error = Predictor::with(&network, config).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn bf16_is_near_and_auto_reports_its_choice() {
    let _turn = alone();
    let network = trained();
    let predictor =
        |precision| Predictor::with(&network, PredictConfig { precision, ..own_size() }).unwrap();
    let exact = predictor(Precision::F32).heads(&slices()).unwrap();
    let reduced = predictor(Precision::Bf16);
    assert_eq!(reduced.reduced_precision(), Some(true));
    let reduced = reduced.heads(&slices()).unwrap();
    let apart = largest_difference(exact[0].last(), reduced[0].last());
    assert!(apart < 0.05, "{apart}");
    assert_ne!(exact[0].last(), reduced[0].last());
    let auto = predictor(Precision::Auto);
    let maps = auto.heads(&slices()).unwrap();
    let expected = if auto.reduced_precision() == Some(true) { &reduced } else { &exact };
    assert_eq!(maps[0].last(), expected[0].last());
}

#[test]
fn samples_of_dropout_spread_in_l4_alone_and_follow_the_seed() {
    let _turn = alone();
    let network = trained();
    let run = |seed| {
        let predictor = Predictor::with(&network, own_size()).unwrap();
        predictor.monte_carlo(&slices()[..1], 5, seed).unwrap().remove(0)
    };
    let found = run(1);
    let spread: Vec<f32> = found.variance.iter().map(|map| map.sum()).collect();
    assert_eq!(spread[..3], [0.0; 3]);
    assert!(spread[3] > 0.0);
    assert!(found.mutual_information().sum() > 0.0);
    assert_eq!(found, run(1));
    assert_ne!(found, run(2));
    let none = Predictor::with(&network, own_size()).unwrap().monte_carlo(&slices(), 0, 1);
    assert!(none.unwrap_err().to_string().starts_with("samples is 0"));
}

#[test]
fn a_stream_gives_what_a_batch_gives() {
    let _turn = alone();
    let network = trained();
    let predictor =
        Predictor::with(&network, PredictConfig { batch_size: 3, ..own_size() }).unwrap();
    let keyed = slices().into_iter().enumerate();
    let streamed: Vec<_> = predictor.stream(keyed).map(Result::unwrap).collect();
    assert_eq!(streamed.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [0, 1, 2, 3]);
    let maps: Vec<_> = streamed.into_iter().map(|(_, maps)| maps).collect();
    assert_eq!(maps, predictor.heads(&slices()).unwrap());
    let broken = vec![(0, Array2::from_elem((16, 16), f32::NAN)), (1, Array2::zeros((16, 16)))];
    let results: Vec<_> = predictor.stream(broken).collect();
    assert_eq!(results.len(), 1);
    assert!(results[0].is_err());
}

#[test]
fn features_tell_slices_apart() {
    let _turn = alone();
    let network = trained();
    let mut slices = slices();
    slices.push(slices[0].clone());
    slices.push(Array2::zeros((32, 32)));
    let features = Predictor::with(&network, own_size()).unwrap().features(&slices).unwrap();
    // 4 filters, doubled four times.
    assert_eq!(features.dim(), (6, 64));
    let distance = |one: usize, other: usize| {
        let apart = &features.index_axis(Axis(0), one) - &features.index_axis(Axis(0), other);
        apart.iter().map(|d| d * d).sum::<f32>().sqrt()
    };
    assert!(distance(0, 4) < 1e-5);
    assert!(distance(0, 5) > distance(0, 1));
}

#[test]
fn images_of_several_channels_are_trained_on_and_predicted_as_grey_ones_are() {
    let _turn = alone();
    qunet_model::seed(3);
    let unet = UnetConfig { width: 2, depth: 3, ..UnetConfig::paper() };
    let three = Channels { input: 3, classes: 1, priors: 1 };
    let network = Network::unet(&unet, three, Device::Cpu).unwrap();
    let image =
        Array3::from_shape_fn((3, 20, 28), |(c, y, x)| ((c + 2 * y + 3 * x) % 9) as f32 / 9.0);
    let mask = Array2::from_shape_fn((20, 28), |(y, x)| y > 9 && x > 9);
    let set = TrainingSet::new([(image.view(), mask)], (16, 16), Device::Cpu).unwrap();
    let trainer = Trainer::new(TrainConfig { epochs: 2, ..TrainConfig::default() }).unwrap();
    trainer.fit(&network, &set, &Fit::default(), &mut Silent).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    network.save(&path).unwrap();
    let opened = Network::open(&path, Device::Cpu).unwrap();
    assert_eq!(opened.channels(), three);
    let predict = |network: &Network| {
        let predictor = Predictor::with(network, own_size()).unwrap();
        predictor.heads(std::slice::from_ref(&image)).unwrap()
    };
    assert_eq!(predict(&opened), predict(&network));
    let predictor = Predictor::with(&network, own_size()).unwrap();
    let owned = predictor.heads(std::slice::from_ref(&image)).unwrap();
    assert_eq!(owned[0].last().dim(), (20, 28));
    // A view of another stride is the same image.
    let transposed = image.clone().permuted_axes([0, 2, 1]).as_standard_layout().into_owned();
    let view = transposed.view().permuted_axes([0, 2, 1]);
    assert_eq!(predictor.heads(&[view]).unwrap(), owned);
    let streamed: Vec<_> = predictor.stream([(7, image.clone())]).map(Result::unwrap).collect();
    assert_eq!(streamed, [(7, owned[0].clone())]);
    assert_eq!(predictor.features(&[image.view()]).unwrap().dim(), (1, 8));
    assert!(predictor.monte_carlo(&[image.view()], 2, 1).unwrap()[0].variance[0].sum() > 0.0);
    // The mean of both ways to look at a slice is the mirrored mean of the mirrored slice, all
    // channels mirrored alike.
    let sizing = Sizing::Resize { height: 16, width: 32 };
    let both = PredictConfig { sizing, flips: true, ..PredictConfig::default() };
    let both = Predictor::with(&network, both).unwrap();
    let mirrored = image.slice(s![.., .., ..;-1]);
    let [one, other] = [image.view(), mirrored].map(|image| both.heads(&[image]).unwrap());
    let back = other[0].last().slice(s![.., ..;-1]).to_owned();
    assert!((one[0].last() - &back).iter().all(|apart| apart.abs() < 1e-5));
    let error = predictor.heads(&[Array2::<f32>::zeros((16, 16))]).unwrap_err().to_string();
    assert_eq!(error, "the input has 1 channels and the network takes 3");
}
