//! The service worker, and the page that it answers with where the server cannot be reached (`offline/`).
//!
//! Both name the build that they are of. The worker's own file lies at the top of the site, because it answers for what is
//! below its folder, and is another one for each build, which is how browsers see that there is a new one.

use anyhow::{Context, Result};

use super::Files;

const WORKER: &str = include_str!("offline/service-worker.js");
/// Under the name that the server and the boot script know.
const WORKER_FILE: &str = "service-worker.js";
const DOCUMENT: &str = include_str!("offline/offline.html");
const DOCUMENT_FILE: &str = "offline.html";
const SCRIPT: &str = include_str!("offline/offline.js");
const ICON: &str = "icon.svg";
/// Stands for the name of the build.
const BUILD: &str = "{{build}}";
/// Stands for what is kept ahead of need.
const SHELL: &str = "{{shell}}";
/// What every page needs, whichever it is; the code of single pages is kept once it was used.
const OF_EVERY_PAGE: [&str; 8] =
    ["marquee.css", "pages.css", "marquee.js", "marquee.wasm", super::wasm::LOADER, DOCUMENT_FILE, "offline.css", "offline.js"];

/// Adds to `pkg` what the page for nowhere is made of, before the build has its name.
///
/// # Errors
/// Where there is no icon.
pub fn add_document(pkg: &mut Files, styles: String, public: &Files) -> Result<()> {
    pkg.put(DOCUMENT_FILE, DOCUMENT.as_bytes().to_vec());
    pkg.put("offline.js", SCRIPT.as_bytes().to_vec());
    pkg.put("offline.css", styles.into_bytes());
    pkg.put(ICON, public.get(ICON).context("public/icon.svg is not there")?.to_vec());
    // Another worker is another build.
    pkg.put(WORKER_FILE, WORKER.as_bytes().to_vec());
    Ok(())
}

/// Names the build in the page, and makes its service worker, which also keeps `font`.
///
/// # Errors
/// Where a part of the shell is not there: the worker would never be installed.
pub fn add_worker(site: &mut Files, pkg: &mut Files, build: &str, font: &str) -> Result<()> {
    pkg.put(DOCUMENT_FILE, DOCUMENT.replace(BUILD, build).into_bytes());
    pkg.remove(WORKER_FILE);
    let snippets = pkg.names().filter(|name| name.starts_with("snippets/"));
    let mut shell = Vec::new();
    for name in OF_EVERY_PAGE.into_iter().chain([ICON]).chain(snippets) {
        pkg.get(name).with_context(|| format!("the site has no {name}, which its service worker keeps"))?;
        shell.push(format!("/pkg/{build}/{name}"));
    }
    shell.push(font.to_owned());
    let worker = WORKER.replace(BUILD, build).replace(SHELL, &serde_json::to_string(&shell)?);
    site.put(WORKER_FILE, worker.into_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pkg() -> Files {
        let mut public = Files::default();
        public.put(ICON, b"<svg/>".to_vec());
        let mut pkg = Files::default();
        for name in ["marquee.css", "pages.css", "marquee.js", "marquee.wasm", super::super::wasm::LOADER, "snippets/a/b.js"] {
            pkg.put(name, b"content".to_vec());
        }
        add_document(&mut pkg, ".offline{}".to_owned(), &public).unwrap();
        pkg
    }

    #[test]
    fn a_worker_names_its_build_and_everything_that_every_page_of_it_needs() {
        let (mut site, mut pkg) = (Files::default(), pkg());
        add_worker(&mut site, &mut pkg, "1a2b", "/fonts/f/a.woff2").unwrap();
        let worker = String::from_utf8(site.get(WORKER_FILE).unwrap().to_vec()).unwrap();
        for kept in ["/pkg/1a2b/marquee.wasm", "/pkg/1a2b/snippets/a/b.js", "/pkg/1a2b/offline.html", "/fonts/f/a.woff2"] {
            assert!(worker.contains(&format!("\"{kept}\"")), "{kept} {worker}");
        }
        let document = String::from_utf8(pkg.get(DOCUMENT_FILE).unwrap().to_vec()).unwrap();
        assert!(document.contains("/pkg/1a2b/offline.js"), "{document}");
        assert!(!worker.contains("{{") && !document.contains("{{"));
        assert!(pkg.get(WORKER_FILE).is_none(), "it is served in one place");
    }

    #[test]
    fn a_site_that_lacks_a_part_of_its_shell_is_not_built() {
        let mut pkg = pkg();
        pkg.remove("marquee.wasm");
        let error = add_worker(&mut Files::default(), &mut pkg, "1a2b", "/fonts/f/a.woff2").unwrap_err();
        assert!(error.to_string().contains("marquee.wasm"));
    }
}
