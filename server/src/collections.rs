//! Every collection that this application declares, for what treats a store as a whole: copying it, checking its queries.
//!
//! Must never be how a service reaches another's documents.

use storage::{
    StoreError,
    documents::{Collection, Documents},
};

use crate::{services, trusted_time};

/// Those of all services, and of the films.
pub fn all() -> Vec<&'static Collection> {
    [
        services::catalog::COLLECTIONS,
        services::identity::COLLECTIONS,
        services::library::COLLECTIONS,
        services::playback::COLLECTIONS,
        services::reviews::COLLECTIONS,
        services::entitlements::COLLECTIONS,
        services::discovery::recommendations::COLLECTIONS,
        services::usage::COLLECTIONS,
        services::storage_plan::COLLECTIONS,
        services::webhooks::COLLECTIONS,
        services::domain_events::COLLECTIONS,
        trusted_time::COLLECTIONS,
        storage::installation::COLLECTIONS,
        media::COLLECTIONS,
    ]
    .concat()
}

/// Those of all services, and what else these stores hold: collections of an older or newer version.
///
/// # Errors
/// What the stores say.
pub async fn of(stores: &[&dyn Documents]) -> Result<Vec<Collection>, StoreError> {
    let mut found: Vec<Collection> = all().into_iter().cloned().collect();
    for store in stores {
        for name in store.collections().await? {
            if !found.iter().any(|known| known.name == name) {
                found.push(Collection::undeclared(name));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use storage::documents::{Direction, Expect, Find, Write, mongodb::MongoDocuments};
    use testing::mongodb::Scratch;

    use super::*;

    fn by(index: &'static str, equals: Vec<serde_json::Value>) -> Find<'static> {
        Find { index, equals, from: None, direction: Direction::Ascending, after: None, limit: 10 }
    }

    #[tokio::test]
    async fn every_query_of_the_application_is_answered_by_an_index() {
        let scratch = Scratch::new();
        let store = MongoDocuments::open(scratch.url()).await.unwrap();
        let mut shapes = 0;
        for collection in all() {
            // As many that a planner would not rather read them all.
            let writes = (0..1500).map(|n| {
                let fields = collection.indexes.iter().flat_map(|index| index.fields);
                let body: serde_json::Map<_, _> = fields.map(|field| ((*field).to_owned(), json!(n))).collect();
                Write { id: format!("d{n:04}"), body: body.into(), expect: Expect::Absent }
            });
            assert!(store.put_many(collection, writes.collect()).await.unwrap().iter().all(Result::is_ok));
            for index in collection.indexes {
                let first = store.find(collection, by(index.name, vec![])).await.unwrap();
                for equals in 0..=index.fields.len() {
                    for (from, is_later, direction) in [
                        (false, false, Direction::Ascending),
                        (true, false, Direction::Descending),
                        (false, true, Direction::Descending),
                        (true, true, Direction::Ascending),
                    ] {
                        let from = (from && equals < index.fields.len()).then(|| json!(3));
                        // Cursors are of the first page, so that what is equal is what its last document has.
                        let after = is_later.then_some(()).and(first.next.as_deref());
                        let find = Find { from, after, direction, ..by(index.name, vec![json!(9); equals]) };
                        let plan = store.explain(collection, &find).await.unwrap();
                        assert!(plan.is_by(index.name), "{}: {find:?}: {plan}", collection.name);
                        shapes += 1;
                    }
                }
            }
            let plan = store.explain_list(collection, "d0700").await.unwrap();
            assert!(plan.is_by("_id_") && !plan.sorts(), "{plan}");
        }
        assert!(shapes > 40, "only {shapes} shapes of queries");
    }
}
