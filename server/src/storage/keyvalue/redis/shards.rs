//! Where a key lies: Redis keeps no order of its own, so each of a few shards has an index beside its entries.
//!
//! Must never change, or what is stored is no longer found.

/// How many there are. All keys of one shard are in one slot of a cluster.
const SHARDS: u32 = 16;

/// The names of what is stored under one prefix.
pub struct Shards {
    prefix: String,
}

impl Shards {
    pub fn new(prefix: String) -> Self {
        Self { prefix }
    }

    /// Every shard.
    pub fn all() -> impl Iterator<Item = u32> {
        0..SHARDS
    }

    /// The shard of a key: that of what stands before its second slash.
    pub fn of(key: &str) -> u32 {
        let head = head(key).unwrap_or(key);
        crc32fast::hash(head.as_bytes()) % SHARDS
    }

    /// The shards that keys with this prefix can be in.
    pub fn under(prefix: &str) -> Vec<u32> {
        match head(prefix) {
            Some(_) => vec![Self::of(prefix)],
            None => Self::all().collect(),
        }
    }

    /// The string that holds an entry: 8 bytes of version (big endian), then the value.
    pub fn entry(&self, key: &str) -> String {
        format!("{{{}:{:02}}}e/{key}", self.prefix, Self::of(key))
    }

    /// The sorted set of a shard's keys, all with the same score: their order is that of their bytes.
    pub fn index(&self, shard: u32) -> String {
        format!("{{{}:{shard:02}}}index", self.prefix)
    }

    /// The sorted set of those keys that expire, by when (ms since 1970).
    pub fn expiries(&self, shard: u32) -> String {
        format!("{{{}:{shard:02}}}expiries", self.prefix)
    }
}

fn head(key: &str) -> Option<&str> {
    let (first, rest) = key.split_once('/')?;
    let (second, _) = rest.split_once('/')?;
    Some(&key[..first.len() + 1 + second.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_under_two_names_is_in_one_shard() {
        for key in ["sign-in/ana/1", "sign-in/ana/2", "sign-in/ana/", "sign-in/ana/3/4"] {
            assert_eq!(vec![Shards::of(key)], Shards::under("sign-in/ana/"), "{key}");
        }
        assert_eq!(Shards::under("sign-in/ana").len(), 16);
        assert_eq!(Shards::under("").len(), 16);
    }

    #[test]
    fn names_stay_what_they_are_and_share_a_slot() {
        let shards = Shards::new("marquee".to_owned());
        assert_eq!(shards.entry("sign-in/ana/1"), format!("{{marquee:{:02}}}e/sign-in/ana/1", Shards::of("sign-in/ana/9")));
        assert_eq!((Shards::of("a"), Shards::of("password/1"), Shards::of("é//")), (3, 5, 2));
        assert_eq!((shards.index(3), shards.expiries(15)), ("{marquee:03}index".into(), "{marquee:15}expiries".into()));
    }

    #[test]
    fn keys_spread_over_all_shards() {
        let used: std::collections::BTreeSet<u32> = (0..200).map(|number| Shards::of(&format!("throttle/{number}"))).collect();
        assert_eq!(used.len(), 16);
    }
}
