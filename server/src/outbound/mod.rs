//! Requests to elsewhere whose address somebody chose: of webhooks, and of sinks of the gateway.
//!
//! Each connection goes to an address that was checked ([`guard`]), and to no other: names are resolved here. Redirects are not followed,
//! proxies of the environment are not used, and every request has an end. Must never say an address in the log or in an error: some carry
//! a secret in their path.

mod guard;

use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http::HeaderMap;
use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::{Host, Url};

pub use self::guard::Reach;
use crate::config::Networks;

const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection over which nothing is asked is kept.
const IDLE: Duration = Duration::from_secs(30);
/// Connections to one receiver that are kept.
const IDLE_CONNECTIONS: usize = 2;

/// Says which addresses a name stands for.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// Sends requests. Cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

struct Inner {
    /// Where to over HTTPS, and where to over HTTP.
    reach: (Reach, Reach),
    lookup: Lookup,
    /// Made with the first request: to read the certificates of a machine takes longer than the rest of a start.
    clients: OnceLock<Result<(Client, Client), String>>,
}

/// Why there is no answer, in words that name no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    #[error("it is no address over https, or over http")]
    NotHttp,
    #[error(
        "it stands for {0}, which is no address of the public internet, nor of a network that `webhooks.private_networks` names"
    )]
    Refused(IpAddr),
    #[error(
        "the receiver's address is within this machine or its networks, and none of those that `webhooks.private_networks` names"
    )]
    RefusedName,
    #[error("there was no answer within {} s", .0.as_secs_f32())]
    Slow(Duration),
    #[error("there was no answer: {0}")]
    Silent(String),
    #[error("no connection can be made from here: {0}")]
    NoClient(String),
}

impl Outbound {
    /// To the public internet over HTTPS, and to `private` networks over either.
    pub fn guarded(private: &Networks) -> Self {
        Self::with((Reach::PublicAnd(private.clone()), Reach::Only(private.clone())), system_lookup())
    }

    /// To wherever the config says.
    pub fn anywhere() -> Self {
        Self::with((Reach::Anywhere, Reach::Anywhere), system_lookup())
    }

    /// With another way to find out what names stand for.
    pub fn with(reach: (Reach, Reach), lookup: Lookup) -> Self {
        Self(Arc::new(Inner { reach, lookup, clients: OnceLock::new() }))
    }

    /// Whether something could be sent there, as far as the address alone says it: names are looked at when something is.
    ///
    /// # Errors
    /// [`OutboundError::NotHttp`], [`OutboundError::Refused`].
    pub fn check(&self, url: &Url) -> Result<(), OutboundError> {
        let reach = self.reach(url)?;
        let address: IpAddr = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(OutboundError::NotHttp),
        };
        if reach.permits(address) { Ok(()) } else { Err(OutboundError::Refused(address)) }
    }

    /// Whether anything can be sent that is not encrypted.
    pub fn reaches_over_http(&self) -> bool {
        match &self.0.reach.1 {
            Reach::Only(networks) => !networks.is_empty(),
            Reach::PublicAnd(_) | Reach::Anywhere => true,
        }
    }

    /// Posts a body, and returns the status of the answer, whose body nobody reads.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn post(&self, url: &Url, headers: HeaderMap, body: Bytes, patience: Duration) -> Result<u16, OutboundError> {
        // What is an address already is resolved by nobody.
        self.check(url)?;
        let (https, http) = self.clients()?;
        let client = if url.scheme() == "https" { https } else { http };
        let response = client.post(url.clone()).headers(headers).body(body).timeout(patience).send().await;
        response.map(|response| response.status().as_u16()).map_err(|error| in_words(error, patience))
    }

    fn reach(&self, url: &Url) -> Result<&Reach, OutboundError> {
        match url.scheme() {
            "https" => Ok(&self.0.reach.0),
            "http" => Ok(&self.0.reach.1),
            _ => Err(OutboundError::NotHttp),
        }
    }

    fn clients(&self) -> Result<&(Client, Client), OutboundError> {
        let Inner { reach, lookup, clients } = &*self.0;
        let make = || Ok((client(&reach.0, lookup)?, client(&reach.1, lookup)?));
        let made = clients.get_or_init(|| make().map_err(|error: reqwest::Error| error.to_string()));
        made.as_ref().map_err(|error| OutboundError::NoClient(error.clone()))
    }
}

fn client(reach: &Reach, lookup: &Lookup) -> Result<Client, reqwest::Error> {
    Client::builder()
        // A redirect could lead anywhere, into our own network too.
        .redirect(Policy::none())
        // Through a proxy it would be the proxy who resolves names.
        .no_proxy()
        .dns_resolver(Arc::new(Checked { reach: reach.clone(), lookup: Arc::clone(lookup) }))
        .connect_timeout(CONNECT_PATIENCE)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .user_agent(concat!("Marquee/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Resolves names to addresses that may be connected to.
struct Checked {
    reach: Reach,
    lookup: Lookup,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, reach) = ((self.lookup)(name.as_str().to_owned()), self.reach.clone());
        Box::pin(async move {
            let found = found.await?;
            // One that is refused refuses all: which of them is connected to is not for here to say.
            if let Some(refused) = found.iter().find(|address| !reach.permits(**address)) {
                tracing::warn!(address = %refused, "a request to elsewhere would lead into a network of ours");
                return Err(Box::new(OutboundError::RefusedName) as Box<dyn Error + Send + Sync>);
            }
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

fn system_lookup() -> Lookup {
    Arc::new(|name| {
        async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        }
        .boxed()
    })
}

fn in_words(error: reqwest::Error, patience: Duration) -> OutboundError {
    if error.is_timeout() {
        return OutboundError::Slow(patience);
    }
    let error = error.without_url();
    let (mut words, mut cause) = (Vec::new(), error.source());
    while let Some(inner) = cause {
        if let Some(own) = inner.downcast_ref::<OutboundError>() {
            return own.clone();
        }
        words.push(inner.to_string());
        cause = inner.source();
    }
    OutboundError::Silent(words.pop().unwrap_or_else(|| error.to_string()))
}

#[cfg(test)]
mod tests;
