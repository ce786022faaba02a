//! Nothing but a manifest: with it, a third-party crate has the same features whichever of the server's crates is built, so that
//! `cargo test -p storage` compiles nothing that `cargo test --workspace` compiled. Must never hold code.
