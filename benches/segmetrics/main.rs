//! Segmentation metrics, each beside a plain loop where one is short enough to be read.

mod bootstrap;
mod boundary;
mod components;
mod masks;
mod overlap;

use criterion::criterion_main;

criterion_main!(overlap::benches, boundary::benches, components::benches, bootstrap::benches);
