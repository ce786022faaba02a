//! What a release carries beside its code: the list of what it is made of inside the binary, in the form of cargo-auditable,
//! and the same with licences and hashes beside it, in CycloneDX's form.
//!
//! Must never write one that differs from the other, nor leave a release without them.

mod audit;
mod inventory;
mod sbom;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use auditable_serde::VersionInfo;

use self::inventory::Inventory;
use crate::layout::Layout;

/// What cargo is told beside the profile, when the release is built and when it is asked what that consists of.
pub const SERVER: [&str; 4] = ["--package", "server", "--features", "embed-site"];
/// As [`SERVER`], for the client that the site carries.
const CLIENT: [&str; 7] =
    ["--package", "frontend", "--target", "wasm32-unknown-unknown", "--no-default-features", "--features", "hydrate"];

/// What the next release is made of.
pub struct Carried {
    inventory: Inventory,
    list: VersionInfo,
    /// For the linker.
    object: PathBuf,
}

impl Carried {
    /// Asks cargo, and writes the object that the linker is to take in.
    ///
    /// # Errors
    /// Where cargo fails, or the object cannot be written.
    pub fn prepare(layout: &Layout) -> Result<Self> {
        let inventory = Inventory::of_release(layout)?;
        let list = audit::list(&inventory)?;
        let bytes = audit::object(&list, audit::Platform::here()?)?;
        // Named by what is in it: another list is another argument, for which cargo links anew.
        let name = blake3::hash(&bytes).to_hex();
        let object = layout.at("target/auditable").join(format!("{}.o", &name[..16]));
        fs::create_dir_all(layout.at("target/auditable"))?;
        fs::write(&object, bytes).with_context(|| object.display().to_string())?;
        Ok(Self { inventory, list, object })
    }

    /// What rustc is told.
    pub fn arguments(&self) -> Vec<OsString> {
        audit::link_arguments(&self.object)
    }

    /// Makes sure that the binary carries the list, and writes the bill of materials beside it. Where that is.
    ///
    /// # Errors
    /// Where the list is not inside, or the bill is not as the form wants it.
    pub fn finish(&self, binary: &Path) -> Result<PathBuf> {
        let inside = auditable_info::audit_info_from_file(binary, auditable_info::Limits::default());
        let inside = inside.with_context(|| format!("{} does not say what it is made of", binary.display()))?;
        ensure!(inside == self.list, "{} carries the list of another build", binary.display());
        let beside = binary.with_extension("cdx.json");
        fs::write(&beside, sbom::of(&self.inventory)?).with_context(|| beside.display().to_string())?;
        Ok(beside)
    }
}
