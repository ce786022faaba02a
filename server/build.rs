//! Has cargo look again whenever something in the built site changes, where the binary carries it.
//!
//! Must never build anything: `cargo xtask` makes the site first.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_EMBED_SITE").is_some() {
        println!("cargo::rerun-if-changed=../target/site");
    }
}
