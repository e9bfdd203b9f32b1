//! The families of comparisons, and where each has its things.

/// What is compared in one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Family {
    Quality,
    Segmetrics,
    Model,
}

impl Family {
    /// Its name on the command line, of its folder in `benches/peers` and in the comments of the docs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Segmetrics => "segmetrics",
            Self::Model => "model",
        }
    }

    /// The folder of its Python environment in the cache folder.
    pub(crate) fn environment(self) -> &'static str {
        match self {
            Self::Quality => "peers-venv",
            Self::Segmetrics => "peers-segmetrics-venv",
            Self::Model => "peers-model-venv",
        }
    }

    /// The figure that is drawn from its rows.
    pub(crate) fn figure(self) -> Option<&'static str> {
        match self {
            Self::Quality => Some("docs/images/benchmarks-quality.svg"),
            Self::Segmetrics | Self::Model => None,
        }
    }

    /// The package and the program of the Rust side.
    pub(crate) fn server(self) -> (&'static str, &'static str) {
        match self {
            Self::Quality | Self::Segmetrics => ("qunet-benches", "peers-server"),
            Self::Model => ("qunet-model-benches", "model-server"),
        }
    }

    /// The script that times both sides, and its first arguments.
    pub(crate) fn script(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Quality | Self::Segmetrics => ("main.py", Some(self.name())),
            Self::Model => ("model/compare.py", None),
        }
    }

    /// How many threads a numeric library takes.
    pub(crate) fn threads(self) -> &'static str {
        match self {
            Self::Quality | Self::Segmetrics => "1",
            Self::Model => "2",
        }
    }
}
