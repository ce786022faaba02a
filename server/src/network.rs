//! Who counts as one sender on the network: an IPv4 address, or a whole /64 of IPv6, which is what one subscriber holds.
//!
//! Must never be used to decide who somebody is: it says only whose requests, connections and guesses are counted together.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// The smallest network that is handed out to one subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address; an IPv4 address that is written as IPv6 (RFC 4291, section 2.5.5.2) is IPv4.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address)),
            IpAddr::V6(address) => Self(IpAddr::V6(Ipv6Addr::from(u128::from(address) & (u128::MAX << 64)))),
        }
    }
}

/// Its first address. Stored counts are named by it.
impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn neighbours_in_one_ipv6_network_count_together() {
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("2001:db8::ffff:2").to_string(), "2001:db8::");
    }

    #[test]
    fn an_ipv4_address_counts_alone_in_whichever_way_it_is_written() {
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
        assert_ne!(network("::ffff:192.0.2.7"), network("::ffff:192.0.2.8"));
    }
}
