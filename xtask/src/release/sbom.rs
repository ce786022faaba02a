//! The bill of materials, in CycloneDX's form as JSON, version 1.5. Tests hold it against CycloneDX's own schema.
//!
//! The same inventory gives the same bytes: it has no date, and its number is made from what it says. Must never say less than
//! the list inside the binary.
//!
//! CycloneDX's crate is left out: it writes XML as well, and with that and its macros every command of xtask would be compiled
//! for minutes.

use anyhow::{Context, Result, anyhow};
use serde::Serialize;
use spdx::Expression;

use super::inventory::{Inventory, Npm, Origin, Part};

/// As the binary is called, rather than its crate.
const NAME: &str = "marquee";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bill {
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Uses>,
}

#[derive(Serialize)]
struct Metadata {
    tools: Tools,
    component: Component,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Serialize)]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    name: String,
    version: String,
    scope: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Licence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Licence {
    /// In SPDX's form.
    expression: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Uses {
    #[serde(rename = "ref")]
    user: String,
    depends_on: Vec<String>,
}

const REQUIRED: &str = "required";
/// Of what is not there when the binary runs.
const EXCLUDED: &str = "excluded";

/// The bill as JSON.
///
/// # Errors
/// Where a licence cannot be read, or there is nothing to bill.
pub fn of(inventory: &Inventory) -> Result<Vec<u8>> {
    let (root, others) = inventory.crates.split_first().context("a release is made of something")?;
    let application = Component { kind: "application", name: NAME.to_owned(), ..of_crate(root)? };
    let mut components = others.iter().map(of_crate).collect::<Result<Vec<_>>>()?;
    let npm = inventory.npm.iter().map(of_npm).collect::<Result<Vec<_>>>()?;

    let mut dependencies: Vec<Uses> = inventory.crates.iter().map(|part| uses(part, &inventory.crates)).collect();
    if let Some(root) = dependencies.first_mut() {
        root.depends_on.extend(npm.iter().map(|one| one.reference.clone()));
    }
    dependencies.extend(npm.iter().map(|one| Uses { user: one.reference.clone(), depends_on: Vec::new() }));
    components.extend(npm);

    let maker = Component {
        kind: "application",
        reference: "xtask".to_owned(),
        name: "cargo xtask".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scope: EXCLUDED,
        hashes: Vec::new(),
        licenses: Vec::new(),
        purl: None,
    };
    let mut bill = Bill {
        bom_format: "CycloneDX",
        spec_version: "1.5",
        serial_number: None,
        version: 1,
        metadata: Metadata { tools: Tools { components: vec![maker] }, component: application },
        components,
        dependencies,
    };
    bill.serial_number = Some(number(&serde_json::to_vec(&bill)?));
    Ok(serde_json::to_vec_pretty(&bill)?)
}

/// A number that belongs to these bytes and no others, in the form of a UUID (version 8: made in a way of one's own).
fn number(bytes: &[u8]) -> String {
    let hex = blake3::hash(bytes).to_hex();
    format!("urn:uuid:{}-{}-8{}-8{}-{}", &hex[0..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
}

fn of_crate(part: &Part) -> Result<Component> {
    let Part { name, version, .. } = part;
    // A plus sign would be read as a space.
    let url = || format!("pkg:cargo/{name}@{}", version.to_string().replace('+', "%2B"));
    Ok(Component {
        kind: "library",
        reference: reference(part),
        name: name.clone(),
        version: version.to_string(),
        scope: if part.is_build { EXCLUDED } else { REQUIRED },
        hashes: part.checksum.iter().map(|hash| Hash { alg: "SHA-256", content: hash.clone() }).collect(),
        licenses: licences(part.licence.as_deref()).with_context(|| format!("{name} {version}"))?,
        purl: match part.origin {
            Origin::Ours => None,
            Origin::CratesIo | Origin::Registry | Origin::Git => Some(url()),
        },
    })
}

fn of_npm(Npm { name, version, licence }: &Npm) -> Result<Component> {
    // The sign before a scope is written as the form of package URLs wants it.
    let url = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
    Ok(Component {
        kind: "library",
        reference: url.clone(),
        name: name.clone(),
        version: version.clone(),
        scope: REQUIRED,
        hashes: Vec::new(),
        licenses: licences(licence.as_deref()).with_context(|| name.clone())?,
        purl: Some(url),
    })
}

/// Old manifests write `/` for `OR`, which is no SPDX.
fn licences(text: Option<&str>) -> Result<Vec<Licence>> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let bad = |error: spdx::ParseError| anyhow!("`{text}`: {error}");
    let expression = Expression::canonicalize(text).map_err(bad)?.unwrap_or_else(|| text.to_owned());
    Expression::parse(&expression).map_err(|error| anyhow!("`{expression}`: {error}"))?;
    Ok(vec![Licence { expression }])
}

fn uses(part: &Part, crates: &[Part]) -> Uses {
    let used = part.uses.iter().filter_map(|number| crates.get(*number));
    Uses { user: reference(part), depends_on: used.map(reference).collect() }
}

fn reference(part: &Part) -> String {
    format!("{}@{}", part.name, part.version)
}
