//! Where a packaging of a film lies: its generation, and the store that holds the objects of it.
//!
//! Must never be taken from what a request says: a grant names it, or the title's placement does.

use storage::objects::StoreRole;

use super::generation::Generation;

/// One packaging, in one of the stores for video; while a title moves there is a copy in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    pub generation: Generation,
    pub store: StoreRole,
}

impl Location {
    /// In the first store, where all lies that an older build packaged.
    pub const fn per_view(generation: Generation) -> Self {
        Self { generation, store: StoreRole::PerView }
    }

    /// The same packaging in another store.
    #[must_use]
    pub const fn in_store(self, store: StoreRole) -> Self {
        Self { store, ..self }
    }
}
