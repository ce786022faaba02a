//! The glue between the client and JavaScript, made smaller.
//!
//! wasm-bindgen names every import after what it is for and a hash, once in the module and once in the script: that is a
//! thirtieth of a first visit, and nobody reads it. Must never change what the glue does.

use anyhow::{Context, Result, bail};
use wasm_encoder::{EntityType, ImportSection, RawSection};
use wasmparser::{Parser, Payload, TypeRef};

/// What wasm-bindgen calls the script's side of the module.
const SCRIPT: &str = "./marquee_bg.js";

/// Where a chunk's loader waits for what the chunk needs.
const LOADER_WAITS: &str = "await Promise.all(parallelStuff);";

/// The styles of the pages load with the first chunk of a page, unless the document has them already. Without them a page
/// is plain but there, so a failure does not stop it.
const PAGE_STYLES: &str = r#"let pageStyles;
function withPageStyles() {
return pageStyles ??= new Promise((done) => {
if (document.querySelector('link[href$="/pages.css"]')) return done();
const link = document.createElement("link");
link.rel = "stylesheet";
link.href = new URL("./pages.css", import.meta.url);
link.onload = done;
link.onerror = () => { pageStyles = undefined; link.remove(); done(); };
document.querySelector("link[rel=stylesheet]").after(link);
});
}
"#;

/// The loader of the chunks, which from now on waits for the styles of the pages as well.
///
/// # Errors
/// Where the loader is not as the splitter wrote it.
pub fn with_page_styles(loader: &str) -> Result<String> {
    if loader.matches(LOADER_WAITS).count() != 1 {
        bail!("the loader of the chunks is not as expected: has the splitter changed?");
    }
    let waiting = loader.replace(LOADER_WAITS, "await Promise.all([withPageStyles(), ...parallelStuff]);");
    Ok(plain(&format!("{waiting}\n{PAGE_STYLES}")))
}

/// Module and script with short names for what the one imports from the other, the script without comments.
///
/// # Errors
/// Where the script does not define an import exactly once, which would break it.
pub fn shorten(module: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let mut script = plain(script);
    let mut shortened = wasm_encoder::Module::new();
    let mut count = 0_u32;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::ImportSection(imports) = &payload {
            let mut section = ImportSection::new();
            for import in imports.clone().into_imports() {
                let import = import?;
                let TypeRef::Func(index) = import.ty else { bail!("{} is no function", import.name) };
                let mut name = import.name.to_owned();
                if import.module == SCRIPT {
                    // Never a word of the language, never a name of the glue's own.
                    name = format!("${count:x}");
                    count += 1;
                    script = renamed(&script, import.name, &name)?;
                }
                section.import(import.module, &name, EntityType::Function(index));
            }
            shortened.section(&section);
        } else if let Some((id, range)) = payload.as_section() {
            shortened.section(&RawSection { id, data: &module[range] });
        }
    }
    Ok((shortened.finish(), script))
}

/// The script with one import under another name: it stands there once, as the key of a line of its own.
fn renamed(script: &str, long: &str, short: &str) -> Result<String> {
    let key = format!("\n{long}:");
    let (before, after) = script.split_once(&key).with_context(|| format!("the glue does not define {long}"))?;
    if after.contains(&key) {
        bail!("the glue defines {long} twice");
    }
    Ok(format!("{before}\n{short}:{after}"))
}

/// A script without the comments and the indentation that a generator wrote on lines of their own.
fn plain(script: &str) -> String {
    let mut plain = String::with_capacity(script.len());
    let mut is_comment = false;
    for line in script.lines().map(str::trim) {
        is_comment |= line.starts_with("/*");
        if !is_comment && !line.is_empty() && !line.starts_with("//") {
            plain.push_str(line);
            plain.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    plain
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{CodeSection, Function, FunctionSection, TypeSection};

    use super::*;

    fn module(import: &str) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import(SCRIPT, import, EntityType::Function(0)).import("./other.js", "kept", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut code = CodeSection::new();
        let mut body = Function::new([]);
        body.instructions().call(0).end();
        code.function(&body);
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&imports).section(&functions).section(&code);
        module.finish()
    }

    #[test]
    fn an_import_is_called_the_same_on_both_sides_and_the_rest_is_left_alone() {
        let script = "/**\n * Words.\n */\nconst import0 = {\n    __wbg_now_0123: function() {\n        return 1;\n    },\n};\n";
        let (shortened, glue) = shorten(&module("__wbg_now_0123"), script).unwrap();
        assert_eq!(shortened, module("$0"));
        assert_eq!(glue, "const import0 = {\n$0: function() {\nreturn 1;\n},\n};\n");
    }

    #[test]
    fn an_import_that_the_script_lacks_is_an_error() {
        let error = shorten(&module("__wbg_gone_0123"), "const import0 = {};\n").unwrap_err();
        assert!(error.to_string().contains("__wbg_gone_0123"));
    }

    #[test]
    fn a_loader_that_does_not_wait_where_it_did_is_an_error() {
        let loader = with_page_styles("  await Promise.all(parallelStuff);\n").unwrap();
        assert!(loader.starts_with("await Promise.all([withPageStyles(), ...parallelStuff]);\n"), "{loader}");
        assert!(with_page_styles("await all();").is_err());
    }
}
