//! Where a stream stands: the numbers of all feeds, as the id of an event.

use std::sync::Arc;

/// Up to which number of each feed whoever follows has been told, in the order in which this server has the feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Arc<[u64]>);

impl Cursor {
    /// As an id: the feeds that it is of, and a number for each.
    pub fn to_id(&self, feeds: &str) -> String {
        let mut id = feeds.to_owned();
        for number in self.0.iter() {
            id.push('.');
            id.push_str(&number.to_string());
        }
        id
    }

    /// Nothing where it is no cursor of these feeds: of another installation, of other stores, or of another version.
    pub fn parse(id: &str, feeds: &str, count: usize) -> Option<Self> {
        let numbers = id.strip_prefix(feeds)?.strip_prefix('.')?;
        let numbers: Arc<[u64]> = numbers.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        (numbers.len() == count).then_some(Self(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_and_nothing_else_is_one() {
        let cursor = Cursor(Arc::from([7, 0, u64::MAX]));
        let id = cursor.to_id("f00d");
        assert_eq!(id, format!("f00d.7.0.{}", u64::MAX));
        assert_eq!(Cursor::parse(&id, "f00d", 3), Some(cursor));
        for other in ["", "f00d", "f00d.", "f00d.7.0", "f00d.7.0.1.2", "f00e.7.0.1", "f00d.7.-1.0", "f00d.7..1", "f00d.7.0.x"] {
            assert_eq!(Cursor::parse(other, "f00d", 3), None, "{other}");
        }
    }
}
