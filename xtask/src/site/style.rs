//! Two stylesheets from style/main.scss and every scoped `*.module.scss` of the app: what a first visit needs, and what
//! loads with the code of the other pages.
//!
//! Class names come from stylance-core with the app's own configuration, as in its macro: page and stylesheet agree
//! because they ask the same function. Must never write into the source tree.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use stylance_core::Config;
use walkdir::WalkDir;

use crate::layout::Layout;

/// The pages that are in the main module, see `app/src/pages/chunks.rs`: their styles are there from the first visit.
const FIRST_PAGES: [&str; 2] = ["src/pages/home", "src/pages/not_found"];

/// Parts whose code is in no first page: their styles load with the pages and the menu that use them.
const LATER_PARTS: [&str; 8] = [
    "src/parts/card_actions",
    "src/parts/charts",
    "src/parts/confirm",
    "src/parts/continue_here",
    "src/parts/dialog",
    "src/parts/profile_menu",
    "src/parts/select_field",
    "src/parts/text_field",
];

/// Stands between the two stylesheets in what Sass writes.
const SEAM: &str = "#seam{--seam:0}";

/// What Sass made.
pub struct Styles {
    /// Tokens, the document, parts, and the pages that a first visit may show.
    pub first: String,
    /// Every other page; comes after [`Styles::first`].
    pub pages: String,
}

/// Compiles the styles; `font_rules` are the `@font-face` rules that go first.
///
/// # Errors
/// Where a style does not compile; the message names the file and the line.
pub fn compile(layout: &Layout, font_rules: &str) -> Result<Styles> {
    let config = Config::load(layout.at("app"))?;
    let scratch = layout.front().join("style");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    fs::write(scratch.join("fonts.scss"), font_rules)?;

    fs::write(scratch.join("seam.scss"), SEAM)?;

    // One compilation for all: Sass writes what a shared module emits once, however many parts use it.
    let (mut first, mut pages) = (String::from("@use \"fonts\";\n@use \"main\";\n"), String::from("@use \"seam\";\n"));
    for (index, path) in modules(&config)?.iter().enumerate() {
        let scoped =
            stylance_core::load_and_modify_css(path, &config).map_err(|error| anyhow!("{}: {error:#}", path.display()))?;
        let name = flat_name(&scoped.relative_path);
        fs::write(scratch.join(format!("{name}.scss")), scoped.contents)?;
        let sheet = if is_lazy(&scoped.relative_path) { &mut pages } else { &mut first };
        writeln!(sheet, "@use \"{name}\" as part-{index};")?;
    }
    let entry = first + &pages;
    fs::write(scratch.join("entry.scss"), &entry)?;

    let options =
        grass::Options::default().style(grass::OutputStyle::Compressed).load_path(layout.at("style")).load_path(&scratch);
    let css =
        grass::from_path(scratch.join("entry.scss"), &options).map_err(|error| anyhow!("the styles do not compile:\n{error}"))?;
    animations_are_told_apart(&css)?;
    let (first, pages) = css.split_once(SEAM).context("the seam between the stylesheets is gone")?;
    Ok(Styles { first: first.to_owned(), pages: pages.to_owned() })
}

/// The names of animations are the document's: of two rules for one name the last would hold for both parts.
fn animations_are_told_apart(css: &str) -> Result<()> {
    let mut names: Vec<&str> =
        css.split("@keyframes ").skip(1).map(|rest| rest.split(['{', ' ']).next().unwrap_or_default()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => bail!("two parts have an animation `{}`: its name begins with that of the part", pair[0]),
        None => Ok(()),
    }
}

/// The rules of the page that stands in for one that cannot be reached; they come after [`Styles::first`].
///
/// # Errors
/// As [`compile`].
pub fn offline(layout: &Layout) -> Result<String> {
    let options = grass::Options::default().style(grass::OutputStyle::Compressed).load_path(layout.at("style"));
    grass::from_path(layout.at("style/offline.scss"), &options).map_err(|error| anyhow!("the styles do not compile:\n{error}"))
}

/// Whether a style belongs to a page or a part that loads with its code.
fn is_lazy(relative: &Path) -> bool {
    let is_one_of = |all: &[&str]| all.iter().any(|one| relative.starts_with(one));
    (relative.starts_with("src/pages") && !is_one_of(&FIRST_PAGES)) || is_one_of(&LATER_PARTS)
}

/// Every scoped stylesheet, in the order of their paths, so that the cascade never depends on the machine.
fn modules(config: &Config) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in &config.folders {
        for entry in WalkDir::new(folder) {
            let entry = entry.with_context(|| format!("could not list {}", folder.display()))?;
            let name = entry.file_name().to_string_lossy();
            if entry.file_type().is_file() && config.extensions.iter().any(|end| name.ends_with(end.as_str())) {
                found.push(entry.into_path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// `src/parts/card/card.module.scss` as `src-parts-card-card`, a name that Sass takes and a person recognises.
fn flat_name(relative: &Path) -> String {
    let path = relative.to_string_lossy();
    let stem = path.split_once(".module.").map_or(path.as_ref(), |(stem, _)| stem);
    stem.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scoped_names_are_those_of_the_macro_and_shared_rules_come_once() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, content: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        put("Cargo.lock", "");
        put("xtask/Cargo.toml", "");
        put("app/Cargo.toml", "[package]\nname = \"app\"\n[package.metadata.stylance]\nfolders = [\"./src/\"]\n");
        put("style/_tokens.scss", "$bulb: #ffb547;\n:root { --once: 1; }\n");
        put("style/main.scss", "@use \"tokens\" as *;\nbody { color: $bulb; }\n");
        put("app/src/parts/card/card.module.scss", "@use \"tokens\" as *;\n.card { color: $bulb; &:hover { color: red; } }\n");
        put("app/src/parts/row/row.module.scss", "@use \"tokens\" as *;\n.row { color: $bulb; }\n");

        put("app/src/pages/title/title.module.scss", "@use \"tokens\" as *;\n.title { color: $bulb; }\n");
        put("app/src/pages/home/home.module.scss", "@use \"tokens\" as *;\n.home { color: $bulb; }\n");

        put("app/src/parts/dialog/dialog.module.scss", "@use \"tokens\" as *;\n.modal { color: $bulb; }\n");

        let layout = Layout::of(root.path());
        let Styles { first: css, pages } = compile(&layout, "").unwrap();
        assert!(css.contains(".home") && !css.contains(".title"), "{css}");
        assert!(pages.contains(".modal") && !css.contains(".modal"), "{pages}");
        assert!(pages.contains(".title") && !pages.contains("--once") && !pages.contains("seam"), "{pages}");
        assert_eq!(css.matches("--once").count(), 1, "{css}");

        let config = Config::load(layout.at("app")).unwrap();
        let card = layout.at("app/src/parts/card/card.module.scss");
        let (_, classes) = stylance_core::get_classes(&card, &config).unwrap();
        assert!(css.contains(&format!(".{}:hover", classes[0].hashed_name)), "{css}");
        assert!(!css.contains(".card{"), "{css}");
    }

    #[test]
    fn two_animations_of_one_name_are_refused() {
        let rule = |name| format!("@keyframes {name}{{from{{opacity:0}}}}.a{{animation:{name} 1s}}");
        assert!(animations_are_told_apart(&[rule("dialog-appear"), rule("ring-appear")].concat()).is_ok());
        let said = animations_are_told_apart(&[rule("turn"), rule("appear"), rule("turn")].concat()).unwrap_err().to_string();
        assert!(said.contains("`turn`"), "{said}");
    }

    #[test]
    fn a_mistake_names_its_file_and_its_line() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, content: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        put("Cargo.lock", "");
        put("xtask/Cargo.toml", "");
        put("app/Cargo.toml", "[package]\nname = \"app\"\n[package.metadata.stylance]\nfolders = [\"./src/\"]\n");
        put("style/main.scss", "body { margin: 0; }\n");
        put("app/src/parts/card/card.module.scss", ".card {\n  color: $nowhere;\n}\n");
        put("app/src/parts/row/row.module.scss", ".row { color: red; }\n");
        let said = compile(&Layout::of(root.path()), "").err().unwrap().to_string();
        assert!(said.contains("src-parts-card-card.scss:2:") && !said.contains("row"), "{said}");
    }
}
