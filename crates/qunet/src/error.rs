/// An error of any of the libraries, so that one `?` serves a whole program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Stacks, masks, files.
    #[error(transparent)]
    Stack(#[from] qunet_stack::Error),
    /// Quality metrics.
    #[error(transparent)]
    Quality(#[from] qunet_quality::Error),
    /// Segmentation metrics.
    #[error(transparent)]
    Segmetrics(#[from] qunet_segmetrics::Error),
    /// Selection.
    #[error(transparent)]
    Select(#[from] qunet_select::Error),
    /// Slices out to annotators' programs, and masks back.
    #[cfg(feature = "exchange")]
    #[error(transparent)]
    Exchange(#[from] qunet_exchange::Error),
    /// Figures and pages.
    #[cfg(feature = "report")]
    #[error(transparent)]
    Report(#[from] qunet_report::Error),
    /// The network.
    #[cfg(feature = "model")]
    #[error(transparent)]
    Model(#[from] qunet_model::Error),
    /// The two steps as one run.
    #[cfg(feature = "campaign")]
    #[error(transparent)]
    Campaign(#[from] qunet_campaign::Error),
}
