//! Networks by their addresses, for whoever is believed because of where they connect from.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de::Error};

const EXPECTED: &str = "an address or a network, like 127.0.0.1 or 10.0.0.0/8";

/// Addresses and networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// This machine.
    pub fn loopback() -> Self {
        let loopback = [IpNet::new_assert([127, 0, 0, 0].into(), 8), IpNet::from(IpAddr::from(std::net::Ipv6Addr::LOCALHOST))];
        Self(loopback.into())
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is one of them; an IPv4 address that is written as IPv6 is IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// An address alone is a network of one.
fn parse(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical())))
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let read = |text: String| {
            let unexpected = || D::Error::invalid_value(serde::de::Unexpected::Str(&text), &EXPECTED);
            parse(&text).ok_or_else(unexpected)
        };
        texts.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_its_network_and_in_itself() {
        let networks = Networks(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"].map(|text| parse(text).unwrap()).into());
        for (address, is_in) in [
            ("10.200.3.4", true),
            ("11.0.0.1", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("::ffff:192.0.2.7", true),
            ("2001:db8:7::1", true),
            ("2001:db9::1", false),
        ] {
            assert_eq!(networks.contains(address.parse().unwrap()), is_in, "{address}");
        }
        assert!(Networks::loopback().contains("127.0.0.9".parse().unwrap()));
        assert!(parse("proxy.example").is_none() && parse("10.0.0.0/33").is_none());
    }
}
