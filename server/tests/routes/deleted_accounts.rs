//! Of an account that is deleted nothing is left, whatever its profiles kept, said and did: in no store, model or feed.

use std::{collections::BTreeSet, time::Duration};

use contract::{
    catalog::ListTitles,
    discovery::{HiddenKind, HideRecommendation, ReplaceRecommendationSettings},
    identity::{ListProfiles, SelectProfile},
    ids::{AccountId, ListId, ProfileId, ReviewId, TitleId},
    library::{
        AddFavourite, AddToList, DeleteList, FileFormat, ImportLibrary, ImportPart, MarkWatched, RemoveFromList,
        ReplaceHistorySettings, ReplaceList,
    },
    reviews::{
        AddRatings, BanReviewer, GetMyReview, HideReview, ListReviews, MyRating, PutReview, ReplaceReviewerName, ReportReason,
        ReportReview, RestoreReview, VoteHelpful,
    },
};
use serde_json::Value;
use storage::documents::PAGE_LIMIT;

use crate::{
    events::{film, watchlist},
    profile_life::{set_up, sign_in, snapshot, timed},
    stored::{left_in_feeds, left_in_objects, left_of, stays_forgotten, watched},
    support::{TestApp, new_account, new_id, new_profile},
};

/// In every text that they write.
const MARKER: &str = "quixotic zephyr";

/// Films: two that are reviewed, two that are rated by a file and by a call.
struct Films {
    heat: TitleId,
    ran: TitleId,
    imported: TitleId,
    rated: TitleId,
}

/// Everything that a profile can keep or say of a title, as whoever is signed in.
async fn keep_everything(app: &TestApp, profile: &ProfileId, films: &Films) -> ReviewId {
    let Films { heat, ran, rated, .. } = films;
    app.send(ReplaceReviewerName { name: format!("{MARKER} {}", &profile.as_str()[..5]) }).await.unwrap();
    for id in [heat, ran] {
        let text = format!("{MARKER} saw this.");
        app.send(PutReview { text, has_spoilers: true, ..PutReview::stars(id.clone(), 9) }).await.unwrap();
        app.send(AddFavourite { id: id.clone() }).await.unwrap();
        app.send(MarkWatched { change: Some(1), ..MarkWatched::now(id.clone()) }).await.unwrap();
    }
    app.send(AddRatings { ratings: vec![MyRating { id: rated.clone(), half_stars: 3, review: None }], name: None })
        .await
        .unwrap();
    let text = "Title,Rating,WatchedDate\nImported,4.5,2020-01-01\n".to_owned();
    let import = ImportLibrary { format: FileFormat::Csv, into: Some(ImportPart::History), list: None, text };
    let report = app.send(import).await.unwrap();
    assert_eq!((report.added, report.rated), (1, 1), "{report:?}");
    let list: ListId = new_id();
    let named = ReplaceList { id: list.clone(), name: MARKER.into(), note: MARKER.into(), is_shared: true };
    app.send(named.clone()).await.unwrap();
    // One that the household sees no more, and a title that was taken off a list.
    let short_lived: ListId = new_id();
    app.send(ReplaceList { id: short_lived.clone(), ..named }).await.unwrap();
    app.send(DeleteList { id: short_lived }).await.unwrap();
    let on = AddToList { list: watchlist(), id: ran.clone(), note: Some(MARKER.into()), change: Some(1), restores: None };
    app.send(on).await.unwrap();
    app.send(RemoveFromList { list: watchlist(), id: ran.clone(), change: Some(2), undoes: None }).await.unwrap();
    for list in [watchlist(), list] {
        app.send(AddToList { list, id: heat.clone(), note: Some(MARKER.into()), change: None, restores: None }).await.unwrap();
    }
    for (kind, of) in [(HiddenKind::Title, ran.as_str()), (HiddenKind::Genre, MARKER)] {
        app.send(HideRecommendation { kind, of: of.to_owned() }).await.unwrap();
    }
    app.send(ReplaceRecommendationSettings { is_on: true }).await.unwrap();
    app.send(snapshot(MARKER)).await.unwrap();
    app.send(ReplaceHistorySettings { is_kept: true }).await.unwrap();
    watched(&app.server.stores, profile, 30.0, 1).await;
    app.send(GetMyReview { id: heat.clone() }).await.unwrap().review.unwrap().id
}

/// Says of a review that it is helpful, and reports it.
async fn react(app: &TestApp, review: &ReviewId) {
    app.send(VoteHelpful { review: review.clone() }).await.unwrap();
    app.send(ReportReview { review: review.clone(), reason: ReportReason::Abuse }).await.unwrap();
}

/// The names of the models that are stored.
async fn models(app: &TestApp) -> Vec<String> {
    left_in_objects(app, "models/").await
}

/// Every place that names any of these.
async fn left(app: &TestApp, account: &AccountId, ids: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for id in ids {
        found.extend(left_of(app, account, id).await);
        found.extend(left_in_objects(app, id).await);
    }
    found
}

/// The collections of which there is something in an export.
fn exported(export: &Value) -> BTreeSet<String> {
    let profiles = export["profiles"].as_array().unwrap().iter().map(|profile| &profile["kept"]);
    let kept = profiles.chain([&export["kept"]]).map(|kept| kept.as_object().unwrap());
    kept.flat_map(|kept| kept.keys().cloned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_deleted_account_whose_profiles_did_all_that_can_be_done_nothing_is_left_in_any_store_model_or_feed() {
    let (app, clock) = timed().await;
    let films = Films {
        heat: film(&app, "Heat", None).await,
        ran: film(&app, "Ran", None).await,
        imported: film(&app, "Imported", None).await,
        rated: film(&app, "Rated", None).await,
    };
    app.send(set_up()).await.unwrap();
    // What a file names is looked for in the index, which follows.
    while app.send(ListTitles::default()).await.unwrap().total < 4 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let eve = app.send(new_account("eve", "Eve")).await.unwrap().id;
    for id in [&films.heat, &films.ran, &films.imported] {
        app.send(MarkWatched::now(id.clone())).await.unwrap();
    }
    app.send(ReplaceReviewerName { name: "Ada".into() }).await.unwrap();
    let adas = PutReview { text: "Fine.".into(), ..PutReview::stars(films.heat.clone(), 7) };
    let adas = app.send(adas).await.unwrap().id;
    let ada = app.forget_cookies();

    app.send(sign_in("eve")).await.unwrap();
    let first = app.send(ListProfiles {}).await.unwrap().remove(0).id;
    let kim: ProfileId = app.send(new_profile("Kim")).await.unwrap().id;
    let mut reviews = Vec::new();
    for profile in [&first, &kim] {
        app.send(SelectProfile { id: profile.clone(), pin: None }).await.unwrap();
        reviews.push(keep_everything(&app, profile, &films).await);
        react(&app, &adas).await;
    }
    react(&app, &reviews[0]).await;
    app.be(ada.clone());
    react(&app, &reviews[1]).await;
    app.send(HideReview { review: reviews[1].clone() }).await.unwrap();
    app.send(HideReview { review: reviews[0].clone() }).await.unwrap();
    app.send(RestoreReview { review: reviews[0].clone() }).await.unwrap();
    app.send(BanReviewer { account: eve.clone() }).await.unwrap();
    app.server.recommendations.look().await.unwrap();
    let before = models(&app).await;
    assert!(!before.is_empty());

    let ids = [eve.as_str(), first.as_str(), kim.as_str(), MARKER];
    let collections = |found: &[String]| found.iter().map(|at| at.split('/').next().unwrap().to_owned()).collect::<BTreeSet<_>>();
    let there = collections(&left(&app, &eve, &ids).await);
    for expected in [
        "reviews",
        "review_reactions",
        "reviewers",
        "review_bans",
        "review_moderation",
        "lists",
        "list_ids",
        "listed_titles",
        "taken_off_titles",
        "household_lists",
        "watched_titles",
        "watched_changes",
        "hidden_recommendations",
        "recommendation_settings",
        "snapshots",
        "progress",
    ] {
        assert!(there.contains(expected), "nothing was kept in {expected}, so that this proves nothing of it: {there:?}");
    }

    // What is to go was told before, wherever it lay.
    let export = serde_json::to_value(app.server.identity.export_from_here("eve").await.unwrap()).unwrap();
    let exported = exported(&export);
    for collection in server::collections::all().iter().map(|collection| collection.name.as_ref()) {
        // Told as the account and its profiles; and notes for webhooks say of a document what is told as the document.
        let otherwise = ["accounts", "profile_owners", "webhook_notes"];
        let is_told = exported.contains(collection) || otherwise.contains(&collection);
        assert!(is_told || !there.contains(collection), "{collection} names somebody, and is in no export: {exported:?}");
    }
    let text = export.to_string();
    for id in [first.as_str(), kim.as_str(), MARKER] {
        assert!(text.contains(id), "{id}");
    }
    for secret in ["correct horse battery", "argon2"] {
        assert!(!text.contains(secret), "{secret}");
    }

    app.server.identity.delete_from_here("eve").await.unwrap();
    app.server.identity.export_from_here("eve").await.unwrap_err();
    for id in ids {
        stays_forgotten(&app, &clock, &eve, id).await;
    }
    clock.forward(Duration::from_secs(11 * 60));
    app.server.recommendations.look().await.unwrap();
    // The model of before is kept for nodes that are reading it, until there is another.
    let after = models(&app).await;
    assert!(after.iter().any(|model| !before.contains(model)), "{before:?} {after:?}");
    assert_eq!(left(&app, &eve, &ids).await, [""; 0]);
    for id in ids {
        let (_, left) = left_in_feeds(&app, id).await;
        assert_eq!(left, [""; 0]);
    }
    let shown = app.send(ListReviews { id: films.heat.clone(), sort: None, page_token: None, limit: None }).await.unwrap();
    assert_eq!((shown.total, shown.items[0].helpful, shown.items[0].is_own), (1, 0, true), "{shown:?}");
    let totals = app.server.stores.documents.list(
        server::collections::all().into_iter().find(|all| all.name == "review_totals").unwrap(),
        None,
        PAGE_LIMIT,
    );
    let stars: u64 = totals
        .await
        .unwrap()
        .documents
        .iter()
        .map(|one| one.body["counts"].as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>())
        .sum();
    assert_eq!(stars, 1, "Ada's are counted alone");
}
