//! What an address of MongoDB says, and what this store asks for whatever it says.

use mongodb::options::{ClientOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern};

use super::{super::check, PATIENCE, failure::failure};
use crate::StoreError;

/// Connections to one server at most.
const POOL: u32 = 64;

/// The driver quotes what it does not understand, which may be a password that was not percent-encoded.
pub(super) fn unreadable() -> StoreError {
    check::invalid("it is no address of MongoDB, or its user and password are not percent-encoded".into())
}

/// What a URL says, but for what this store cannot do without; and the database's name.
pub(super) async fn options(url: &str) -> Result<(ClientOptions, String), StoreError> {
    let mut options = ClientOptions::parse(url).await.map_err(|error| match error.kind.as_ref() {
        mongodb::error::ErrorKind::DnsResolve { .. } => failure(&error),
        _ => unreadable(),
    })?;
    let Some(name) = options.default_database.clone().filter(|name| !name.is_empty()) else {
        return Err(check::invalid("it names no database: it ends in HOST/DATABASE".into()));
    };
    options.app_name.get_or_insert_with(|| "marquee".into());
    options.max_pool_size = Some(options.max_pool_size.unwrap_or(POOL).clamp(1, POOL));
    options.server_selection_timeout.get_or_insert(PATIENCE);
    options.connect_timeout.get_or_insert(PATIENCE);
    options.read_concern = Some(ReadConcern::majority());
    options.write_concern = Some(WriteConcern::builder().w(mongodb::options::Acknowledgment::Majority).journal(true).build());
    // A secondary is behind: who read there what they wrote a moment ago would not find it, and change what is no more.
    let primary = SelectionCriteria::ReadPreference(ReadPreference::Primary);
    if options.selection_criteria.replace(primary).is_some_and(|asked| !is_primary(&asked)) {
        tracing::warn!("storage.documents: its readPreference is left aside, everything is read from the primary");
    }
    Ok((options, name))
}

pub(super) fn is_primary(criteria: &SelectionCriteria) -> bool {
    matches!(criteria, SelectionCriteria::ReadPreference(ReadPreference::Primary))
}
