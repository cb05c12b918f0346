//! The processors that releases are made for, and what is particular about each.

/// A processor.
pub struct Target {
    /// As people say it, and as it stands in the names of tarballs.
    pub name: &'static str,
    /// As the compiler calls it.
    pub triple: &'static str,
    /// As the cross linker calls it, with the oldest C library that it is to run with.
    pub linked_for: &'static str,
    /// As Debian calls it.
    pub architecture: &'static str,
    /// What its package is called behind the architecture: two processors are `armhf`, for Raspberry Pi OS means ARMv6 by
    /// it and Debian ARMv7.
    pub suffix: &'static str,
    /// What the package depends on besides what all do.
    pub depends: &'static str,
    /// The emulator that runs its programs here.
    pub emulator: &'static str,
    /// The C library that its program is linked to, for where it is emulated.
    pub libraries: Option<Libraries>,
}

/// Libraries of another processor.
pub struct Libraries {
    /// The package that brings them.
    pub package: &'static str,
    /// Where they lie then.
    pub folder: &'static str,
}

impl Target {
    /// Whether it is the processor of this machine.
    pub fn is_native(&self) -> bool {
        self.triple.starts_with(std::env::consts::ARCH)
    }
}

/// All of them, this machine's kind first.
pub const TARGETS: &[Target] = &[
    Target {
        name: "x86-64",
        triple: "x86_64-unknown-linux-gnu",
        linked_for: "x86_64-unknown-linux-gnu.2.31",
        architecture: "amd64",
        suffix: "",
        depends: "libc6 (>= 2.36), libgcc-s1",
        emulator: "",
        libraries: None,
    },
    Target {
        name: "arm64",
        triple: "aarch64-unknown-linux-gnu",
        linked_for: "aarch64-unknown-linux-gnu.2.31",
        architecture: "arm64",
        suffix: "",
        depends: "libc6 (>= 2.31)",
        emulator: "qemu-aarch64-static -L /usr/aarch64-linux-gnu",
        libraries: Some(Libraries { package: "libc6-arm64-cross", folder: "/usr/aarch64-linux-gnu/lib" }),
    },
    Target {
        name: "armv7",
        triple: "armv7-unknown-linux-gnueabihf",
        linked_for: "armv7-unknown-linux-gnueabihf.2.31",
        architecture: "armhf",
        suffix: "",
        depends: "libc6 (>= 2.31)",
        emulator: "qemu-arm-static -L /usr/arm-linux-gnueabihf",
        libraries: Some(Libraries { package: "libc6-armhf-cross", folder: "/usr/arm-linux-gnueabihf/lib" }),
    },
    // Pi Zero and Pi 1. Static: a C library for this processor is in no Debian, so a dynamic one could not be tried here.
    Target {
        name: "armv6",
        triple: "arm-unknown-linux-musleabihf",
        linked_for: "arm-unknown-linux-musleabihf",
        architecture: "armhf",
        suffix: "_armv6",
        depends: "",
        emulator: "qemu-arm-static -cpu arm1176",
        libraries: None,
    },
];
