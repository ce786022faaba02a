//! Services talk in contract calls: none imports another, and what one stores is nobody else's business.

use super::{Finding, Source, Sources, sources::names};

const HOME: &str = "server/src/services/";

/// `services/a` never imports `services/b`.
pub fn keep_apart(sources: &Sources) -> Vec<Finding> {
    let services = all(sources);
    let mut findings = Vec::new();
    for source in sources.under(HOME, &["rs"]) {
        let Some(own) = service_of(source) else { continue };
        for (line, code) in source.code() {
            for other in services.iter().filter(|name| **name != own && imports(code, name)) {
                let message = format!("the service {own} imports {other}: send a contract call instead");
                findings.push(Finding::new(&source.path, line, message));
            }
        }
    }
    findings
}

/// Record types are used inside of their service's folder alone.
pub fn records_stay_home(sources: &Sources) -> Vec<Finding> {
    let services = all(sources);
    let mut findings = Vec::new();
    for source in sources.under("server/", &["rs"]) {
        let own = service_of(source);
        for (line, code) in source.code() {
            let published = own.is_some()
                && ["pub mod record", "pub use record", "pub use self::record"].iter().any(|words| code.contains(words));
            let taken = services.iter().any(|name| Some(*name) != own && code.contains(&format!("{name}::record")));
            if published || taken {
                findings.push(Finding::new(
                    &source.path,
                    line,
                    "a record type leaves its service: convert it to a contract type there",
                ));
            }
        }
    }
    findings
}

/// The services there are: the folders below [`HOME`].
fn all(sources: &Sources) -> Vec<&str> {
    let mut services: Vec<&str> = sources.under(HOME, &["rs"]).filter_map(service_of).collect();
    services.sort_unstable();
    services.dedup();
    services
}

fn service_of(source: &Source) -> Option<&str> {
    source.path.strip_prefix(HOME)?.split_once('/').map(|(service, _)| service)
}

/// Whether a line reaches for a service: `services::b`, `services::{a, b}`, `super::super::b`.
fn imports(code: &str, service: &str) -> bool {
    let after = |path: &str| code.split_once(path).map_or("", |(_, rest)| rest);
    let direct = |rest: &str| names(rest.split("::").next().unwrap_or_default().trim_end_matches([';', ' ']), service);
    let rest = after("services::");
    match rest.strip_prefix('{') {
        Some(group) => names(group, service),
        None => direct(rest) || direct(after("super::super::")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOG: (&str, &str) = ("server/src/services/catalog/mod.rs", "mod record;\nuse record::Stored;\n");

    #[test]
    fn a_service_that_imports_another_is_found_however_it_is_written() {
        for line in
            ["use crate::services::catalog::v1;", "use crate::services::{catalog, playback};", "use super::super::catalog;"]
        {
            let sources = Sources::of(&[CATALOG, ("server/src/services/playback/v1.rs", line)]);
            assert_eq!(keep_apart(&sources).len(), 1, "{line}");
        }
    }

    #[test]
    fn a_service_may_name_itself_and_the_contract() {
        let text = "use crate::services::playback::v1;\nuse contract::catalog::GetTitle;\n// services::catalog\n";
        assert_eq!(keep_apart(&Sources::of(&[CATALOG, ("server/src/services/playback/v1.rs", text)])), []);
    }

    #[test]
    fn a_record_that_leaves_its_service_is_found() {
        let sources = Sources::of(&[
            CATALOG,
            ("server/src/page.rs", "use crate::services::catalog::record::Stored;\n"),
            ("server/src/services/playback/mod.rs", "pub mod record;\n"),
        ]);
        let findings = records_stay_home(&sources);
        assert_eq!(findings.len(), 2, "{findings:?}");
    }
}
