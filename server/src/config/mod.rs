//! What an operator can set: one struct for each concern, with its defaults.
//!
//! Read in this order, the later wins: the defaults here, `marquee.toml`, `MARQUEE_*` variables (two
//! underscores for each dot: `MARQUEE_SERVER__ADDRESS`), the command line. A key that does not exist or a
//! value that does not fit stops the start. Must never hold a secret: those live in files of their own.

mod error;
mod gateway;
mod identity;
mod load;
mod log;
mod networks;
mod providers;
mod reports;
mod reviews;
mod server;
mod sinks;
mod storage;
mod usage;
mod value;
mod webhooks;

use std::path::PathBuf;

use serde::Deserialize;

pub use self::server::{Connections, Server};
pub use self::storage::Storage;
pub use error::{ConfigError, Fault};
pub use gateway::{ForwardedHeader, Gateway, Limits, Middleware};
pub use identity::Identity;
pub use load::{Flag, Sources, load};
pub use log::{Format, Log};
pub use networks::Networks;
pub use providers::{Claims, Groups, Issuer, Provider, ProviderId, Providers};
pub use reports::Reports;
pub use reviews::Reviews;
pub use runtime::bounded::Bounded;
pub use sinks::{Sink, SinkUrl, Sinks};
pub use usage::Usage;
pub use value::{Address, Filter, Region, WebOrigin};
pub use vault::Settings as Vault;
pub use webhooks::Webhooks;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder for everything that is kept, where `storage` names no other place.
    pub data: PathBuf,
    /// The services that this process runs.
    pub services: Vec<ServiceName>,
    pub server: Server,
    pub storage: Storage,
    pub vault: Vault,
    pub gateway: Gateway,
    pub identity: Identity,
    pub reviews: Reviews,
    pub usage: Usage,
    pub reports: Reports,
    pub webhooks: Webhooks,
    pub log: Log,
}

/// A service by its name in the config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceName {
    Catalog,
    Discovery,
    Entitlements,
    Identity,
    Library,
    Playback,
    Reviews,
    Usage,
    Webhooks,
}

impl ServiceName {
    pub const ALL: [Self; 9] = [
        Self::Catalog,
        Self::Discovery,
        Self::Entitlements,
        Self::Identity,
        Self::Library,
        Self::Playback,
        Self::Reviews,
        Self::Usage,
        Self::Webhooks,
    ];
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            services: ServiceName::ALL.to_vec(),
            server: Server::default(),
            storage: Storage::default(),
            vault: Vault::default(),
            gateway: Gateway::default(),
            identity: Identity::default(),
            reviews: Reviews::default(),
            usage: Usage::default(),
            reports: Reports::default(),
            webhooks: Webhooks::default(),
            log: Log::default(),
        }
    }
}
