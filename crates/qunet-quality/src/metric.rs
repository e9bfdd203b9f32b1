use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares the metrics: variant, column name, description.
macro_rules! metrics {
    ($($variant:ident $name:literal $description:literal)*) => {
        /// A number about one slice beyond those that the paper asks for.
        ///
        /// Its [`name`](Self::name) is the column of a table and the serialised form;
        /// [`measure`](crate::measure) computes it.
        ///
        /// ```
        /// use qunet_quality::Metric;
        ///
        /// assert_eq!(Metric::BlurEffect.to_string(), "blur_effect");
        /// assert!(Metric::ALL.contains(&Metric::BlurEffect));
        /// ```
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[non_exhaustive]
        pub enum Metric {
            $(#[doc = $description] #[serde(rename = $name)] $variant,)*
        }

        impl Metric {
            /// All metrics, in the order of a table's columns.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name, in snake case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it is, its range and its direction, in one line.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => $description,)*
                }
            }
        }
    };
}

metrics! {
    FocusRatio "focus_ratio"
        "Laplacian energy / gradient energy, (0, 8], higher = sharper."
    Tenengrad "tenengrad"
        "Mean squared Sobel gradient, [0, inf), higher = sharper."
    BlurEffect "blur_effect"
        "Share of edges that blurring again keeps (Crete), [0, 1], higher = blurrier."
    WaveletNoiseSigma "wavelet_noise_sigma"
        "Noise sigma from db2 wavelet details (Donoho), (0, inf), higher = noisier."
    LaplacianNoiseSigma "laplacian_noise_sigma"
        "Noise sigma from a difference of Laplacians (Immerkaer), [0, inf), higher = noisier."
    Snr "snr"
        "Mean inside the region / standard deviation outside, (-inf, inf), higher = less noise."
    Cnr "cnr"
        "|Mean inside - mean outside| / standard deviation outside, [0, inf), higher = more contrast."
    EntropyFocusCriterion "entropy_focus_criterion"
        "Entropy focus criterion (Atkinson), [0, 1], higher = more ghosting and blur."
    TextbookCov "textbook_cov"
        "Standard deviation / mean of the region, [0, inf), higher = more contrast."
    Percentile1 "percentile_1"
        "1st percentile of the region, within the pixels' range, higher = brighter shadows."
    Percentile50 "percentile_50"
        "Median of the region, within the pixels' range, higher = brighter."
    Percentile99 "percentile_99"
        "99th percentile of the region, within the pixels' range, higher = brighter highlights."
    SaturatedLow "saturated_low"
        "Share of pixels at or below the low intensity limit, [0, 1], higher = more clipped."
    SaturatedHigh "saturated_high"
        "Share of pixels at or above the high intensity limit, [0, 1], higher = more clipped."
    ConstantBorder "constant_border"
        "Whether a row or column at a side holds one value, 0 or 1, 1 = it does."
    BurntInText "burnt_in_text"
        "Whether the slice seems to hold burnt-in text (heuristic), 0 or 1, 1 = it does."
    NotebookPsnrDb "notebook_psnr_db"
        "The notebook's PSNR in dB against a median of size 20, (-inf, inf), higher = smoother."
    NotebookCov "notebook_cov"
        "The notebook's std / mean of image x mask, (-inf, inf), higher = more contrast or smaller region."
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
