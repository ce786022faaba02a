//! Who may depend on whom, read from the manifests.

use super::{Finding, Source, Sources, sources::names};

/// What the contract may use: data and its descriptions. Neither I/O nor a framework.
const CONTRACT_USES: [&str; 5] = ["serde", "serde_json", "sfv", "thiserror", "utoipa"];
/// What belongs to the server and must not reach a browser.
const SERVER_ONLY: [&str; 6] = ["server", "axum", "leptos_axum", "tokio", "tower", "rusqlite"];

/// `contract` depends on serde and little else.
pub fn contract_stays_small(sources: &Sources) -> Vec<Finding> {
    let Some(manifest) = sources.get("contract/Cargo.toml") else {
        return vec![Finding::new("contract/Cargo.toml", 0, "is missing")];
    };
    dependencies(manifest)
        .filter(|(_, name)| !CONTRACT_USES.contains(name))
        .map(|(line, name)| Finding::new(&manifest.path, line, format!("the contract must not depend on {name}")))
        .collect()
}

/// `app` never depends on `server`, nor on what a server is made of.
pub fn app_knows_no_server(sources: &Sources) -> Vec<Finding> {
    let Some(manifest) = sources.get("app/Cargo.toml") else {
        return vec![Finding::new("app/Cargo.toml", 0, "is missing")];
    };
    let declared = dependencies(manifest)
        .filter(|(_, name)| SERVER_ONLY.contains(name))
        .map(|(line, name)| Finding::new(&manifest.path, line, format!("the app must not depend on {name}")));
    let used = sources.under("app/src/", &["rs"]).flat_map(|source| {
        let uses =
            |code: &str| code.split_whitespace().any(|word| word.starts_with("server::")) || names(code, "extern crate server");
        source
            .code()
            .filter(move |(_, code)| uses(code))
            .map(|(line, _)| Finding::new(&source.path, line, "the app names the server"))
    });
    declared.chain(used).collect()
}

/// The names under every `[dependencies]` of a manifest, those of tests apart.
fn dependencies(manifest: &Source) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    manifest.lines().filter_map(move |(number, line)| {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies") && !section.contains("dev-dependencies");
            return None;
        }
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
        (inside && is_name && line.contains('=')).then_some((number, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_that_grows_is_found() {
        let manifest = "[package]\nname = \"contract\"\n[dependencies]\nserde.workspace = true\naxum = \"0.8\"\n[dev-dependencies]\ninsta = \"1\"\n";
        let findings = contract_stays_small(&Sources::of(&[("contract/Cargo.toml", manifest)]));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].line, 5);
    }

    #[test]
    fn an_app_that_knows_the_server_is_found_in_manifest_and_code() {
        let manifest = "[dependencies]\nweb-sys = { version = \"1\", features = [\n  \"Window\",\n] }\nserver.workspace = true\n";
        let sources = Sources::of(&[("app/Cargo.toml", manifest), ("app/src/lib.rs", "use server::x;\nuse leptos_server::y;\n")]);
        assert_eq!(app_knows_no_server(&sources).len(), 2);
    }
}
