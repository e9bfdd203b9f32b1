//! The families of comparisons, and where each has its things.

/// What is compared in one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Family {
    Quality,
    Segmetrics,
}

impl Family {
    /// Its name on the command line, of its folder in `benches/peers` and in the comments of the docs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Segmetrics => "segmetrics",
        }
    }

    /// The folder of its Python environment in the cache folder.
    pub(crate) fn environment(self) -> &'static str {
        match self {
            Self::Quality => "peers-venv",
            Self::Segmetrics => "peers-segmetrics-venv",
        }
    }

    /// The figure that is drawn from its rows.
    pub(crate) fn figure(self) -> Option<&'static str> {
        match self {
            Self::Quality => Some("docs/images/benchmarks-quality.svg"),
            Self::Segmetrics => None,
        }
    }
}
