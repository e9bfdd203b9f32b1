//! Which transfer syntaxes are read.

use std::path::Path;

use dicom_transfer_syntax_registry::{TransferSyntax, TransferSyntaxIndex, TransferSyntaxRegistry};

use crate::Error;

/// Deflated Explicit VR Little Endian.
pub(super) const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
/// JPEG-LS lossless and near-lossless.
pub(super) const JPEG_LS: [&str; 2] = ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"];
/// What to do about data that no decoder here reads.
pub(super) const REMEDY: &str = if cfg!(feature = "dicom-jpeg2000") {
    "store it as Explicit VR Little Endian, as `gdcmconv --raw` does"
} else {
    "store it as Explicit VR Little Endian, as `gdcmconv --raw` does; JPEG 2000 is read with the \
     feature dicom-jpeg2000"
};

/// Refuses, by its name, what no decoder is built in for: neither the library's nor one of our own.
pub(super) fn check(path: &Path, uid: &str) -> Result<(), Error> {
    let syntax = TransferSyntaxRegistry.get(uid);
    let own = uid == DEFLATED || JPEG_LS.contains(&uid);
    if own || syntax.is_some_and(TransferSyntax::can_decode_all) {
        return Ok(());
    }
    let name = syntax.map_or("an unknown one", |syntax| syntax.name());
    Err(Error::Unsupported {
        path: path.to_owned(),
        what: format!("data in the DICOM transfer syntax {uid:?} ({name})"),
        remedy: REMEDY,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_named_with_its_remedy() {
        let refused = |uid: &str| check(Path::new("a.dcm"), uid).unwrap_err().to_string();
        let message = refused("1.2.840.10008.1.2.4.110");
        assert!(message.contains("a.dcm") && message.contains("JPEG XL Lossless"), "{message}");
        assert!(message.contains("1.2.840.10008.1.2.4.110") && message.contains("gdcmconv"));
        assert!(refused("1.2.840.10008.1.2.4.202").contains("High-Throughput JPEG 2000"));
        assert!(refused("1.2.840.10008.1.2.4.100").contains("MPEG2"));
        assert!(refused("9.9").contains("unknown"));
    }

    #[test]
    fn plain_and_built_in_syntaxes_are_read() {
        let plain = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"];
        let packed = ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.5"];
        for uid in plain.into_iter().chain(packed).chain(JPEG_LS).chain([DEFLATED]) {
            assert!(check(Path::new("a.dcm"), uid).is_ok(), "{uid}");
        }
    }
}
