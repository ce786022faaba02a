//! Refuses what another site makes a browser send: whatever changes something must come from our own pages.
//!
//! Browsers say where a request comes from (`Sec-Fetch-Site`, W3C Fetch Metadata); older ones name the page's `Origin`.
//! What says neither is no browser, and carries no cookie that it was not given. SameSite cookies stand behind this.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, Method, header},
    middleware::Next,
    response::Response,
};
use contract::{Code, Problem};

use crate::mount::problem_response;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The layer.
pub async fn refuse(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || is_ours(request.headers()) { next.run(request).await } else { problem_response(Problem::new(Code::CrossSite)) }
}

fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text(&FETCH_SITE), text(&header::ORIGIN)) {
        // `none`: the viewer's own doing, an address typed in.
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(&header::HOST)
        }
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_what_is_no_browser_may_change_things() {
        for (headers, ours) in [
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "https://film.example"), ("host", "film.example")], false),
            (vec![("origin", "https://film.example"), ("host", "film.example")], true),
            (vec![("origin", "https://evil.example"), ("host", "film.example")], false),
            (vec![("origin", "null"), ("host", "film.example")], false),
            (vec![("origin", "https://film.example")], false),
            (vec![], true),
        ] {
            let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(is_ours(&map), ours, "{headers:?}");
        }
    }
}
