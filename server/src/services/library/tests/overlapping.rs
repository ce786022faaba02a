//! A change that is sent again while it is on its way, with what another device does between any of its writes.

use storage::documents::Collection;

use super::{
    super::{
        history::{Owner, Source},
        lists::{ListKey, Putting},
    },
    lists::{Lists, member},
    taking_back::{done, on},
    *,
};
use crate::test_support::interposed;

/// A library of the same documents, before whose first write to a collection something happens.
fn before(lists: &Lists, collection: &'static Collection, happens: impl Future<Output = ()> + Send + 'static) -> Library {
    let documents = interposed::before(&lists.library.documents, collection, happens);
    let clock = lists.library.clock.clone();
    Library::new(documents, Arc::new(Gone::default()), clock.clone(), Recorder::off(clock))
}

#[tokio::test]
async fn an_addition_that_is_sent_again_as_the_title_is_taken_off_does_not_bring_it_back() {
    let (lists, ada) = (Arc::new(Lists::new().await), member("ada", "a"));
    let put = json!({ "change": 1 });
    done(&lists, "PUT", "/lists/watchlist/titles/t1", put).await;
    let other = Arc::clone(&lists);
    let again = before(&lists, &record::LISTED, async move {
        done(&other, "DELETE", "/lists/watchlist/titles/t1?change=2", Value::Null).await;
    });
    // It looked whether the title was there before it is taken off.
    let (key, putting) = (ListKey::watchlist(&ada.profile), Putting { change: Some(1), ..Putting::default() });
    again.lists.put_on(&key, &"t1".parse().unwrap(), putting).await.unwrap();
    assert_eq!(on(&lists, "/lists/watchlist").await, [""; 0]);
}

#[tokio::test]
async fn a_viewing_that_is_said_again_while_it_is_noted_does_not_come_back_once_it_is_removed() {
    let (lists, ada) = (Arc::new(Lists::new().await), member("ada", "house"));
    let (other, viewer) = (Arc::clone(&lists), ada.clone());
    // Noted by both, done by the other, and removed.
    let first = before(&lists, &record::WATCHED, async move {
        other.say(&viewer, json!({ "change": 1 })).await;
        assert_eq!(other.dates(&viewer).await.len(), 1);
        other.unsay(&viewer, "change=2").await;
    });
    let (owner, now) = (Owner { profile: &ada.profile, is_guest: false }, lists.library.clock.millis());
    first.history.add(owner, &"heat".parse().unwrap(), (now, Source::Said), Some(1)).await.unwrap();
    assert_eq!(lists.dates(&ada).await, [0; 0]);
    // What the removal took is known as what it took: its Undo brings it back.
    lists.say(&ada, json!({ "restores": 2 })).await;
    assert_eq!(lists.dates(&ada).await.len(), 1);
}
