//! What is a breach of the rules, and what is none.

use super::*;

const RULES: &str = r#"
    [graph]
    all-features = true
    [licenses]
    allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]
    include-dev = true
    [bans]
    multiple-versions = "deny"
    multiple-versions-include-dev = true
    deny = [{ crate = "openssl-sys", reason = "rustls does it" }, { crate = "old@0.9", reason = "it is old" }]
    skip = ["rand@0.8"]
    [sources]
    unknown-registry = "deny"
    unknown-git = "deny"
    allow-registry = ["https://index.example/"]
    [advisories]
    db-urls = []
    ignore = []
"#;

fn rules(text: &str) -> Result<Rules, toml::de::Error> {
    toml::from_str(text)
}

/// As cargo says it.
fn one(name: &str, version: &str, license: Option<&str>) -> Package {
    let source = "registry+https://index.example/";
    let json = serde_json::json!({ "id": name, "name": name, "version": version, "license": license, "source": source });
    serde_json::from_value(json).unwrap()
}

/// With the two versions of `rand` that the rules speak of.
fn found(crates: Vec<Package>) -> Vec<String> {
    let rand = [one("rand", "0.8.5", Some("MIT")), one("rand", "0.9.1", Some("MIT"))];
    breaches(&rules(RULES).unwrap(), &crates.into_iter().chain(rand).collect::<Vec<_>>())
}

#[test]
fn a_licence_is_enough_where_one_of_those_offered_is_allowed_and_all_that_are_asked_for_are() {
    for good in ["MIT", "MIT OR GPL-3.0-only", "MIT/GPL-3.0-only", "MIT AND Apache-2.0", "Apache-2.0 WITH LLVM-exception"] {
        assert_eq!(found(vec![one("a", "1.0.0", Some(good))]), [""; 0], "{good}");
    }
    for bad in
        [Some("GPL-3.0-only"), Some("MIT AND GPL-3.0-only"), Some("MIT WITH LLVM-exception"), Some("my own"), Some(""), None]
    {
        assert_eq!(found(vec![one("a", "1.0.0", bad)]).len(), 1, "{bad:?}");
    }
}

#[test]
fn a_banned_crate_and_one_from_elsewhere_are_found() {
    assert!(found(vec![one("openssl-sys", "1.0.0", Some("MIT"))])[0].contains("rustls does it"));
    assert!(found(vec![one("old", "0.9.3", Some("MIT"))])[0].contains("it is old"));
    assert_eq!(found(vec![one("old", "0.10.0", Some("MIT"))]), [""; 0]);
    let mut elsewhere = one("a", "1.0.0", Some("MIT"));
    elsewhere.source = Some("git+https://somewhere.example/a".to_owned());
    assert_eq!(found(vec![elsewhere]).len(), 1);
}

#[test]
fn a_crate_in_two_versions_is_found_unless_the_older_is_listed_and_a_third_is_found_beside_it() {
    assert_eq!(found(vec![one("a", "1.0.0", Some("MIT")), one("a", "2.0.0", Some("MIT"))]).len(), 1);
    assert_eq!(found(vec![one("rand", "0.10.0", Some("MIT"))]).len(), 1);
    let mut ours = one("a", "1.0.0", Some("MIT"));
    ours.source = None;
    assert_eq!(found(vec![ours, one("a", "2.0.0", Some("MIT"))]), [""; 0]);
}

#[test]
fn an_exception_that_nothing_needs_any_more_is_found() {
    let of = |crates: &[Package]| breaches(&rules(RULES).unwrap(), crates).len();
    assert_eq!(of(&[one("rand", "0.9.1", Some("MIT"))]), 1);
    assert_eq!(of(&[one("rand", "0.8.5", Some("MIT"))]), 1);
    assert_eq!(of(&[one("rand", "0.9.1", Some("MIT")), one("rand", "0.10.0", Some("MIT"))]), 2);
}

#[test]
fn a_rule_that_this_does_not_keep_is_refused() {
    rules(RULES).unwrap();
    let changes = [
        ("skip =", "skip-tree ="),
        ("\"deny\"", "\"warn\""),
        ("all-features = true", "all-features = false"),
        ("rand@0.8", "rand:0.8"),
        ("rand@0.8", "rand@>=0.8, <1"),
        ("\"MIT\"", "\"my own\""),
        ("db-urls = []", "db-urls = []\nyanked = \"deny\""),
    ];
    for (from, to) in changes {
        assert!(rules(&RULES.replacen(from, to, 1)).is_err(), "{to}");
    }
}

fn database(advisories: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (id, name, rest) in advisories {
        let place = folder.path().join("crates").join(name);
        fs::create_dir_all(&place).unwrap();
        let text = format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{name}\"\ndate = \"2026-01-02\"\n{rest}\n```\n\n# It burns\n\nDo not.\n"
        );
        fs::write(place.join(format!("{id}.md")), text).unwrap();
    }
    folder
}

#[test]
fn an_advisory_about_a_crate_is_a_breach_unless_it_is_ignored_and_an_ignored_one_that_is_about_none_is_one_too() {
    let folder = database(&[
        ("RUSTSEC-2026-0001", "a", "[versions]\npatched = [\">=1.2.0\"]"),
        ("RUSTSEC-2026-0002", "a", "withdrawn = \"2026-01-03\"\n[versions]\npatched = []"),
    ]);
    let of = |version: &str, ignore: &str| {
        let rules = rules(&RULES.replace("ignore = []", ignore)).unwrap();
        advisories::breaches(folder.path(), &rules.advisories.ignore, &[one("a", version, None)]).unwrap()
    };
    let ignored = "ignore = [{ id = \"RUSTSEC-2026-0001\", reason = \"no fire here\" }]";
    assert_eq!(of("1.1.0", "ignore = []"), ["a 1.1.0: RUSTSEC-2026-0001, It burns; put right in >=1.2.0"]);
    assert_eq!(of("1.2.0", "ignore = []"), [""; 0]);
    assert_eq!(of("1.1.0", ignored), [""; 0]);
    assert_eq!(of("1.2.0", ignored).len(), 1);
}

#[test]
fn a_database_that_is_not_there_or_is_broken_is_no_clean_bill() {
    let empty = tempfile::tempdir().unwrap();
    assert!(advisories::breaches(empty.path(), &[], &[]).is_err());
    assert!(advisories::breaches(&empty.path().join("none"), &[], &[]).is_err());
    let broken = database(&[("RUSTSEC-2026-0001", "a", "[versions]\npatched = \"all\"")]);
    assert!(advisories::breaches(broken.path(), &[], &[]).is_err());
    let inside = tempfile::tempdir().unwrap();
    fs::rename(database(&[]).keep(), inside.path().join("advisory-db-1")).unwrap();
    fs::create_dir(inside.path().join("advisory-db-1/crates")).unwrap();
    assert_eq!(advisories::breaches(inside.path(), &[], &[]).unwrap(), [""; 0]);
}
