//! What kind of thing a request leads to, and how a path may be written down.
//!
//! The only place in the gateway that knows routes. A kind is that of the route that matched, never that of what a client
//! wrote: what matches nothing is a page, which is counted and asked who it is for. Must never let a grant through.

use std::borrow::Cow;

use axum::extract::{MatchedPath, Request};
use contract::{Stream, events::Follow};
use percent_encoding::percent_decode_str;

/// The kinds of things that the gateway treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `/api`: calls.
    Call,
    /// Events for as long as somebody follows them.
    Events,
    /// Anything that is rendered for a viewer, and whatever is not there.
    Page,
    /// `/media`: video, behind grants.
    Media,
    /// The client's own files: the same for everybody.
    Asset,
    /// `/art`: the pictures of a title, for whoever may see the title.
    Picture,
    /// `/healthz` and `/readyz`.
    Health,
}

impl Kind {
    /// By the route that matched: known to every layer that lies around the routes.
    pub fn of(request: &Request) -> Self {
        request.extensions().get::<MatchedPath>().map_or(Self::Page, |route| Self::of_route(route.as_str()))
    }

    fn of_route(template: &str) -> Self {
        if template == <Follow as Stream>::PATH {
            return Self::Events;
        }
        let below = template.trim_start_matches('/');
        match below.split_once('/') {
            Some(("media", _)) => Self::Media,
            Some(("api", _)) => Self::Call,
            Some(("art", _)) => Self::Picture,
            // Whole folders of the site's files, whichever there are.
            Some((_, "{*path}")) => Self::Asset,
            Some(_) => Self::Page,
            None => match below {
                "api" => Self::Call,
                "healthz" | "readyz" => Self::Health,
                // A file at the top of the site, like `/favicon.svg`: a route of its own, that only the server can make.
                _ if below.contains('.') && !below.contains('{') => Self::Asset,
                _ => Self::Page,
            },
        }
    }
}

/// Whether a request may change something: by its verb, or because a browser comes back from a provider with it, which is a
/// plain GET that signs somebody in.
pub fn changes_something(request: &Request) -> bool {
    !request.method().is_safe() || request.uri().path().starts_with("/auth/")
}

/// A path as it may stand in a log: without its grant, wherever in it and however it is written.
pub fn redacted(path: &str) -> String {
    let mut is_next = false;
    let segments = path.split('/').map(|segment| {
        if segment.is_empty() {
            return segment;
        }
        let is_grant = std::mem::take(&mut is_next);
        let decoded: Cow<'_, [u8]> = percent_decode_str(segment).into();
        is_next = decoded.eq_ignore_ascii_case(b"media");
        if is_grant { "[grant]" } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_that_of_the_route_that_matched() {
        let kinds = [
            ("/api", Kind::Call),
            ("/api/v1/titles", Kind::Call),
            ("/api/v1/events", Kind::Events),
            ("/api/{*rest}", Kind::Call),
            ("/media/{*below}", Kind::Media),
            ("/pkg/{*path}", Kind::Asset),
            ("/a-folder-of-the-site/{*path}", Kind::Asset),
            ("/api/{*path}", Kind::Call),
            ("/art/{id}/{version}/{file}", Kind::Picture),
            ("/artist", Kind::Page),
            ("/favicon.svg", Kind::Asset),
            ("/healthz", Kind::Health),
            ("/readyz", Kind::Health),
            ("/auth/{provider}", Kind::Page),
            ("/auth/{provider}/callback", Kind::Page),
            ("/{file.name}", Kind::Page),
            ("/apiary", Kind::Page),
            ("/", Kind::Page),
        ];
        for (template, kind) in kinds {
            assert_eq!(Kind::of_route(template), kind, "{template}");
        }
        let unmatched = Request::get("/x.y?n=1").body(axum::body::Body::empty()).unwrap();
        assert_eq!(Kind::of(&unmatched), Kind::Page);
    }

    #[test]
    fn a_grant_is_never_written_down() {
        for path in [
            "/media/SECRET/master.m3u8",
            "/media/SECRET",
            "/media/SECRET/",
            "//media/SECRET",
            "/media//SECRET/v/0.m4s",
            "/%6dedia/SECRET",
            "/x/MEDIA/SECRET",
            "/media/media/SECRET",
        ] {
            assert!(!redacted(path).contains("SECRET"), "{path}");
        }
        assert_eq!(redacted("/media/SECRET/v/0.m4s"), "/media/[grant]/v/0.m4s");
        assert_eq!(redacted("/title/abc"), "/title/abc");
    }
}
