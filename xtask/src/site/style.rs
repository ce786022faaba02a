//! One stylesheet from style/main.scss and every scoped `*.module.scss` of the app.
//!
//! Class names come from stylance-core with the app's own configuration, as in its macro: page and stylesheet agree
//! because they ask the same function. Must never write into the source tree.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use stylance_core::Config;
use walkdir::WalkDir;

use crate::layout::Layout;

/// Compiles the stylesheet; `font_rules` are the `@font-face` rules that go first.
///
/// # Errors
/// Where a style does not compile; the message names the file and the line.
pub fn compile(layout: &Layout, font_rules: &str) -> Result<String> {
    let config = Config::load(layout.at("app"))?;
    let scratch = layout.front().join("style");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    fs::write(scratch.join("fonts.scss"), font_rules)?;

    // One compilation for all: Sass writes what a shared module emits once, however many parts use it.
    let mut entry = String::from("@use \"fonts\";\n@use \"main\";\n");
    for (index, path) in modules(&config)?.iter().enumerate() {
        let scoped =
            stylance_core::load_and_modify_css(path, &config).map_err(|error| anyhow!("{}: {error:#}", path.display()))?;
        let name = flat_name(&scoped.relative_path);
        fs::write(scratch.join(format!("{name}.scss")), scoped.contents)?;
        writeln!(entry, "@use \"{name}\" as part-{index};")?;
    }
    fs::write(scratch.join("entry.scss"), &entry)?;

    let options =
        grass::Options::default().style(grass::OutputStyle::Compressed).load_path(layout.at("style")).load_path(&scratch);
    grass::from_path(scratch.join("entry.scss"), &options).map_err(|error| anyhow!("the styles do not compile:\n{error}"))
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

        let layout = Layout::of(root.path());
        let css = compile(&layout, "").unwrap();
        assert_eq!(css.matches("--once").count(), 1, "{css}");

        let config = Config::load(layout.at("app")).unwrap();
        let card = layout.at("app/src/parts/card/card.module.scss");
        let (_, classes) = stylance_core::get_classes(&card, &config).unwrap();
        assert!(css.contains(&format!(".{}:hover", classes[0].hashed_name)), "{css}");
        assert!(!css.contains(".card{"), "{css}");
    }

    #[test]
    fn a_mistake_names_its_file() {
        assert_eq!(flat_name(Path::new("src/parts/card/card.module.scss")), "src-parts-card-card");
    }
}
