//! Reads the config from its sources, and says what is wrong with them.

use std::path::{Path, PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

use super::{Config, ConfigError};

/// Looked for where no other file is named; it need not be there.
const DEFAULT_FILE: &str = "marquee.toml";
const PREFIX: &str = "MARQUEE_";
/// Variables that other parts of the project read.
const RESERVED: [&str; 4] = ["MARQUEE_CONFIG", "MARQUEE_DEMO_ASSETS", "MARQUEE_SITE", "MARQUEE_BIN"];
const RESERVED_PREFIX: &str = "MARQUEE_TEST_";

/// Where the config comes from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A file that must be there.
    pub file: Option<PathBuf>,
    /// The process's variables, all of them.
    pub environment: Vec<(String, String)>,
    /// What was given on the command line.
    pub flags: Vec<Flag>,
}

/// A setting from the command line.
#[derive(Clone, Debug)]
pub struct Flag {
    /// As it was typed, for messages: `--address`.
    pub name: &'static str,
    /// Dotted.
    pub key: &'static str,
    pub value: Value,
}

/// # Errors
/// What is wrong, with the key and where it was set.
pub fn load(sources: Sources) -> Result<Config, ConfigError> {
    let mut figment = Figment::new();
    if let Some(file) = sources.file {
        if !file.is_file() {
            return Err(ConfigError::MissingFile(file));
        }
        figment = figment.merge(Toml::file_exact(file));
    } else if Path::new(DEFAULT_FILE).is_file() {
        figment = figment.merge(Toml::file_exact(DEFAULT_FILE));
    }
    let mut variables: Vec<_> = sources.environment.into_iter().filter(|(name, _)| is_setting(name)).collect();
    variables.sort();
    for (name, text) in variables {
        let key = name[PREFIX.len()..].to_ascii_lowercase().replace("__", ".");
        figment = figment.merge(One { name, key, value: parse(&text) });
    }
    for flag in sources.flags {
        figment = figment.merge(One { name: flag.name.to_owned(), key: flag.key.to_owned(), value: flag.value });
    }
    figment.extract().map_err(|error| ConfigError::from_figment(&figment, error))
}

fn is_setting(name: &str) -> bool {
    name.starts_with(PREFIX) && !name.starts_with(RESERVED_PREFIX) && !RESERVED.contains(&name)
}

/// A variable's text as a value: numbers, truth values and `[lists]` are taken for what they look like.
fn parse(text: &str) -> Value {
    // Infallible: what is nothing else is a string.
    text.parse().unwrap_or_else(|_| Value::from(text))
}

/// One setting with a name of its own, so that messages can say where it was made.
struct One {
    name: String,
    key: String,
    value: Value,
}

impl Provider for One {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = self.key.rsplit('.').fold(self.value.clone(), |inner, name| {
            let mut table = Dict::new();
            table.insert(name.to_owned(), inner);
            Value::from(table)
        });
        let mut map = Map::new();
        if let Value::Dict(_, dict) = nested {
            map.insert(Profile::Default, dict);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::config::{Fault, ServiceName};

    fn from_file(text: &str) -> Result<Config, ConfigError> {
        let mut file = tempfile::Builder::new().suffix("marquee.toml").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        load(Sources { file: Some(file.path().to_owned()), ..Sources::default() })
    }

    fn from_variable(name: &str, text: &str) -> Result<Config, ConfigError> {
        load(Sources { environment: vec![(name.to_owned(), text.to_owned())], ..Sources::default() })
    }

    fn only_fault(result: Result<Config, ConfigError>) -> Fault {
        match result {
            Err(ConfigError::Faults(faults)) if faults.len() == 1 => faults[0].clone(),
            other => panic!("one fault expected: {other:?}"),
        }
    }

    #[test]
    fn the_defaults_alone_are_a_config() {
        let config = load(Sources::default()).unwrap();
        assert_eq!(config.server.address.0.to_string(), "127.0.0.1:3000");
        assert_eq!(config.services, ServiceName::ALL);
    }

    #[test]
    fn the_file_for_operators_names_every_default() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/marquee.toml");
        let config = load(Sources { file: Some(file), ..Sources::default() }).unwrap();
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn what_an_earlier_version_called_trust_still_opens() {
        let config = from_file("[gateway]\ntrust_forwarded = true\nin_flight = 100\n").unwrap();
        assert!(config.gateway.trust_forwarded);
        assert_eq!(config.gateway.forwarded, crate::config::ForwardedHeader::None);
    }

    #[test]
    fn a_variable_wins_over_the_file_and_a_flag_over_both() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"[server]\naddress = \"127.0.0.1:1\"\n[gateway]\ntimeout_seconds = 7\n").unwrap();
        let mut sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
        sources.environment = vec![("MARQUEE_SERVER__ADDRESS".into(), "127.0.0.1:2".into())];
        let config = load(sources.clone()).unwrap();
        assert_eq!((config.server.address.0.port(), config.gateway.timeout_seconds.get()), (2, 7));
        sources.flags = vec![Flag { name: "--address", key: "server.address", value: Value::from("127.0.0.1:3") }];
        assert_eq!(load(sources).unwrap().server.address.0.port(), 3);
    }

    #[test]
    fn a_list_can_be_set_by_a_variable() {
        let config = from_variable("MARQUEE_SERVICES", "[catalog, playback]").unwrap();
        assert_eq!(config.services, [ServiceName::Catalog, ServiceName::Playback]);
    }

    #[test]
    fn variables_of_other_parts_are_left_alone() {
        for name in ["MARQUEE_TEST_REDIS", "MARQUEE_CONFIG", "MARQUEE_DEMO_ASSETS", "MARQUEE_SITE", "MARQUEE_BIN", "PATH"] {
            assert!(from_variable(name, "x").is_ok(), "{name}");
        }
    }

    #[test]
    fn a_named_file_that_is_missing_stops_the_start() {
        let error = load(Sources { file: Some("no/such.toml".into()), ..Sources::default() }).unwrap_err();
        assert_eq!(error.to_string(), "no/such.toml: there is no such config file");
    }

    #[test]
    fn an_unknown_key_names_itself_its_file_and_what_is_allowed() {
        let fault = only_fault(from_file("[server]\nadress = \"127.0.0.1:1\"\n"));
        assert_eq!(fault.key, "server.adress");
        assert!(fault.place.ends_with("marquee.toml"), "{fault}");
        assert!(fault.message.contains("allowed here: address, metrics_address, https, public_url"), "{fault}");
    }

    #[test]
    fn an_unknown_key_at_the_top_and_an_unknown_table_are_named() {
        assert_eq!(only_fault(from_file("adress = 1\n")).key, "adress");
        assert_eq!(only_fault(from_file("[sever]\naddress = \"127.0.0.1:1\"\n")).key, "sever");
    }

    #[test]
    fn an_unknown_variable_names_itself() {
        let fault = only_fault(from_variable("MARQUEE_GATEWAY__LIMIT__BRUST", "3"));
        assert_eq!((fault.place.as_str(), fault.key.as_str()), ("MARQUEE_GATEWAY__LIMIT__BRUST", "gateway.limit.brust"));
        assert!(fault.message.contains("requests_per_second, burst"), "{fault}");
    }

    #[test]
    fn a_bad_value_names_its_key_its_place_and_what_is_allowed() {
        let cases = [
            (
                "[server]\naddress = \"here\"\n",
                "server.address",
                "is \"here\"; it must be an address with a port, like 127.0.0.1:3000",
            ),
            ("[server]\ndrain_seconds = 9999\n", "server.drain_seconds", "is 9999; it must be a whole number from 0 to 3600"),
            ("[server]\ndrain_seconds = -1\n", "server.drain_seconds", "is -1; it must be a whole number from 0 to 3600"),
            ("[server]\nhttps = \"yes\"\n", "server.https", "is \"yes\"; it must be true or false"),
            ("[log]\nformat = \"xml\"\n", "log.format", "is `xml`; allowed: auto, text, json"),
            ("[log]\nfilter = \"loud\"\n", "log.filter", "is \"loud\"; it must be levels (off, error, warn"),
            (
                "services = [\"catalog\", \"cinema\"]\n",
                "services.1",
                "is `cinema`; allowed: catalog, discovery, entitlements, identity, library, playback, reviews",
            ),
            ("services = \"catalog\"\n", "services", "is \"catalog\"; it must be a list"),
            ("[gateway.middleware]\ntrace = 1\n", "gateway.middleware.trace", "is 1; it must be true or false"),
            ("server = 3\n", "server", "is 3; it must be a table of keys"),
            (
                "[gateway]\nforwarded = \"x-real-ip\"\n",
                "gateway.forwarded",
                "is `x-real-ip`; allowed: none, x-forwarded-for, forwarded",
            ),
            (
                "[gateway]\nproxies = [\"proxy.example\"]\n",
                "gateway.proxies",
                "is \"proxy.example\"; it must be an address or a network, like 127.0.0.1 or 10.0.0.0/8",
            ),
        ];
        for (text, key, message) in cases {
            let fault = only_fault(from_file(text));
            assert_eq!(fault.key, key, "{text}: {fault}");
            assert!(fault.place.ends_with("marquee.toml"), "{fault}");
            assert!(fault.message.starts_with(message), "{text}: {fault}");
        }
        let fault = only_fault(from_variable("MARQUEE_SERVER__ADDRESS", "3000"));
        assert_eq!(fault.place, "MARQUEE_SERVER__ADDRESS");
        assert!(fault.message.starts_with("is 3000; it must be an address"), "{fault}");
    }

    #[test]
    fn a_file_that_is_no_toml_says_where_it_breaks() {
        let fault = only_fault(from_file("[server\naddress = 1\n"));
        assert!(fault.place.ends_with("marquee.toml"), "{fault}");
        assert!(fault.message.contains("line 1"), "{fault}");
    }
}
