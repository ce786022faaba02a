//! Where a key lies: Redis keeps no order of its own, so each of a few shards has an index beside its entries.
//!
//! Must never change, or what is stored is no longer found.

/// How many there are. All keys of one shard are in one slot of a cluster.
const SHARDS: u32 = 16;

/// The names of what is stored under one prefix.
pub struct Shards(Vec<Shard>);

/// The names of what is stored in one shard.
pub struct Shard {
    /// What the names of entries begin with.
    entries: String,
    /// The sorted set of the shard's keys, all with the same score: their order is that of their bytes.
    pub index: String,
    /// The sorted set of those keys that expire, by when (ms since 1970), or sooner.
    pub expiries: String,
}

impl Shards {
    pub fn new(prefix: &str) -> Self {
        let shard = |number| Shard {
            entries: format!("{{{prefix}:{number:02}}}e/"),
            index: format!("{{{prefix}:{number:02}}}index"),
            expiries: format!("{{{prefix}:{number:02}}}expiries"),
        };
        Self((0..SHARDS).map(shard).collect())
    }

    /// Every shard.
    pub fn all(&self) -> &[Shard] {
        &self.0
    }

    /// The shard of a key: that of what stands before its second slash.
    pub fn of(&self, key: &str) -> &Shard {
        let head = head(key).unwrap_or(key);
        // Of as many as are counted.
        &self.0[number(head)]
    }

    /// The shards that keys with this prefix can be in.
    pub fn under(&self, prefix: &str) -> &[Shard] {
        match head(prefix) {
            Some(head) => std::slice::from_ref(&self.0[number(head)]),
            None => &self.0,
        }
    }

    /// The string that holds an entry: 8 bytes of version (big endian), then the value.
    pub fn entry(&self, key: &str) -> String {
        self.of(key).entry(key)
    }
}

impl Shard {
    /// As [`Shards::entry`], of a key of this shard.
    pub fn entry(&self, key: &str) -> String {
        [&self.entries, key].concat()
    }
}

fn number(head: &str) -> usize {
    (crc32fast::hash(head.as_bytes()) % SHARDS) as usize
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
        let shards = Shards::new("marquee");
        for key in ["sign-in/ana/1", "sign-in/ana/2", "sign-in/ana/", "sign-in/ana/3/4"] {
            let under = shards.under("sign-in/ana/");
            assert_eq!((under.len(), &under[0].index), (1, &shards.of(key).index), "{key}");
        }
        assert_eq!(shards.under("sign-in/ana").len(), 16);
        assert_eq!(shards.under("").len(), 16);
    }

    #[test]
    fn names_stay_what_they_are_and_share_a_slot() {
        let shards = Shards::new("marquee");
        let names = |key| (shards.entry(key), shards.of(key).index.as_str(), shards.of(key).expiries.as_str());
        assert_eq!(names("a"), ("{marquee:03}e/a".into(), "{marquee:03}index", "{marquee:03}expiries"));
        assert_eq!(names("password/1").0, "{marquee:05}e/password/1");
        assert_eq!(names("é//").1, "{marquee:02}index");
        assert_eq!(shards.of("sign-in/ana/1").index, shards.of("sign-in/ana/9").index);
        assert_eq!(shards.all()[15].expiries, "{marquee:15}expiries");
    }

    #[test]
    fn keys_spread_over_all_shards() {
        let shards = Shards::new("marquee");
        let keys: Vec<String> = (0..200).map(|number| format!("throttle/{number}")).collect();
        let used: std::collections::BTreeSet<&str> = keys.iter().map(|key| shards.of(key).index.as_str()).collect();
        assert_eq!(used.len(), 16);
    }
}
