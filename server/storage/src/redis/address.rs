//! Reading a URL that names a Redis: one server or a cluster, with or without TLS.
//!
//! Must never repeat what stands before `@`.

use std::{fs, path::PathBuf, time::Duration};

use redis::{
    ConnectionInfo, IntoConnectionInfo, ProtocolVersion, TlsCertificates,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};

/// Why a URL names no Redis.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("it names no host")]
    NoHost,
    // What could be a piece of a password is not repeated.
    #[error("what it names is no host with or without a port; in a password, /, ?, @ and % are written %2F, %3F, %40 and %25")]
    Host,
    #[error("a cluster has no numbered databases")]
    Database,
    #[error("behind the question mark is something else than prefix and ca")]
    Query,
    #[error("the prefix {prefix:?} is not made of 1 to 64 letters, digits, '-', '_' and '.'")]
    Prefix { prefix: String },
    #[error("the authority's certificate {path} cannot be read: {reason}")]
    Authority { path: String, reason: String },
    #[error("an authority of your own (ca) goes with TLS: rediss:// or rediss+cluster://")]
    AuthorityWithoutTls,
}

/// Where a Redis is.
#[derive(Clone, Debug)]
pub struct Address {
    /// One, or some of a cluster's.
    pub nodes: Vec<ConnectionInfo>,
    pub cluster: bool,
    /// What every key starts with.
    pub prefix: String,
    /// Whom servers must be known to, where it is not one of the system's authorities.
    pub authority: Option<TlsCertificates>,
}

const PREFIX: &str = "marquee";
/// How soon a connection is looked after that says nothing, so that one whose other end is gone is given up.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(10);
/// How long what was sent may stay unconfirmed by the other end's kernel.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNCONFIRMED: Duration = Duration::from_secs(10);

impl Address {
    /// Reads a URL of one of [`super::SCHEMES`]: `redis://[[USER]:PASSWORD@]HOST[:PORT][/NUMBER][?prefix=NAME&ca=FILE]`, and
    /// `redis+cluster://` with several hosts between commas.
    ///
    /// # Errors
    /// [`AddressError`]
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = url.split_once("://").ok_or(AddressError::NoHost)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        // A password may hold a slash or an at sign: the last one ends it.
        let (before, rest) = rest.rsplit_once('@').map_or(("", rest), |(user, rest)| (user, rest));
        let (hosts, number) = rest.split_once('/').unwrap_or((rest, ""));
        let (scheme, cluster) = scheme.split_once('+').map_or((scheme, false), |(scheme, _)| (scheme, true));
        if cluster && !number.is_empty() {
            return Err(AddressError::Database);
        }
        let user = if before.is_empty() { String::new() } else { format!("{before}@") };
        let node = |host: &str| {
            if host.is_empty() {
                return Err(AddressError::NoHost);
            }
            let info = format!("{scheme}://{user}{host}/{number}").into_connection_info();
            info.map(settle).map_err(|_| AddressError::Host)
        };
        let nodes = match cluster {
            true => hosts.split(',').map(|host| node(host.trim())).collect::<Result<_, _>>()?,
            false => vec![node(hosts)?],
        };
        let mut address = Self { nodes, cluster, prefix: PREFIX.to_owned(), authority: None };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "prefix" => address.prefix = prefix(&value)?,
                "ca" if scheme == "rediss" => address.authority = Some(authority(&value)?),
                "ca" => return Err(AddressError::AuthorityWithoutTls),
                _ => return Err(AddressError::Query),
            }
        }
        Ok(address)
    }

    /// The hosts, for whoever reads a message.
    pub fn hosts(&self) -> String {
        self.nodes.iter().map(|node| node.addr().to_string()).collect::<Vec<_>>().join(", ")
    }
}

/// RESP3, because a connection that ended is then noticed before the next request; small requests leave at once.
fn settle(info: ConnectionInfo) -> ConnectionInfo {
    let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER);
    let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let tcp = tcp.set_user_timeout(UNCONFIRMED);
    info.set_redis_settings(redis).set_tcp_settings(tcp)
}

fn prefix(text: &str) -> Result<String, AddressError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
        true => Ok(text.to_owned()),
        false => Err(AddressError::Prefix { prefix: text.to_owned() }),
    }
}

fn authority(path: &str) -> Result<TlsCertificates, AddressError> {
    let path = PathBuf::from(path);
    let unreadable = |reason: String| AddressError::Authority { path: path.display().to_string(), reason };
    let certificate = fs::read(&path).map_err(|error| unreadable(error.to_string()))?;
    if !certificate.windows(27).any(|text| text == b"-----BEGIN CERTIFICATE-----") {
        return Err(unreadable("it holds no certificate (PEM)".to_owned()));
    }
    Ok(TlsCertificates { client_tls: None, root_cert: Some(certificate) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(url: &str) -> String {
        Address::parse(url).unwrap().hosts()
    }

    #[test]
    fn one_server_is_read_with_its_user_password_and_database() {
        let address = Address::parse("redis://films:hun%2Fter@cache.example:7000/3?prefix=a.b-c_1").unwrap();
        let settings = address.nodes[0].redis_settings();
        assert_eq!((settings.username(), settings.password(), settings.db()), (Some("films"), Some("hun/ter"), 3));
        assert_eq!(
            (address.hosts().as_str(), address.cluster, address.prefix.as_str()),
            ("cache.example:7000", false, "a.b-c_1")
        );
        assert_eq!((hosts("redis://cache"), hosts("rediss://[::1]:7/0")), ("cache:6379".into(), "::1:7".into()));
        assert_eq!(Address::parse("redis://cache").unwrap().prefix, "marquee");
    }

    #[test]
    fn a_cluster_is_read_with_one_password_for_all_its_hosts() {
        let address = Address::parse("rediss+cluster://:hunter2@a:1,b,c:3").unwrap();
        assert!(address.cluster);
        assert_eq!(address.hosts(), "a:1, b:6379, c:3");
        assert!(address.nodes.iter().all(|node| node.redis_settings().password() == Some("hunter2")));
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        for (url, reason) in [
            ("redis://", "names no host"),
            ("redis://:hunter2@", "names no host"),
            ("redis+cluster://:hunter2@a,,b", "names no host"),
            ("redis://:hunter2@host:port", "is no host"),
            ("redis://:hunter2", "is no host"),
            ("redis://:x?hunter2@host", "is no host"),
            ("redis+cluster://:hunter2@host/2", "numbered databases"),
            ("redis+cluster://:x/hunter2", "numbered databases"),
            ("redis://:hunter2@host?password=hunter2", "prefix and ca"),
            ("redis://host?prefix=a{b", "letters"),
            ("redis://host?prefix=", "letters"),
            ("redis://host?ca=/no/such/file", "TLS"),
            ("rediss://host?ca=/no/such/file", "/no/such/file"),
        ] {
            let message = Address::parse(url).unwrap_err().to_string();
            assert!(message.contains(reason) && !message.contains("hunter2"), "{url}: {message}");
        }
    }
}
