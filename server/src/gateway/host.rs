//! For which host a request is: one, and exactly one, whatever the version of HTTP calls it.
//!
//! Where it is settled it stands in `Host`, for all who look below. Must never let two names through: what one part
//! checks, another must not read differently.

use axum::{
    extract::Request,
    http::{HeaderValue, Version, header, uri::Authority},
};
use contract::Problem;

/// RFC 9112, section 3.2; RFC 9113, section 8.3.1.
///
/// # Errors
/// `invalid_request` with the status 400 where there is none, or more than one, or it is none.
pub fn settle(request: &mut Request) -> Result<(), Problem> {
    let lines = request.headers().get_all(header::HOST).iter().count();
    if lines > 1 {
        return Err(refused("one Host, not several"));
    }
    // The target's own authority goes before the header.
    let target = request.uri().authority().map(|authority| HeaderValue::from_str(authority.as_str()));
    if let Some(Ok(target)) = target {
        request.headers_mut().insert(header::HOST, target);
    }
    match request.headers().get(header::HOST) {
        Some(host) if is_host(host) => Ok(()),
        Some(_) => Err(refused("a host, with a port where it is not the scheme's own")),
        None if request.version() <= Version::HTTP_10 => Ok(()),
        None => Err(refused("the host that the request is for")),
    }
}

/// A host with or without a port, and nothing else.
pub fn is_host(value: &HeaderValue) -> bool {
    let authority = Authority::try_from(value.as_bytes());
    authority.is_ok_and(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'))
}

fn refused(expected: &str) -> Problem {
    // RFC 9112 wants a 400, which proxies know the meaning of.
    Problem { status: 400, ..Problem::invalid("host", expected) }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn settled(target: &str, version: Version, hosts: &[&str]) -> Result<Option<String>, u16> {
        let request = hosts.iter().fold(Request::get(target), |request, host| request.header(header::HOST, *host));
        let mut request = request.version(version).body(Body::empty()).unwrap();
        settle(&mut request).map_err(|problem| problem.status)?;
        Ok(request.headers().get(header::HOST).map(|host| host.to_str().unwrap().to_owned()))
    }

    #[test]
    fn there_is_one_host_and_only_one() {
        let named = |host: &str| Ok(Some(host.to_owned()));
        for (target, version, hosts, expected) in [
            ("/", Version::HTTP_11, &["films.example"][..], named("films.example")),
            ("/", Version::HTTP_11, &["films.example:8080"][..], named("films.example:8080")),
            ("/", Version::HTTP_11, &["[::1]:3000"][..], named("[::1]:3000")),
            ("/", Version::HTTP_11, &[][..], Err(400)),
            ("/", Version::HTTP_11, &["films.example", "films.example"][..], Err(400)),
            ("/", Version::HTTP_11, &["films.example", "evil.example"][..], Err(400)),
            ("/", Version::HTTP_11, &[""][..], Err(400)),
            ("/", Version::HTTP_11, &["user@films.example"][..], Err(400)),
            ("/", Version::HTTP_11, &["films.example/path"][..], Err(400)),
            ("/", Version::HTTP_11, &["films.example, evil.example"][..], Err(400)),
            ("/", Version::HTTP_10, &[][..], Ok(None)),
            ("/", Version::HTTP_10, &["a", "b"][..], Err(400)),
            ("http://films.example/", Version::HTTP_11, &["evil.example"][..], named("films.example")),
            ("http://films.example/", Version::HTTP_2, &[][..], named("films.example")),
            ("http://films.example/", Version::HTTP_2, &["evil.example"][..], named("films.example")),
        ] {
            assert_eq!(settled(target, version, hosts), expected, "{target} {version:?} {hosts:?}");
        }
    }
}
