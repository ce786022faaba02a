//! Requests to elsewhere whose address somebody chose: of webhooks, and of sinks of the gateway.
//!
//! Each connection goes to an address that was checked ([`guard`]), and to no other: names are resolved here. Redirects are not followed,
//! proxies of the environment are not used, and every request has an end, in time and in bytes ([`connection`]). Must never say an
//! address in the log or in an error: some carry a secret in their path.

mod connection;
mod guard;

use std::{
    error::Error,
    io,
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http::HeaderMap;
use url::{Host, Url};

use self::connection::Connector;
pub use self::guard::Reach;
use crate::config::Networks;

/// Why nothing came, as the libraries underneath say it.
type Cause = Box<dyn Error + Send + Sync>;

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
    connectors: OnceLock<Result<(Connector, Connector), String>>,
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
    #[error("what came before or with its answer is more than {0} bytes")]
    TooLong(u64),
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
        Self(Arc::new(Inner { reach, lookup, connectors: OnceLock::new() }))
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

    /// Posts a body, and returns the status of the answer, whose body nobody reads. It ends within `patience`, and with it the connection.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn post(&self, url: &Url, headers: HeaderMap, body: Bytes, patience: Duration) -> Result<u16, OutboundError> {
        // What is an address already is resolved by nobody.
        self.check(url)?;
        let (https, http) = self.connectors()?;
        let connector = if url.scheme() == "https" { https } else { http };
        let posted = connection::post(connector, url, headers, body);
        match tokio::time::timeout(patience, posted).await {
            Ok(answered) => answered.map_err(|error| in_words(&*error)),
            Err(_) => Err(OutboundError::Slow(patience)),
        }
    }

    fn reach(&self, url: &Url) -> Result<&Reach, OutboundError> {
        match url.scheme() {
            "https" => Ok(&self.0.reach.0),
            "http" => Ok(&self.0.reach.1),
            _ => Err(OutboundError::NotHttp),
        }
    }

    fn connectors(&self) -> Result<&(Connector, Connector), OutboundError> {
        let Inner { reach, lookup, connectors } = &*self.0;
        let make = || Ok((connection::connector(&reach.0, lookup)?, connection::connector(&reach.1, lookup)?));
        let made = connectors.get_or_init(|| make().map_err(|error: io::Error| error.to_string()));
        made.as_ref().map_err(|error| OutboundError::NoClient(error.clone()))
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

/// What was said here, wherever in the chain of causes it is; else what the innermost cause says.
fn in_words(error: &(dyn Error + 'static)) -> OutboundError {
    let mut inner = error;
    loop {
        if let Some(own) = inner.downcast_ref::<OutboundError>() {
            return own.clone();
        }
        // The cause that an error of input or output was made of is not its source.
        let made_of = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match made_of.map(|cause| cause as &(dyn Error + 'static)).or_else(|| inner.source()) {
            Some(cause) => inner = cause,
            None => return OutboundError::Silent(inner.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
