//! The three wheels that LibTorch is made from, and which of their members are kept.

/// One wheel of the package index, pinned by its hash.
pub(crate) struct Wheel {
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    /// What pip has to be told to get this very file on any Python.
    pub(crate) platform: &'static str,
    pub(crate) file: &'static str,
    pub(crate) sha256: &'static str,
    pub(crate) bytes: u64,
    pub(crate) members: &'static [Member],
}

/// A part of a wheel and where it goes.
pub(crate) enum Member {
    /// One file.
    File { from: &'static str, to: &'static str },
    /// Everything below a folder (both names end in a slash).
    Folder { from: &'static str, to: &'static str },
}

/// The small ones first: what is wrong with pip or the network shows before the long download.
pub(crate) const WHEELS: [Wheel; 3] = [
    Wheel {
        package: "nvidia-cuda-runtime",
        version: "13.0.96",
        platform: "manylinux_2_17_x86_64",
        file: "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        sha256: "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
        bytes: 2_243_632,
        members: &[Member::File {
            from: "nvidia/cu13/lib/libcudart.so.13",
            to: "lib/libcudart.so.13",
        }],
    },
    Wheel {
        package: "nvidia-cuda-cupti",
        version: "13.0.85",
        platform: "manylinux_2_25_x86_64",
        file: "nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl",
        sha256: "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
        bytes: 10_715_597,
        members: &[Member::File {
            from: "nvidia/cu13/lib/libcupti.so.13",
            to: "lib/libcupti.so.13",
        }],
    },
    Wheel {
        package: "torch",
        version: super::libtorch::WANTED,
        platform: "manylinux_2_28_x86_64",
        file: "torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        sha256: "60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7",
        bytes: 526_574_961,
        members: &[
            Member::File { from: "torch/lib/libtorch_cpu.so", to: "lib/libtorch_cpu.so" },
            Member::File { from: "torch/lib/libc10.so", to: "lib/libc10.so" },
            Member::File { from: "torch/lib/libgomp.so.1", to: "lib/libgomp.so.1" },
            Member::Folder { from: "torch/include/", to: "include/" },
        ],
    },
];

impl Wheel {
    /// A line of a pip requirements file.
    pub(crate) fn requirement(&self) -> String {
        format!("{}=={} --hash=sha256:{}\n", self.package, self.version, self.sha256)
    }

    /// Where a member of the wheel goes, if it is one that is kept.
    pub(crate) fn destination(&self, name: &str) -> Option<String> {
        self.members.iter().find_map(|member| member.destination(name))
    }
}

impl Member {
    pub(crate) fn from(&self) -> &'static str {
        match self {
            Self::File { from, .. } | Self::Folder { from, .. } => from,
        }
    }

    fn destination(&self, name: &str) -> Option<String> {
        match self {
            Self::File { from, to } => (name == *from).then(|| (*to).to_owned()),
            Self::Folder { from, to } => {
                let rest = name.strip_prefix(from).filter(|rest| !rest.is_empty())?;
                Some(format!("{to}{rest}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirement_is_pinned() {
        assert_eq!(
            WHEELS[1].requirement(),
            "nvidia-cuda-cupti==13.0.85 --hash=sha256:\
             4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8\n"
        );
    }

    #[test]
    fn file_names_carry_version_and_platform() {
        for wheel in &WHEELS {
            assert!(wheel.file.contains(wheel.version), "{}", wheel.file);
            assert!(wheel.file.contains(wheel.platform), "{}", wheel.file);
            assert_eq!(wheel.sha256.len(), 64);
        }
    }

    #[test]
    fn only_the_named_members_are_kept() {
        let torch = &WHEELS[2];
        let to = |name| torch.destination(name);
        assert_eq!(to("torch/lib/libc10.so").as_deref(), Some("lib/libc10.so"));
        assert_eq!(to("torch/include/a/b.h").as_deref(), Some("include/a/b.h"));
        assert_eq!(to("torch/include/"), None);
        assert_eq!(to("torch/lib/libtorch_cuda.so"), None);
        assert_eq!(to("torch/lib/libc10.so.1"), None);
    }
}
