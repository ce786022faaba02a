//! What a Redis says of itself when it is opened: whether it keeps what it is given.
//!
//! Must never refuse a server because it does not answer such questions: hosted ones often do not.

use std::collections::BTreeSet;

use redis::{Cmd, Value};

use super::OpenRedisError;
use crate::redis::Connection;

/// # Errors
/// [`OpenRedisError::Evicts`], and where the server does not answer at all.
pub(super) async fn look(connection: &Connection, hosts: &str) -> Result<(), OpenRedisError> {
    let unreachable =
        |error: crate::StoreError| OpenRedisError::Unreachable { hosts: hosts.to_owned(), reason: error.to_string() };
    connection.ask(redis::cmd("EXISTS").arg("{marquee}")).await.map_err(unreachable)?;

    let policies = said(connection, redis::cmd("INFO").arg("memory"), "maxmemory_policy").await;
    if let Some(policy) = policies.into_iter().find(|policy| policy != "noeviction") {
        return Err(OpenRedisError::Evicts { hosts: hosts.to_owned(), policy });
    }
    if said(connection, redis::cmd("INFO").arg("persistence"), "aof_enabled").await.contains("0") {
        tracing::warn!(hosts, "this Redis loses what it was given last when it stops: set appendonly to yes");
        return Ok(());
    }
    let fsync = said(connection, redis::cmd("CONFIG").arg("GET").arg("appendfsync"), "appendfsync").await;
    if fsync.iter().any(|fsync| fsync != "always") {
        tracing::warn!(hosts, "this Redis may lose the last second when it stops: set appendfsync to always");
    }
    Ok(())
}

/// What every server of a cluster says under `name`; nothing where none does.
async fn said(connection: &Connection, command: &Cmd, name: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match connection.ask(command).await {
        Ok(value) => collect(&value, name, &mut found),
        Err(error) => tracing::debug!(%error, name, "this Redis does not say"),
    }
    found
}

/// `name:value` in lines of text, or a pair of a map or a list, however deep.
fn collect(value: &Value, name: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Map(pairs) => pairs.iter().for_each(|(key, value)| pair(key, value, name, found)),
        Value::Array(values) => match &values[..] {
            [key, value] if is(key, name) => pair(key, value, name, found),
            values => values.iter().for_each(|value| collect(value, name, found)),
        },
        value => {
            let text: String = redis::from_redis_value_ref(value).unwrap_or_default();
            let lines = text.lines().filter_map(|line| line.split_once(':'));
            found.extend(lines.filter(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned()));
        }
    }
}

fn pair(key: &Value, value: &Value, name: &str, found: &mut BTreeSet<String>) {
    match is(key, name) {
        true => found.extend(redis::from_redis_value_ref::<String>(value).ok()),
        false => collect(value, name, found),
    }
}

fn is(key: &Value, name: &str) -> bool {
    redis::from_redis_value_ref::<String>(key).is_ok_and(|key| key == name)
}
