//! Refuses what another site makes a browser send: whatever changes something must come from our own pages.
//!
//! Browsers say where a request comes from (`Sec-Fetch-Site`, W3C Fetch Metadata); older ones name the page's `Origin`:
//! ours is the configured one, and scheme and host of the request. What says neither is no browser, and carries no cookie
//! that it was not given. SameSite cookies stand behind this. Where a header comes twice, the worst of it counts.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, header},
    middleware::Next,
    response::Response,
};
use contract::{Code, Problem};

use super::forwarded::Origin;
use crate::{config::WebOrigin, mount::problem_response};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The address that viewers type, where it is configured.
pub type PublicUrl = Arc<Option<WebOrigin>>;

/// The layer.
pub async fn refuse(State(public): State<PublicUrl>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let https = request.extensions().get::<Origin>().is_some_and(|origin| origin.https);
    let is_allowed = is_safe || is_ours(request.headers(), https, (*public).as_ref());
    if is_allowed { next.run(request).await } else { problem_response(Problem::new(Code::CrossSite)) }
}

fn is_ours(headers: &HeaderMap, https: bool, public: Option<&WebOrigin>) -> bool {
    let lines = |name: &HeaderName| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
    let mut sites = lines(&FETCH_SITE).peekable();
    if sites.peek().is_some() {
        // `none`: the viewer's own doing, an address typed in.
        return sites.all(|site| matches!(site, "same-origin" | "none"));
    }
    let scheme = if https { "https" } else { "http" };
    let own = lines(&header::HOST).next().and_then(|host| WebOrigin::parse(&format!("{scheme}://{host}")));
    lines(&header::ORIGIN).all(|origin| {
        let origin = WebOrigin::parse(origin);
        origin.is_some() && (origin == own || origin.as_ref() == public)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: (&str, &str) = ("host", "film.example");

    fn ours(lines: &[(&'static str, &str)], https: bool) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        is_ours(&headers, https, WebOrigin::parse("https://typed.example").as_ref())
    }

    #[test]
    fn only_our_own_pages_and_what_is_no_browser_may_change_things() {
        for (lines, expected) in [
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "https://film.example"), HOST], false),
            (vec![("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-origin")], false),
            (vec![("sec-fetch-site", "same-origin, cross-site")], false),
            (vec![("origin", "https://film.example"), HOST], true),
            (vec![("origin", "https://film.example"), ("host", "film.example:443")], true),
            (vec![("origin", "https://film.example:8443"), HOST], false),
            (vec![("origin", "http://film.example"), HOST], false),
            (vec![("origin", "https://evil.example"), HOST], false),
            (vec![("origin", "https://film.example"), ("origin", "https://evil.example"), HOST], false),
            (vec![("origin", "https://typed.example"), HOST], true),
            (vec![("origin", "http://typed.example"), HOST], false),
            (vec![("origin", "null"), HOST], false),
            (vec![("origin", "https://film.example")], false),
            (vec![], true),
        ] {
            assert_eq!(ours(&lines, true), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_scheme_is_the_one_that_the_viewer_came_over() {
        assert!(ours(&[("origin", "http://film.example"), HOST], false));
        assert!(!ours(&[("origin", "https://film.example"), HOST], false));
        assert!(ours(&[("origin", "http://film.example:3000"), ("host", "film.example:3000")], false));
    }
}
