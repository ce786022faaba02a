//! The list and the bill of this very workspace, a binary that carries the one, and the form that the other must have.

use std::{process::Command, sync::LazyLock};

use jsonschema::{Registry, Validator};
use serde_json::Value;

use super::{
    inventory::{Origin, Part},
    *,
};

/// Cargo is asked once for all tests.
fn inventory() -> Inventory {
    static ASKED: LazyLock<Inventory> = LazyLock::new(|| Inventory::of_release(&Layout::find().unwrap()).unwrap());
    ASKED.clone()
}

fn part<'a>(inventory: &'a Inventory, name: &str) -> Option<&'a Part> {
    inventory.crates.iter().find(|part| part.name == name)
}

/// CycloneDX's own schema, from its repository, with those that it refers to.
fn schema() -> Validator {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let registry = Registry::new()
        .add("http://cyclonedx.org/schema/spdx.schema.json", read(include_str!("schema/spdx.schema.json")))
        .unwrap()
        .add("http://cyclonedx.org/schema/jsf-0.82.schema.json", read(include_str!("schema/jsf-0.82.schema.json")))
        .unwrap()
        .prepare()
        .unwrap();
    let schema = read(include_str!("schema/bom-1.5.schema.json"));
    jsonschema::options().with_registry(&registry).should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn a_release_is_made_of_what_its_server_and_client_use_and_not_of_what_tests_use() {
    let inventory = inventory();
    let root = &inventory.crates[0];
    assert_eq!((root.name.as_str(), root.origin, root.is_build), ("server", Origin::Ours, false));
    let is_build = |name: &str| part(&inventory, name).map(|part| part.is_build);
    assert_eq!([is_build("tokio"), is_build("gloo-net"), is_build("frontend")], [Some(false); 3]);
    assert_eq!([is_build("serde_derive"), is_build("cc")], [Some(true); 2]);
    assert_eq!([is_build("insta"), is_build("xtask"), is_build("grass")], [None; 3]);
    let tokio = part(&inventory, "tokio").unwrap();
    assert_eq!(
        (tokio.origin, tokio.checksum.as_ref().unwrap().len(), tokio.licence.as_deref()),
        (Origin::CratesIo, 64, Some("MIT"))
    );
    let npm: Vec<&str> = inventory.npm.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(npm, ["@fontsource-variable/bricolage-grotesque", "hls.js"]);
}

#[test]
fn every_crate_of_a_release_is_reached_from_the_server() {
    let inventory = inventory();
    let mut reached = vec![false; inventory.crates.len()];
    let mut left = vec![0];
    while let Some(number) = left.pop() {
        if !std::mem::replace(&mut reached[number], true) {
            left.extend(&inventory.crates[number].uses);
        }
    }
    let lost: Vec<&str> =
        inventory.crates.iter().zip(&reached).filter(|(_, reached)| !**reached).map(|(part, _)| part.name.as_str()).collect();
    assert_eq!(lost, [""; 0]);
}

#[test]
fn a_binary_linked_with_the_list_carries_it_also_when_it_is_stripped() {
    let list = audit::list(&inventory()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (object, source, binary) = (folder.path().join("list.o"), folder.path().join("main.rs"), folder.path().join("main"));
    fs::write(&object, audit::object(&list, audit::Platform::here().unwrap()).unwrap()).unwrap();
    fs::write(&source, "fn main() {}").unwrap();
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.arg(&source).args(["-C", "strip=symbols", "-C", "opt-level=3", "-o"]).arg(&binary);
    crate::process::run(rustc.args(audit::link_arguments(&object))).unwrap();
    assert_eq!(auditable_info::audit_info_from_file(&binary, auditable_info::Limits::default()).unwrap(), list);
    crate::process::run(&mut Command::new(&binary)).unwrap();
}

#[test]
fn a_binary_without_the_list_or_with_another_one_is_no_release() {
    let inventory = inventory();
    let list = audit::list(&inventory).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("marquee");
    let carried = Carried { list: list.clone(), inventory, object: PathBuf::new() };
    fs::write(&binary, "not a binary").unwrap();
    assert!(carried.finish(&binary).is_err());
    let platform = audit::Platform::here().unwrap();
    let mut other = list.clone();
    other.packages[1].version.major += 1;
    fs::write(&binary, audit::object(&other, platform).unwrap()).unwrap();
    assert!(carried.finish(&binary).unwrap_err().to_string().contains("another build"));
    fs::write(&binary, audit::object(&list, platform).unwrap()).unwrap();
    assert_eq!(carried.finish(&binary).unwrap(), folder.path().join("marquee.cdx.json"));
    assert!(folder.path().join("marquee.cdx.json").is_file());
}

#[test]
fn the_bill_of_materials_is_as_cyclonedx_wants_it_and_names_all_that_the_list_does() {
    let inventory = inventory();
    let bytes = sbom::of(&inventory).unwrap();
    assert_eq!(bytes, sbom::of(&inventory).unwrap(), "the same inventory gives the same bytes");
    let bom: Value = serde_json::from_slice(&bytes).unwrap();
    let broken: Vec<String> = schema().iter_errors(&bom).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(broken, [""; 0]);
    assert_eq!((bom["specVersion"].as_str(), bom["metadata"]["component"]["name"].as_str()), (Some("1.5"), Some("marquee")));
    let components = bom["components"].as_array().unwrap();
    assert_eq!(components.len() + 1, inventory.crates.len() + inventory.npm.len());
    let tokio = components.iter().find(|one| one["name"] == "tokio").unwrap();
    assert_eq!(tokio["purl"], format!("pkg:cargo/tokio@{}", tokio["version"].as_str().unwrap()));
    assert_eq!((tokio["licenses"][0]["expression"].as_str(), tokio["scope"].as_str()), (Some("MIT"), Some("required")));
}

#[test]
fn the_schema_refuses_what_is_no_bill_of_materials() {
    let mut bom: Value = serde_json::from_slice(&sbom::of(&inventory()).unwrap()).unwrap();
    bom["components"][0]["scope"] = "perhaps".into();
    assert!(!schema().is_valid(&bom));
}
