//! Which address a request came from, over which scheme and under which name of this server, also behind a proxy.
//!
//! One header counts, the one that the config names, and only from networks that it names: of the addresses that the header
//! lists, the last one that is no proxy of ours. Must never believe a header that no named proxy sent.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::{
    forwarded_syntax::{self as syntax, Hop},
    host,
};
use crate::{
    config::{self, ForwardedHeader, Networks, WebOrigin},
    mount::problem_response,
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who is believed. Cheap to clone.
#[derive(Clone)]
pub struct Forwarded(Arc<Inner>);

struct Inner {
    header: ForwardedHeader,
    proxies: Proxies,
    /// Viewers come over HTTPS, whatever the headers say.
    https: bool,
    /// It was said that somebody forwards who is not named.
    is_told: AtomicBool,
}

enum Proxies {
    Named(Networks),
    /// The meaning of `trust_forwarded`: whoever connects is the one proxy, and what it appended counts.
    WhoeverConnects,
}

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    pub address: IpAddr,
    pub https: bool,
}

impl Default for Origin {
    fn default() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), https: false }
    }
}

/// The layer.
pub async fn resolve(State(forwarded): State<Forwarded>, mut request: Request, next: Next) -> Response {
    if let Err(problem) = host::settle(&mut request) {
        return problem_response(problem);
    }
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let (origin, host) = forwarded.0.origin(connected, request.headers());
    request.extensions_mut().insert(origin);
    if let Some(host) = host {
        request.headers_mut().insert(header::HOST, host);
    }
    next.run(request).await
}

impl Forwarded {
    /// What the config believes; says in the log what an operator should look at.
    pub fn new(config: &config::Gateway, https: bool, public_url: Option<&WebOrigin>) -> Self {
        let (header, proxies) = match (config.forwarded, config.trust_forwarded) {
            (ForwardedHeader::None, true) => {
                tracing::warn!(
                    "gateway.trust_forwarded believes whoever connects: name the proxy in gateway.proxies, and its header in \
                     gateway.forwarded"
                );
                (ForwardedHeader::XForwardedFor, Proxies::WhoeverConnects)
            }
            (header, _) => (header, Proxies::Named(config.proxies.clone())),
        };
        if is_unnamed(header, https, public_url) {
            tracing::warn!(
                "server.https or server.public_url says that a proxy is in front, and gateway.forwarded names none: every viewer \
                 counts as the proxy, and shares one limit with all others"
            );
        }
        Self(Arc::new(Inner { header, proxies, https, is_told: AtomicBool::new(false) }))
    }

    /// Whether a connection from there may carry the requests of many.
    pub fn is_proxy(&self, peer: IpAddr) -> bool {
        self.0.header != ForwardedHeader::None && self.0.proxies.contains(peer)
    }
}

/// Whether somebody must be in front, because viewers come over HTTPS and this server speaks none, and is not named.
fn is_unnamed(header: ForwardedHeader, https: bool, public_url: Option<&WebOrigin>) -> bool {
    header == ForwardedHeader::None && (https || public_url.is_some_and(WebOrigin::is_https))
}

impl Proxies {
    fn contains(&self, peer: IpAddr) -> bool {
        match self {
            Self::Named(networks) => networks.contains(peer),
            Self::WhoeverConnects => true,
        }
    }
}

impl Inner {
    /// The viewer's side of the request, and the name that the viewer knows this server by where a proxy says it.
    fn origin(&self, connected: Option<IpAddr>, headers: &HeaderMap) -> (Origin, Option<HeaderValue>) {
        let peer = connected.unwrap_or(Origin::default().address).to_canonical();
        let direct = Origin { address: peer, https: self.https };
        let is_believed = self.proxies.contains(peer);
        let hops = match self.header {
            ForwardedHeader::XForwardedFor if is_believed => syntax::x_forwarded(headers, &X_FORWARDED_FOR, &X_FORWARDED_PROTO),
            ForwardedHeader::Forwarded if is_believed => syntax::forwarded(headers),
            ForwardedHeader::None | ForwardedHeader::XForwardedFor | ForwardedHeader::Forwarded => {
                self.tell(peer, headers);
                return (direct, None);
            }
        };
        let (address, hop) = self.walk(peer, hops);
        let https = hop.as_ref().is_some_and(|hop| hop.is_https);
        (Origin { address, https: self.https || https }, hop.and_then(|hop| hop.host))
    }

    /// From the peer backwards, as long as it is proxies of ours who speak.
    fn walk(&self, peer: IpAddr, mut hops: Vec<Hop>) -> (IpAddr, Option<Hop>) {
        let (mut address, mut last) = (peer, None);
        while let Some(hop) = hops.pop() {
            let said = hop.address;
            last = Some(hop);
            let Some(said) = said else { break };
            address = said;
            match &self.proxies {
                Proxies::Named(networks) if networks.contains(said) => {}
                Proxies::Named(_) | Proxies::WhoeverConnects => break,
            }
        }
        (address, last)
    }

    /// Once: somebody forwards, and is not believed.
    fn tell(&self, peer: IpAddr, headers: &HeaderMap) {
        let forwards = headers.contains_key(header::FORWARDED) || headers.contains_key(X_FORWARDED_FOR);
        if forwards && !self.is_told.swap(true, Relaxed) {
            tracing::warn!(
                %peer,
                "requests say for whom they were forwarded, and whoever sends them is not believed: where that is a proxy of yours, name \
                 it in gateway.proxies and its header in gateway.forwarded"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: [u8; 4] = [10, 0, 0, 1];

    fn believing(header: ForwardedHeader) -> Forwarded {
        let proxies = Networks::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        Forwarded::new(&config::Gateway { forwarded: header, proxies, ..config::Gateway::default() }, false, None)
    }

    fn origin(forwarded: &Forwarded, peer: impl Into<IpAddr>, lines: &[(&str, &str)]) -> (String, bool, Option<String>) {
        let headers = lines.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect();
        let (origin, host) = forwarded.0.origin(Some(peer.into()), &headers);
        (origin.address.to_string(), origin.https, host.map(|host| host.to_str().unwrap().to_owned()))
    }

    #[test]
    fn the_last_address_that_is_no_proxy_counts_with_ports_and_brackets() {
        let forwarded = believing(ForwardedHeader::XForwardedFor);
        for (value, address) in [
            ("203.0.113.9", "203.0.113.9"),
            ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
            ("6.6.6.6, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
            ("203.0.113.9:5678", "203.0.113.9"),
            ("203.0.113.9:5678,10.0.0.7:80", "203.0.113.9"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("6.6.6.6, unknown", "10.0.0.1"),
            ("6.6.6.6, unknown, 10.0.0.7", "10.0.0.7"),
            ("203.0.113.9,", "203.0.113.9"),
            ("", "10.0.0.1"),
            ("10.0.0.9, 10.0.0.7", "10.0.0.9"),
        ] {
            assert_eq!(origin(&forwarded, PROXY, &[("x-forwarded-for", value)]).0, address, "{value}");
        }
        let two = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(origin(&forwarded, PROXY, &two).0, "203.0.113.9");
        let https = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "HTTPS")];
        assert!(origin(&forwarded, PROXY, &https).1);
        assert!(!origin(&forwarded, PROXY, &https[..1]).1);
    }

    #[test]
    fn rfc_7239_is_read_with_quotes_ports_scheme_and_host() {
        let forwarded = believing(ForwardedHeader::Forwarded);
        for (value, expected) in [
            ("for=203.0.113.9", ("203.0.113.9", false, None)),
            ("For=\"203.0.113.9:47011\";Proto=https", ("203.0.113.9", true, None)),
            ("for=\"[2001:db8:cafe::17]:4711\"", ("2001:db8:cafe::17", false, None)),
            (
                "for=6.6.6.6;proto=http, for=203.0.113.9;proto=https;host=films.example",
                ("203.0.113.9", true, Some("films.example")),
            ),
            (
                "for=203.0.113.9;proto=https;host=\"films.example:8443\", for=10.0.0.7;proto=http;host=inner",
                ("203.0.113.9", true, Some("films.example:8443")),
            ),
            ("for=6.6.6.6, for=unknown", ("10.0.0.1", false, None)),
            ("for=6.6.6.6, for=_hidden;proto=https", ("10.0.0.1", true, None)),
            ("for=\"203.0.113.9", ("10.0.0.1", false, None)),
            ("for=203.0.113.9;host=\"evil.example/path\"", ("203.0.113.9", false, None)),
            ("by=10.0.0.1", ("10.0.0.1", false, None)),
        ] {
            let (address, https, host) = origin(&forwarded, PROXY, &[("forwarded", value)]);
            assert_eq!((address.as_str(), https, host.as_deref()), expected, "{value}");
        }
    }

    #[test]
    fn only_the_named_header_of_a_named_proxy_is_believed() {
        let lines =
            [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"), ("forwarded", "for=203.0.113.10;proto=https")];
        let stranger = ("198.51.100.1".to_owned(), false, None);
        for header in [ForwardedHeader::None, ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
            let forwarded = believing(header);
            assert_eq!(origin(&forwarded, [198, 51, 100, 1], &lines), stranger, "{header:?}");
            assert!(!forwarded.is_proxy([198, 51, 100, 1].into()));
        }
        assert_eq!(origin(&believing(ForwardedHeader::None), PROXY, &lines).0, "10.0.0.1");
        assert_eq!(origin(&believing(ForwardedHeader::XForwardedFor), PROXY, &lines[2..]).0, "10.0.0.1");
        assert_eq!(origin(&believing(ForwardedHeader::Forwarded), PROXY, &lines[..2]), ("10.0.0.1".to_owned(), false, None));
        assert!(believing(ForwardedHeader::Forwarded).is_proxy(PROXY.into()));
        assert!(!believing(ForwardedHeader::None).is_proxy(PROXY.into()));
    }

    #[test]
    fn what_an_earlier_version_trusted_means_what_it_meant() {
        let config = config::Gateway { trust_forwarded: true, ..config::Gateway::default() };
        let forwarded = Forwarded::new(&config, false, None);
        let lines = [("x-forwarded-for", "6.6.6.6, 203.0.113.9"), ("x-forwarded-proto", "https")];
        assert_eq!(origin(&forwarded, [198, 51, 100, 1], &lines), ("203.0.113.9".to_owned(), true, None));
    }

    #[test]
    fn a_proxy_that_is_not_named_is_told_of_once() {
        let forwarded = believing(ForwardedHeader::None);
        origin(&forwarded, PROXY, &[]);
        assert!(!forwarded.0.is_told.load(Relaxed));
        origin(&forwarded, PROXY, &[("forwarded", "for=203.0.113.9")]);
        assert!(forwarded.0.is_told.load(Relaxed));
    }

    #[test]
    fn a_proxy_that_must_be_there_and_is_not_named_is_told_of_at_the_start() {
        let url = |text: &str| WebOrigin::parse(text);
        let (none, named) = (ForwardedHeader::None, ForwardedHeader::Forwarded);
        for (header, https, public_url, expected) in [
            (none, true, None, true),
            (none, false, url("https://films.example"), true),
            (none, false, url("http://films.example"), false),
            (none, false, None, false),
            (named, true, url("https://films.example"), false),
        ] {
            assert_eq!(is_unnamed(header, https, public_url.as_ref()), expected, "{header:?} {https} {public_url:?}");
        }
    }
}
