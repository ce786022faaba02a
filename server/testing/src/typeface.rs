//! The real typeface, for every test that draws a poster.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The files that hold it, as WOFF2.
///
/// # Panics
/// Where it is not installed: a test that cannot run has failed.
pub fn typeface() -> Vec<Vec<u8>> {
    font_files().iter().map(|file| fs::read(file).unwrap()).collect()
}

/// The Latin subset and, where there is one, its extension: the richest set of axes that is installed.
fn font_files() -> Vec<PathBuf> {
    if let Some(file) = std::env::var_os("MARQUEE_TEST_FONT") {
        return vec![PathBuf::from(file)];
    }
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let folder = target.join("vendor/node_modules/@fontsource-variable/bricolage-grotesque/files");
    let files = ["latin", "latin-ext"].map(|subset| folder.join(format!("bricolage-grotesque-{subset}-standard-normal.woff2")));
    if files.iter().all(|file| file.exists()) {
        return files.to_vec();
    }
    panic!("the typeface is not installed: `cargo xtask build` installs it, or name a WOFF2 file in MARQUEE_TEST_FONT");
}
