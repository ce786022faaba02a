//! What kind of thing a path leads to, and how a path may be written down.
//!
//! The only place in the gateway that knows path prefixes. Must never let a grant through.

use axum::extract::Request;

/// The kinds of things that the gateway treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `/api`: calls.
    Call,
    /// Anything that is rendered for a viewer.
    Page,
    /// `/media`: video, behind grants.
    Media,
    /// The client's own files and pictures: the same for everybody.
    Asset,
    /// `/healthz` and `/readyz`.
    Health,
}

impl Kind {
    pub fn of(path: &str) -> Self {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        match first {
            "api" => Self::Call,
            "media" => Self::Media,
            "pkg" | "fonts" | "art" | "icons" | "hls" => Self::Asset,
            "healthz" | "readyz" => Self::Health,
            // A file of `public/`, like `/favicon.svg`.
            _ if !path[1.min(path.len())..].contains('/') && path.contains('.') => Self::Asset,
            _ => Self::Page,
        }
    }
}

/// Whether a request may change something: by its verb, or because a browser comes back from a provider with it, which is a
/// plain GET that signs somebody in.
pub fn changes_something(request: &Request) -> bool {
    !request.method().is_safe() || request.uri().path().starts_with("/auth/")
}

/// Whether who asks decides what an asset's path leads to: a title's pictures are for whoever may see the title.
pub fn is_picture(path: &str) -> bool {
    path.trim_start_matches('/').split('/').next() == Some("art")
}

/// A path as it may stand in a log: without its grant.
pub fn redacted(path: &str) -> String {
    match path.strip_prefix("/media/") {
        Some(rest) => match rest.split_once('/') {
            Some((_, file)) => format!("/media/[grant]/{file}"),
            None => "/media/[grant]".to_owned(),
        },
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_by_its_first_segment() {
        let kinds = [
            ("/", Kind::Page),
            ("", Kind::Page),
            ("/title/ab.c", Kind::Page),
            ("/api", Kind::Call),
            ("/api/v1/titles", Kind::Call),
            ("/apiary", Kind::Page),
            ("/media/x/y", Kind::Media),
            ("/pkg/h/marquee.wasm", Kind::Asset),
            ("/favicon.svg", Kind::Asset),
            ("/readyz", Kind::Health),
        ];
        for (path, kind) in kinds {
            assert_eq!(Kind::of(path), kind, "{path}");
        }
    }

    #[test]
    fn a_titles_pictures_are_no_mere_files() {
        assert!(is_picture("/art/t1/v1/poster.svg") && is_picture("//art/t1/v1/poster.svg"));
        assert!(!is_picture("/pkg/art.js") && !is_picture("/artist") && !is_picture("/"));
    }

    #[test]
    fn a_grant_is_never_written_down() {
        for path in ["/media/SECRET/master.m3u8", "/media/SECRET", "/media/SECRET/", "/media/SECRET/v/0.m4s"] {
            assert!(!redacted(path).contains("SECRET"), "{path}");
        }
        assert_eq!(redacted("/media/SECRET/v/0.m4s"), "/media/[grant]/v/0.m4s");
        assert_eq!(redacted("/title/abc"), "/title/abc");
    }
}
