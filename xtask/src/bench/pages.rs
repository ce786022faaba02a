//! How quickly pages and calls are answered while many ask at once.

use anyhow::Result;
use serde::Deserialize;

use super::{figure::Figure, http, server::Server, wrk};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    name: String,
    path: String,
    accept: String,
    connections: u32,
    seconds: u32,
    p99_milliseconds: f64,
    peer: String,
}

pub fn measure(server: &Server, profiles: &[Profile]) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for profile in profiles {
        let headers = [("Accept", profile.accept.as_str())];
        // A path that does not answer with success would be measured as a very quick one.
        http::get(&server.address, &profile.path, &headers)?;
        let url = format!("http://{}{}", server.address, profile.path);
        let load = wrk::run(&url, &headers, profile.connections, profile.seconds)?;
        let name = format!("{}, p99 at {}", profile.name, profile.connections);
        figures.push(Figure::at_most(&name, load.p99_milliseconds, "ms", profile.p99_milliseconds).beside(&profile.peer));
        figures.push(Figure::told(&format!("{}, throughput", profile.name), load.requests_per_second, "/s"));
    }
    Ok(figures)
}
