//! What the site takes from elsewhere: fonts and the player's engine from packages, icons from `public/`.
//!
//! Must never take a file without the licence that it comes under.

use std::fs;

use anyhow::{Context, Result};

use super::Files;
use crate::{fingerprint::Fingerprint, layout::Layout};

const FACE: &str = "@fontsource-variable/bricolage-grotesque";
/// The display face's subsets; browsers fetch the later ones only for text that has such letters.
const SUBSETS: [&str; 3] = ["latin", "latin-ext", "vietnamese"];
/// Its axes that browsers load: weight alone, for a third of the bytes.
const SCREEN: &str = "wght";
/// Its axes that posters are drawn with: weight, width and optical size. Only the server reads these files.
const POSTERS: &str = "standard";

/// The display face under a versioned path.
pub struct Fonts {
    pub files: Files,
    /// `@font-face` rules that name the files by their address.
    pub rules: String,
    folder: String,
}

impl Fonts {
    /// Reads the installed face.
    ///
    /// # Errors
    /// Where the package lacks a subset that is asked for.
    pub fn read(layout: &Layout) -> Result<Self> {
        let mut content = Files::default();
        for (subset, axes) in SUBSETS.iter().flat_map(|subset| [(subset, SCREEN), (subset, POSTERS)]) {
            content.put(&file_name(subset, axes), read(layout, &format!("{FACE}/files/{}", package_name(subset, axes)))?);
        }
        content.put("LICENSE.txt", read(layout, &format!("{FACE}/LICENSE"))?);
        let folder = format!("fonts/{}", content.fingerprint(&mut Fingerprint::default()));

        let mut rules = String::from_utf8(read(layout, &format!("{FACE}/wght.css"))?)?;
        for subset in SUBSETS {
            let address = format!("/{folder}/{}", file_name(subset, SCREEN));
            rules = rules.replace(&format!("./files/{}", package_name(subset, SCREEN)), &address);
        }
        // The names as they are used everywhere: the package tells its variable faces apart from its static ones.
        rules = rules.replace("Bricolage Grotesque Variable", "Bricolage Grotesque").replace("woff2-variations", "woff2");

        let mut files = Files::default();
        files.put_all(&format!("{folder}/"), content);
        Ok(Self { files, rules, folder })
    }

    /// The address of the face that every page needs.
    pub fn preload(&self) -> String {
        format!("/{}/{}", self.folder, file_name(SUBSETS[0], SCREEN))
    }

    /// The addresses of the files that posters are drawn with.
    pub fn for_posters(&self) -> Vec<String> {
        SUBSETS.map(|subset| format!("/{}/{}", self.folder, file_name(subset, POSTERS))).to_vec()
    }
}

/// hls.js, with its licence beside it.
///
/// # Errors
/// Where the package is not installed.
pub fn player_engine(layout: &Layout) -> Result<Files> {
    let mut files = Files::default();
    files.put("hls.min.mjs", read(layout, "hls.js/dist/hls.min.mjs")?);
    files.put("hls.LICENSE.txt", read(layout, "hls.js/LICENSE")?);
    Ok(files)
}

/// The static files of `public/`, served as they are.
///
/// # Errors
/// Where one cannot be read.
pub fn public(layout: &Layout) -> Result<Files> {
    Files::read(&layout.at("public"))
}

fn file_name(subset: &str, axes: &str) -> String {
    format!("BricolageGrotesque-{subset}-{axes}.woff2")
}

fn package_name(subset: &str, axes: &str) -> String {
    format!("bricolage-grotesque-{subset}-{axes}-normal.woff2")
}

fn read(layout: &Layout, package_file: &str) -> Result<Vec<u8>> {
    let path = layout.package(package_file);
    fs::read(&path).with_context(|| format!("could not read {}: is its package in xtask/packages/package.json?", path.display()))
}
