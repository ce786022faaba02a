//! What may be done in one place alone: markup that is written as it is, programs that are started, keys of objects.

use super::{Finding, Sources};

/// Under which folder, what is looked for, and the files where it may stand.
struct Rule {
    home: &'static str,
    words: &'static [&'static str],
    allowed: &'static [&'static str],
    why: &'static str,
}

const MARKUP: Rule = Rule {
    home: "app/src/",
    words: &["inner_html", "leptos_meta::Title", "use leptos_meta::Title"],
    allowed: &[
        "app/src/head.rs",
        // JSON, embedded by head.rs.
        "app/src/shell.rs",
        "app/src/store/slices.rs",
        // A QR code, drawn by the server.
        "app/src/pages/account/security/app.rs",
    ],
    why: "leptos writes this as it is: go through app/src/head.rs",
};

const PROGRAMS: Rule = Rule {
    home: "server/",
    words: &["Command::new("],
    allowed: &["server/media/src/child.rs", "server/vault/src/master.rs"],
    why: "programs are started in server/media/src/child.rs, and the key service's in server/vault/src/master.rs",
};

const KEYS: Rule = Rule {
    home: "server/",
    words: &["ObjectKey::media(", "ObjectKey::artwork(", "ObjectKey::site("],
    allowed: &[
        "server/storage/src/objects.rs",
        "server/media/src/objects.rs",
        "server/src/services/catalog/artwork.rs",
        "server/src/site/previous.rs",
        // Where pictures lay before they were stored under their content, and a name for asking whether a store answers.
        "server/src/services/catalog/art.rs",
        "server/src/ready.rs",
    ],
    why: "keys of objects are made in server/media/src/objects.rs, server/src/services/catalog/artwork.rs and \
          server/src/site/previous.rs",
};

/// Markup that leptos does not escape is written in `head.rs` and `shell.rs` alone.
pub fn of_markup(sources: &Sources) -> Vec<Finding> {
    breaches(sources, &MARKUP)
}

/// Programs are started in one place, with the arguments as a vector.
pub fn of_programs(sources: &Sources) -> Vec<Finding> {
    breaches(sources, &PROGRAMS)
}

/// Keys of objects are made in one place each.
pub fn of_keys(sources: &Sources) -> Vec<Finding> {
    breaches(sources, &KEYS)
}

/// `update` is pure: it knows no clock, starts nothing, and names every action.
pub fn of_effects(sources: &Sources) -> Vec<Finding> {
    const WORDS: [&str; 6] = ["Instant::", "SystemTime", "Date::now", "spawn", "rand::", "_ =>"];
    let mut findings = Vec::new();
    for source in sources.under("app/src/store/update/", &["rs"]) {
        for (line, code) in source.code() {
            for word in WORDS.iter().filter(|word| code.contains(**word)) {
                findings.push(Finding::new(&source.path, line, format!("`{word}` in update, which is pure and exhaustive")));
            }
        }
    }
    findings
}

fn breaches(sources: &Sources, rule: &Rule) -> Vec<Finding> {
    let is_test = |path: &str| {
        path.contains("/tests/")
            || path.ends_with("tests.rs")
            || path.ends_with("promises.rs")
            || path.contains("/testing/")
            || path.contains("/power-cut/")
    };
    let mut findings = Vec::new();
    for source in sources.under(rule.home, &["rs"]).filter(|source| !rule.allowed.contains(&source.path.as_str())) {
        if is_test(&source.path) {
            continue;
        }
        // Tests at a file's end may do it.
        let own = source.code().take_while(|(_, code)| !code.contains("mod tests {"));
        findings.extend(
            own.filter(|(_, code)| rule.words.iter().any(|word| code.contains(word)))
                .map(|(line, _)| Finding::new(&source.path, line, rule.why)),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_elsewhere_and_allowed_in_its_place() {
        for (rule, word, place) in [
            (of_markup as fn(&Sources) -> Vec<Finding>, "<p inner_html=text/>", "app/src/head.rs"),
            (of_programs, "Command::new(\"ffmpeg\")", "server/media/src/child.rs"),
            (of_keys, "ObjectKey::media(title, &[name])", "server/media/src/objects.rs"),
            (of_keys, "ObjectKey::site(&[name])", "server/src/site/previous.rs"),
        ] {
            let elsewhere = if place.starts_with("app") { "app/src/pages/home.rs" } else { "server/src/serve.rs" };
            let text = format!("{word}\nmod tests {{\n{word}\n}}\n");
            let sources = Sources::of(&[(place, &text), (elsewhere, &text), ("server/src/tests/a.rs", &text)]);
            let findings = rule(&sources);
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert_eq!((findings[0].path.as_str(), findings[0].line), (elsewhere, 1));
        }
    }

    #[test]
    fn an_update_that_looks_at_the_clock_or_catches_all_is_found() {
        let text = "let now = Instant::now();\nmatch action {\n    _ => {}\n}\n";
        let sources = Sources::of(&[("app/src/store/update/home.rs", text), ("app/src/store/run.rs", text)]);
        assert_eq!(of_effects(&sources).len(), 2);
    }
}
