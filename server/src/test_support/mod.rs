//! What tests of several parts use: stores that are damaged, or of which each write goes through the test.

pub(crate) mod interposed;

use std::path::Path;

use storage::documents::Collection;

/// Has documents be no JSON any more, as a damaged disk leaves them, beside the store that has them in this folder. Indexes find
/// them all the same.
pub(crate) fn damage(folder: &Path, collection: &Collection, ids: &str) {
    let database = rusqlite::Connection::open(folder.join("marquee.db")).unwrap();
    let statement = format!("UPDATE document_{} SET body = body || char(0) WHERE id LIKE ?1", collection.name);
    assert!(database.execute(&statement, [ids]).unwrap() > 0, "{ids}");
}

/// Whether a text has this as a word of its own. A random id has every short name in it sooner or later.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    text.split(|character: char| !character.is_alphanumeric()).any(|found| found == word)
}
