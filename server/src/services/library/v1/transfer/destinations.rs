//! Which lists of a profile the lists of a file go to.
//!
//! All of the file's are looked at before any has one: a list goes back to the one that it was by its id, whatever others are called, then
//! to one of its name that as many see, then to another of its name. Must never send two lists to one, nor what nobody else sees to one
//! that others do.

use contract::ids::ProfileId;

use super::super::super::{
    file::WantedList,
    lists::{ListKey, Stored},
};
use crate::services::names::visible;

/// Letters and digits of a new list's id, at most as many as a digest has.
pub const ID: usize = 24;

/// Where a list of a file goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    There(ListKey),
    /// To a new one of this name, which has this id where it is free.
    New(String, String),
    /// Nowhere: of its name nothing can be seen.
    Nowhere,
}

/// A list of the file on its way.
struct Wanted<'a> {
    list: &'a WantedList,
    /// As it is compared; nothing where nothing can be seen of it.
    name: Option<String>,
    /// The id of a new one.
    fresh: String,
    found: Option<ListKey>,
}

impl Wanted<'_> {
    /// Whether nobody sees what goes there who did not see it.
    fn may_go_to(&self, (_, list): &Stored) -> bool {
        self.list.is_shared || list.household.is_none()
    }

    fn is_called(&self, (_, list): &Stored) -> bool {
        self.name.is_some() && visible("name", &list.name).ok() == self.name
    }

    fn is_as_open(&self, (_, list): &Stored) -> bool {
        list.household.is_some() == self.list.is_shared
    }

    fn destination(self) -> Destination {
        match (self.found, self.name) {
            (Some(key), _) => Destination::There(key),
            (None, Some(name)) => Destination::New(name, self.fresh),
            (None, None) => Destination::Nowhere,
        }
    }
}

/// Where each of the lists of a file goes, in their order.
pub fn destinations(profile: &ProfileId, lists: &[Stored], of_file: &[&WantedList]) -> Vec<Destination> {
    let mut wanted: Vec<Wanted<'_>> = Vec::with_capacity(of_file.len());
    for list in of_file.iter().copied() {
        let name = visible("name", &list.name).ok();
        let number = wanted.iter().filter(|other| other.name == name).count();
        let fresh = new_id(profile, name.as_deref().unwrap_or_default(), number);
        wanted.push(Wanted { list, name, fresh, found: None });
    }
    let mut taken = Vec::new();
    let is_it =
        |wanted: &Wanted<'_>, (key, _): &Stored| wanted.list.id.as_ref().is_some_and(|id| *key == ListKey::new(profile, id));
    take(&mut wanted, lists, &mut taken, is_it);
    take(&mut wanted, lists, &mut taken, |wanted, stored| wanted.is_called(stored) && wanted.is_as_open(stored));
    take(&mut wanted, lists, &mut taken, |wanted, stored| wanted.is_called(stored));
    wanted.into_iter().map(Wanted::destination).collect()
}

/// Gives each that has none yet one that fits and nobody has: the one that an import made for it, and else always the same one.
fn take(wanted: &mut [Wanted<'_>], lists: &[Stored], taken: &mut Vec<ListKey>, fits: impl Fn(&Wanted<'_>, &Stored) -> bool) {
    for one in wanted.iter_mut().filter(|one| one.found.is_none() && one.name.is_some()) {
        let is_free = |(key, _): &&Stored| !taken.contains(key);
        let fitting = lists.iter().filter(is_free).filter(|stored| one.may_go_to(stored) && fits(one, stored));
        let made = |key: &ListKey| key.list_id().is_ok_and(|id| id.as_str() == one.fresh);
        let found = fitting.map(|(key, _)| key).min_by_key(|key| (!made(key), key.id())).cloned();
        taken.extend(found.clone());
        one.found = found;
    }
}

/// The id of the list that a profile's import makes under a name, the first of the file or a further one: two imports at once make one
/// list. It cannot be guessed, as the profile's cannot.
fn new_id(profile: &ProfileId, name: &str, number: usize) -> String {
    let further = if number == 0 { String::new() } else { format!(" {number}") };
    let digest = blake3::hash(format!("imported list{further}/{profile}/{name}").as_bytes()).to_hex();
    digest.get(..ID).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{super::super::super::record::ListRecord, *};

    const A: &str = "aaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbb";
    const C: &str = "cccccccccccccccccccc";

    fn ada() -> ProfileId {
        "ada".parse().unwrap()
    }

    fn key(id: &str) -> ListKey {
        ListKey::new(&ada(), &id.parse().unwrap())
    }

    fn stored(id: &str, name: &str, is_shared: bool) -> Stored {
        let household = is_shared.then(|| "house".parse().unwrap());
        (key(id), ListRecord { household, ..ListRecord::named(&ada(), name) })
    }

    fn wanted(id: Option<&str>, name: &str, is_shared: bool) -> WantedList {
        WantedList { id: id.map(|id| id.parse().unwrap()), name: name.into(), note: String::new(), is_shared }
    }

    /// The ids that lists go to, by their first letter; of a new list none.
    fn places(lists: &[Stored], of_file: &[WantedList]) -> Vec<Option<char>> {
        let found = destinations(&ada(), lists, &of_file.iter().collect::<Vec<_>>());
        let letter = |destination| match destination {
            Destination::There(key) => key.list_id().unwrap().as_str().chars().next(),
            Destination::New(..) | Destination::Nowhere => None,
        };
        found.into_iter().map(letter).collect()
    }

    #[test]
    fn a_list_goes_back_to_the_one_that_it_was_whatever_an_earlier_list_of_the_file_is_called() {
        let of_file = [wanted(Some(A), "Alpha", false), wanted(Some(B), "Beta", false)];
        assert_eq!(places(&[stored(B, "Alpha", false)], &of_file), [None, Some('b')]);
        let swapped = [stored(A, "Beta", false), stored(B, "Alpha", false)];
        assert_eq!(places(&swapped, &of_file), [Some('a'), Some('b')]);
        // One that others see by now is not for it, and stays for another of its name.
        let of_file = [wanted(Some(A), "Alpha", false), wanted(None, "Alpha", true)];
        assert_eq!(places(&[stored(A, "Alpha", true)], &of_file), [None, Some('a')]);
        let twice = [wanted(Some(A), "Alpha", false), wanted(Some(A), "Alpha", false)];
        assert_eq!(places(&[stored(A, "Alpha", false)], &twice), [Some('a'), None]);
    }

    #[test]
    fn of_one_name_a_list_that_as_many_see_goes_before_one_that_others_see() {
        let of_file = [wanted(None, "Presents", true), wanted(None, "Presents", false)];
        assert_eq!(places(&[stored(A, "Presents", false)], &of_file), [None, Some('a')]);
        let both = [stored(A, "Presents", false), stored(C, "Presents", true)];
        assert_eq!(places(&both, &of_file), [Some('c'), Some('a')]);
        assert_eq!(places(&[stored(A, "Presents", false)], &of_file[..1]), [Some('a')]);
    }

    #[test]
    fn a_list_of_which_no_name_can_be_seen_goes_nowhere_and_keeps_none_from_the_others() {
        let of_file = [wanted(Some(A), "\u{200b}", false), wanted(None, "Alpha", false)];
        assert_eq!(places(&[stored(A, "Alpha", false)], &of_file), [None, Some('a')]);
    }
}
