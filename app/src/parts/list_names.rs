//! The names of one's own lists: of two with one name nothing tells which is which, so none is given twice.

use contract::library::{TitleList, WATCHLIST};

/// The list of one's own that is called so, whatever is in capitals.
pub fn of_name<'a>(lists: impl IntoIterator<Item = &'a TitleList>, name: &str) -> Option<&'a TitleList> {
    let wanted = name.trim().to_lowercase();
    let is_so = |list: &&TitleList| list.is_own && list.id.as_str() != WATCHLIST && list.name.trim().to_lowercase() == wanted;
    lists.into_iter().find(is_so)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_already_where_it_is_that_of_a_list_of_ones_own() {
        let list = |id: &str, name: &str, is_own| TitleList {
            id: id.parse().unwrap(),
            name: name.into(),
            note: String::new(),
            is_shared: false,
            is_own,
            shared_by: None,
            count: 0,
            has_title: None,
        };
        let lists = [list(WATCHLIST, "My list", true), list("a", "Sunday Evening", true), list("b", "Kim's", false)];
        let found = |name| of_name(&lists, name).map(|list| list.id.as_str());
        assert_eq!([found("Sunday Evening"), found(" sunday evening ")], [Some("a"); 2]);
        assert_eq!([found("Sunday"), found("Kim's"), found("My list")], [None; 3], "those of others are told by whose they are");
    }
}
