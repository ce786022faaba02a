//! Which address a request came from and over which scheme, also behind a proxy.
//!
//! Must never believe a header that no trusted proxy set.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::HeaderMap,
    middleware::Next,
    response::Response,
};

/// What is believed.
#[derive(Clone, Copy, Debug)]
pub struct Forwarded {
    /// A proxy in front sets the headers.
    pub trust: bool,
    /// Viewers come over HTTPS, whatever the headers say.
    pub https: bool,
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
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let origin = forwarded.origin(connected, request.headers());
    request.extensions_mut().insert(origin);
    next.run(request).await
}

impl Forwarded {
    fn origin(self, connected: Option<IpAddr>, headers: &HeaderMap) -> Origin {
        let direct = Origin { address: connected.unwrap_or(Origin::default().address), https: self.https };
        if !self.trust {
            return direct;
        }
        // The proxy appends: only the last entry is its own word.
        let last = |name: &str| {
            let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
            Some(value.rsplit(',').next().unwrap_or(value).trim())
        };
        let address = last("x-forwarded-for").and_then(|text| text.parse().ok());
        let https = last("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        Origin { address: address.unwrap_or(direct.address), https: self.https || https }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_entry() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 203.0.113.9".parse().unwrap());
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        let connected = Some(IpAddr::from([10, 0, 0, 1]));
        let believed = Forwarded { trust: true, https: false }.origin(connected, &headers);
        assert_eq!(believed, Origin { address: IpAddr::from([203, 0, 113, 9]), https: true });
        let direct = Forwarded { trust: false, https: false }.origin(connected, &headers);
        assert_eq!(direct, Origin { address: IpAddr::from([10, 0, 0, 1]), https: false });
    }
}
