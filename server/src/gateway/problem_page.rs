//! A problem as a page, for a browser that went somewhere: the same words, in the look of the place, with a way on.
//!
//! Calls are answered with JSON always, whatever is accepted. Must never need anything else of this server: it is what is
//! shown when the server can do nothing else.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use contract::Problem;

use crate::mount::negotiate;

/// Styles of its own, and nothing from anywhere.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Below these there are no pages.
const NO_PAGES: [&str; 5] = ["/api", "/media", "/art", "/pkg", "/fonts"];

/// The layer. Outermost, so that a problem has been told which request it belongs to.
pub async fn render(request: Request, next: Next) -> Response {
    let asked = wants_page(&request).then(|| request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string));
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    let Some(address) = asked else { return response };
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::CONTENT_ENCODING);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response.map(|_| Body::from(page(&problem, &address)))
}

fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    let is_below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_read = request.method() == Method::GET;
    is_read
        && !NO_PAGES.into_iter().any(is_below)
        && is_navigation(request.headers())
        && negotiate::prefers_page(request.headers())
}

/// Browsers say what they fetch for (Fetch Metadata); one that does not is believed by what it accepts.
fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate")
}

fn page(problem: &Problem, address: &str) -> String {
    let escape = app::head::escape;
    let title = escape(&problem.title);
    let detail = problem.detail.as_deref().map(|detail| format!("<p>{}</p>", escape(detail))).unwrap_or_default();
    let wait = problem.retry_after.map(|seconds| format!("<p>Wait {seconds} s before the next try.</p>")).unwrap_or_default();
    // An address that begins with two slashes would lead to another host.
    let again = if address.starts_with("//") { "/".to_owned() } else { escape(address) };
    let again = if problem.is_transient() { format!("<a class=\"first\" href=\"{again}\">Try again</a>") } else { String::new() };
    let id = problem.request_id.as_deref().map(|id| format!("<dt>Request</dt><dd>{}</dd>", escape(id))).unwrap_or_default();
    let (status, code) = (problem.status, problem.code.as_str());
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"dark light\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title} \u{b7} Marquee</title><style>{STYLE}</style></head>\
         <body><main><p class=\"sign\">Marquee</p><h1>{title}</h1>{detail}{wait}<p class=\"ways\">{again}<a href=\"/\">Home</a></p>\
         <details><summary>Details</summary><dl><dt>Status</dt><dd>{status}</dd><dt>Code</dt><dd>{code}</dd>{id}</dl></details>\
         </main></body></html>"
    )
}

/// The tokens of `style/tokens.scss` that it needs: the site's own styles may be what cannot be had.
const STYLE: &str = include_str!("problem_page.css");

#[cfg(test)]
mod tests {
    use contract::Code;

    use super::*;

    #[test]
    fn the_words_of_a_problem_are_no_markup_and_the_way_on_stays_here() {
        let mut problem = Problem::new(Code::Overloaded).with_detail("<script>a</script>").with_retry_after(3);
        problem.request_id = Some("\"><img>".into());
        let html = page(&problem, "/search?q=\"><img>");
        assert!(!html.contains("<script>") && !html.contains("<img>"), "{html}");
        assert!(html.contains("Try again") && html.contains("Wait 3 s"), "{html}");
        assert!(page(&problem, "//elsewhere.example/").contains("href=\"/\">Try again"));
        assert!(!page(&Problem::new(Code::NotFound), "/").contains("Try again"), "what is not there does not come by trying");
    }
}
