//! The list of what a release is made of, as cargo-auditable writes it: zlib-compressed JSON in a section of its own, in an
//! object file that the linker takes in.
//!
//! That tool wraps rustc for every crate of the build and has no library; what it does for the last one is done here. Must never
//! need a linker's tools that rustc does not need itself.

use std::{ffi::OsString, io::Write, path::Path};

use anyhow::{Context, Result, bail};
use auditable_serde::{DependencyKind, Package, Source, VersionInfo};
use flate2::{Compression, write::ZlibEncoder};
use object::{
    Architecture, BinaryFormat, Endianness, SectionFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf, macho,
    write::{MachOBuildVersion, Object, StandardSegment, Symbol, SymbolSection},
};

use super::inventory::{Inventory, Origin, Part};

const SECTION: &str = ".dep-v0";
/// Nothing refers to the section but the linker, which is told to look for this.
const SYMBOL: &str = "AUDITABLE_VERSION_INFO";
/// Of the form: macros are counted as what they are, parts of the build.
const FORMAT: u32 = 1;

/// The inventory's crates in the form of cargo-auditable.
///
/// # Errors
/// Where they depend on each other in a circle, which cargo does not allow.
pub fn list(inventory: &Inventory) -> Result<VersionInfo> {
    let package = |(number, part): (usize, &Part)| Package {
        name: part.name.clone(),
        version: part.version.clone(),
        source: match part.origin {
            Origin::Ours => Source::Local,
            Origin::CratesIo => Source::CratesIo,
            Origin::Registry => Source::Registry,
            Origin::Git => Source::Git,
        },
        kind: if part.is_build { DependencyKind::Build } else { DependencyKind::Runtime },
        dependencies: part.uses.clone(),
        root: number == 0,
    };
    let list = VersionInfo { packages: inventory.crates.iter().enumerate().map(package).collect(), format: FORMAT };
    // Reading refuses what the form does not allow.
    Ok(serde_json::to_string(&list)?.parse::<VersionInfo>()?)
}

/// What an object file is made for.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    format: BinaryFormat,
    architecture: Architecture,
}

impl Platform {
    /// The one that xtask runs on, for which the server is built.
    ///
    /// # Errors
    /// Where Marquee has no releases for it.
    pub fn here() -> Result<Self> {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => Architecture::X86_64,
            "aarch64" => Architecture::Aarch64,
            other => bail!("releases are made on x86_64 and aarch64, not on {other}: build with --dev"),
        };
        let format = if cfg!(target_os = "macos") { BinaryFormat::MachO } else { BinaryFormat::Elf };
        Ok(Self { format, architecture })
    }
}

/// An object file that holds the list and nothing else.
///
/// # Errors
/// Where it cannot be written.
pub fn object(list: &VersionInfo, Platform { format, architecture }: Platform) -> Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(serde_json::to_string(list)?.as_bytes())?;
    let contents = encoder.finish()?;
    let mut file = Object::new(format, architecture, Endianness::Little);
    if format == BinaryFormat::MachO {
        // Apple's linker wants to know; which version it is for does not matter, for there is no code.
        let mut build = MachOBuildVersion::default();
        build.platform = macho::PLATFORM_MACOS;
        file.set_macho_build_version(build);
    }
    let segment = file.segment_name(StandardSegment::Data).to_vec();
    let section = file.add_section(segment, SECTION.as_bytes().to_vec(), SectionKind::ReadOnlyData);
    // It is read from the file, and never loaded.
    if let SectionFlags::Elf { sh_flags, .. } = file.section_flags_mut(section) {
        *sh_flags = elf::SectionFlags(0);
    }
    let value = file.append_section_data(section, &contents, 1);
    file.add_symbol(Symbol {
        name: SYMBOL.as_bytes().to_vec(),
        value,
        size: contents.len() as u64,
        kind: SymbolKind::Data,
        scope: SymbolScope::Dynamic,
        weak: false,
        section: SymbolSection::Section(section),
        flags: SymbolFlags::None,
    });
    file.write().context("the list of what the release is made of")
}

/// What rustc is told, so that the linker takes the object in and keeps it.
pub fn link_arguments(object: &Path) -> Vec<OsString> {
    let mut taken_in = OsString::from("link-arg=");
    taken_in.push(object);
    // Apple's linker puts an underscore before every name.
    let kept = format!("link-arg=-Wl,-u,{}{SYMBOL}", if cfg!(target_os = "macos") { "_" } else { "" });
    vec!["-C".into(), taken_in, "-C".into(), kept.into()]
}
