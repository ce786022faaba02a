//! The servers that tests of real backends talk to.

/// The URL in `variable`; the test command starts such a server and sets it.
///
/// # Panics
/// Where it is not set: a test that cannot run has failed.
pub fn server(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names no server: run `cargo xtask test`, or set it to the URL of one for tests"))
}
