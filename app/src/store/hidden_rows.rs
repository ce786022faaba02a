//! The rows of the home page that a viewer hid, and how they come back. A part of the preferences, so that it follows the viewer.

use serde::{Deserialize, Serialize};

/// Rows that are kept at most, as many as the server keeps of such a list: two devices may hide so many between them, and one more hides
/// no other. Of more the oldest come back by themselves.
pub const AT_MOST: usize = 100;

/// How the keys of rows begin that are called by a film.
const BECAUSE: &str = "because-";

/// A row that is hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenRow {
    /// As the row's own.
    pub key: String,
    /// What it was called, for whoever wants it back.
    pub heading: String,
}

/// In the order in which they were hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HiddenRows(Vec<HiddenRow>);

impl HiddenRows {
    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|row| row.key == key)
    }

    pub fn rows(&self) -> &[HiddenRow] {
        &self.0
    }

    /// Those whose names may be told to whoever watches: a row of what goes with a film is called by that film.
    pub fn told(&self, has_age_limit: bool) -> impl Iterator<Item = &HiddenRow> {
        self.0.iter().filter(move |row| !(has_age_limit && row.key.starts_with(BECAUSE)))
    }

    pub fn hide(&mut self, row: HiddenRow) {
        self.bring_back(&row.key);
        self.0.push(row);
        let surplus = self.0.len().saturating_sub(AT_MOST);
        self.0.drain(..surplus);
    }

    pub fn bring_back(&mut self, key: &str) {
        self.0.retain(|row| row.key != key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: usize) -> HiddenRow {
        HiddenRow { key: key.to_string(), heading: String::new() }
    }

    #[test]
    fn a_row_is_hidden_once_and_comes_back_and_what_is_kept_has_an_end() {
        let mut hidden = HiddenRows::default();
        for key in (0..AT_MOST + 2).chain([AT_MOST]) {
            hidden.hide(row(key));
        }
        assert_eq!(hidden.rows().len(), AT_MOST);
        assert!(!hidden.has("1") && hidden.has("2"));
        assert_eq!(hidden.rows().last(), Some(&row(AT_MOST)));
        hidden.bring_back("2");
        assert!(!hidden.has("2"));
    }

    #[test]
    fn a_row_that_is_called_by_a_film_is_named_to_nobody_with_an_age_limit() {
        let mut hidden = HiddenRows::default();
        hidden.hide(HiddenRow { key: "because-x".into(), heading: "Because you watched X".into() });
        hidden.hide(row(1));
        assert_eq!(hidden.told(true).count(), 1);
        assert_eq!(hidden.told(false).count(), 2);
    }
}
