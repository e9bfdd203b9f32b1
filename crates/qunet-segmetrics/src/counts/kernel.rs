//! The inner loops of counting: plain loops over slices that the compiler turns into vectors.

/// Byte counters that run side by side.
const LANES: usize = 64;
/// Pixels after which a byte counter could overflow.
const BLOCK: usize = 255 * LANES;

static EVERYWHERE: [bool; BLOCK] = [true; BLOCK];

/// Sums from which the four counts follow.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub both: u64,
    pub predicted: u64,
    pub actual: u64,
    pub pixels: u64,
}

/// Adds the pixels of two slices of one length, in the region if there is one, and leaving out
/// those whose truth is `ignore`.
pub(super) fn add<L: Copy + PartialEq>(
    sums: &mut Sums,
    prediction: &[L],
    truth: &[L],
    region: Option<&[bool]>,
    (label, ignore): (L, Option<L>),
) {
    for (block, (p, t)) in prediction.chunks(BLOCK).zip(truth.chunks(BLOCK)).enumerate() {
        let start = block * BLOCK;
        let inside = region.map(|region| &region[start..start + p.len()]);
        let [both, predicted, actual, pixels] = match (inside, ignore) {
            (None, None) => everywhere(p, t, label),
            (Some(inside), None) => within(p, t, inside, label),
            (inside, Some(ignore)) => {
                annotated(p, t, inside.unwrap_or(&EVERYWHERE[..p.len()]), label, ignore)
            }
        };
        sums.both += both;
        sums.predicted += predicted;
        sums.actual += actual;
        sums.pixels += pixels;
    }
}

/// Compiles functions for AVX-512, for AVX2 and for the target's baseline, and picks at run time;
/// integers are summed exactly, so that every choice gives the same counts.
macro_rules! vectorised {
    ($($function:item)*) => {$(
        #[multiversion::multiversion(targets(
            "x86_64+avx512f+avx512bw+avx512vl+avx512dq+avx512cd+avx2+fma+bmi2",
            "x86_64+avx2+fma",
        ))]
        $function
    )*};
}

vectorised! {
    fn everywhere<L: Copy + PartialEq>(prediction: &[L], truth: &[L], label: L) -> [u64; 4] {
        let (mut both, mut predicted, mut actual) = ([0_u8; LANES], [0_u8; LANES], [0_u8; LANES]);
        let (p_chunks, p_rest) = prediction.as_chunks::<LANES>();
        let (t_chunks, t_rest) = truth.as_chunks::<LANES>();
        for (p, t) in p_chunks.iter().zip(t_chunks) {
            for lane in 0..LANES {
                let (p, t) = (p[lane] == label, t[lane] == label);
                both[lane] += u8::from(p & t);
                predicted[lane] += u8::from(p);
                actual[lane] += u8::from(t);
            }
        }
        let mut sums = [total(&both), total(&predicted), total(&actual), prediction.len() as u64];
        for (&p, &t) in p_rest.iter().zip(t_rest) {
            let (p, t) = (p == label, t == label);
            sums[0] += u64::from(p & t);
            sums[1] += u64::from(p);
            sums[2] += u64::from(t);
        }
        sums
    }

    fn within<L: Copy + PartialEq>(
        prediction: &[L],
        truth: &[L],
        region: &[bool],
        label: L,
    ) -> [u64; 4] {
        let mut sums = [0_u32; 4];
        for ((&p, &t), &inside) in prediction.iter().zip(truth).zip(region) {
            let (p, t) = ((p == label) & inside, (t == label) & inside);
            sums[0] += u32::from(p & t);
            sums[1] += u32::from(p);
            sums[2] += u32::from(t);
            sums[3] += u32::from(inside);
        }
        sums.map(u64::from)
    }

    fn annotated<L: Copy + PartialEq>(
        prediction: &[L],
        truth: &[L],
        region: &[bool],
        label: L,
        ignore: L,
    ) -> [u64; 4] {
        let mut sums = [0_u32; 4];
        for ((&p, &t), &inside) in prediction.iter().zip(truth).zip(region) {
            let inside = inside & (t != ignore);
            let (p, t) = ((p == label) & inside, (t == label) & inside);
            sums[0] += u32::from(p & t);
            sums[1] += u32::from(p);
            sums[2] += u32::from(t);
            sums[3] += u32::from(inside);
        }
        sums.map(u64::from)
    }
}

#[inline(always)]
fn total(lanes: &[u8; LANES]) -> u64 {
    lanes.iter().map(|&count| u64::from(count)).sum()
}
