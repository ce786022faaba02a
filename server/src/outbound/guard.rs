//! Which addresses a request to elsewhere may go to: the public internet, and networks that the operator named.
//!
//! Whoever chooses where to is not whoever runs the machine: an address of a metadata service, of a router or of this machine itself must
//! not be reached by naming it (OWASP, "Server-Side Request Forgery Prevention"). What is checked is each address that a connection is
//! made to, and not the name, so that a name that stands for another address a moment later is of no use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::config::Networks;

/// Where requests may go.
#[derive(Clone, Debug)]
pub enum Reach {
    /// The public internet, and these networks.
    PublicAnd(Networks),
    /// These networks alone: for what is not encrypted.
    Only(Networks),
    /// Wherever the config says.
    Anywhere,
}

impl Reach {
    /// Whether a connection to this address may be made.
    pub fn permits(&self, address: IpAddr) -> bool {
        match self {
            Self::PublicAnd(networks) => networks.contains(address) || is_public(address),
            Self::Only(networks) => networks.contains(address),
            Self::Anywhere => true,
        }
    }
}

/// Whether an address is one of the public internet (IANA's special-purpose registries, RFC 6890). An address of IPv4 that is written as one
/// of IPv6 is looked at as what it is.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_protocols = (a, b, c) == (192, 0, 0);
    let is_relay = (a, b, c) == (192, 88, 99);
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 240
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || is_shared
        || is_protocols
        || is_relay
        || is_benchmark)
}

/// Global unicast without what leads to IPv4 by another way: Teredo and 6to4; NAT64 is looked through.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments() {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let is_global_unicast = first & 0xe000 == 0x2000;
    let is_protocols = first == 0x2001 && second < 0x200;
    let is_documentation = (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000);
    is_global_unicast && !is_protocols && !is_documentation && first != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for (address, public) in [
            ("93.184.216.34", true),
            ("8.8.8.8", true),
            ("100.63.0.1", true),
            ("172.32.0.1", true),
            ("2606:2800:220:1::1", true),
            ("2a00:1450:4001::1", true),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::808:808", true),
            ("0.0.0.0", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("127.9.9.9", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("192.0.0.8", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("203.0.113.7", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("::7f00:1", false),
            ("64:ff9b::7f00:1", false),
            ("64:ff9b:1::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[test]
    fn what_is_not_encrypted_stays_within_the_networks_that_were_named() {
        let home = || Networks::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let permits = |reach: Reach, address: &str| reach.permits(address.parse().unwrap());
        assert!(permits(Reach::Only(home()), "10.1.2.3") && !permits(Reach::Only(home()), "8.8.8.8"));
        assert!(permits(Reach::PublicAnd(home()), "10.1.2.3") && permits(Reach::PublicAnd(home()), "8.8.8.8"));
        assert!(!permits(Reach::PublicAnd(home()), "127.0.0.1") && permits(Reach::Anywhere, "127.0.0.1"));
    }
}
