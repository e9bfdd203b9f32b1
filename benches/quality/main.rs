//! Image-quality kernels, each beside a plain loop or imageproc on the same pixels.

mod images;
mod kernels;
mod plain;
mod stack;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// Short, because there are many: `-- --measurement-time 5` takes longer for each.
fn config() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
}

criterion_group! {
    name = benches;
    config = config();
    targets = kernels::all, kernels::contrast_by_imageproc, stack::all
}
criterion_main!(benches);
