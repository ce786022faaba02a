//! Everything that is kept of an account, for whoever it is about: as a call, and on the machine.

use std::{collections::BTreeSet, os::unix::fs::PermissionsExt, time::Duration};

use contract::{
    Code,
    identity::{CreateApiToken, ExportAccount, PutBilling},
    library::MarkWatched,
    usage::ReplaceUsageSettings,
};
use serde_json::{Map, Value, json};
use server::collections;
use storage::documents::{Expect, Write};

use crate::{
    events::film,
    process::{fails, succeeds},
    profile_life::{PASSWORD, kid, set_up, snapshot, timed},
};

const PIN: &str = "1234";

#[tokio::test]
async fn whoever_shows_that_it_is_them_is_told_everything_that_is_kept_of_them_and_no_secret() {
    let (app, clock) = timed().await;
    assert_eq!(app.send(ExportAccount {}).await.unwrap_err().code, Code::SignInRequired);
    let heat = film(&app, "Heat", None).await;
    app.send(set_up()).await.unwrap();
    let kim = app.send(kid()).await.unwrap().id;
    let billing = PutBilling {
        holder: "Ada Lovelace".into(),
        street: "Marylebone Road 1".into(),
        postal_code: "NW1".into(),
        city: "London".into(),
        country: "GB".into(),
        method: "mandate 7".into(),
    };
    app.send(billing).await.unwrap();
    let token = CreateApiToken { name: "backup".into(), scopes: vec![contract::Scope::Read], expires_in_days: None };
    let token = app.send(token).await.unwrap().token;
    app.send(MarkWatched::now(heat.clone())).await.unwrap();
    app.send(snapshot("the words of my snapshot")).await.unwrap();
    app.send(ReplaceUsageSettings { is_left_out: true }).await.unwrap();

    let export = app.send(ExportAccount {}).await.unwrap();
    assert_eq!((export.account.login.as_str(), export.billing.street.as_str()), ("ada", "Marylebone Road 1"));
    assert_eq!((export.devices.len(), export.api_tokens[0].name.as_str()), (1, "backup"));
    let [first, second] = &export.profiles[..] else { panic!("{:?}", export.profiles) };
    assert_eq!((&second.profile.id, second.profile.has_pin, second.kept.len()), (&kim, true, 0));
    let kept: Vec<&str> = first.kept.keys().map(String::as_str).collect();
    for name in ["snapshots", "usage_choices", "watched_titles"] {
        assert!(kept.contains(&name), "{kept:?}");
    }
    let text = serde_json::to_string(&export).unwrap();
    assert!(text.contains("the words of my snapshot") && text.contains(heat.as_str()));
    for secret in [PASSWORD, token.as_str(), &format!("\"{PIN}\""), "argon2"] {
        assert!(!text.contains(secret), "{secret}");
    }

    clock.forward(Duration::from_secs(6 * 60));
    assert_eq!(app.send(ExportAccount {}).await.unwrap_err().code, Code::ConfirmationRequired);
}

/// What says whose something is, among the fields of indexes.
const WHOSE: [&str; 4] = ["profile", "account", "by", "household"];
/// Indexes of somebody by which nothing is exported, and why.
const NOT_BY: [(&str, &str, &str); 1] =
    [("lists", "by_household", "a list that a household has is of the profile that made it, and told with that")];

#[tokio::test]
async fn whatever_an_index_finds_of_a_profile_or_an_account_is_exported() {
    let (app, _) = timed().await;
    app.send(set_up()).await.unwrap();
    let before = app.send(ExportAccount {}).await.unwrap();
    let (account, profile) = (before.account.id.as_str(), before.profiles[0].profile.id.as_str());
    let mut put = Vec::new();
    for collection in collections::all() {
        for index in collection.indexes.iter().filter(|index| index.fields.iter().any(|field| WHOSE.contains(field))) {
            let value = |field: &str| match field {
                "profile" => json!(profile),
                field if WHOSE.contains(&field) => json!(account),
                _ => json!(1),
            };
            let body: Map<String, Value> = index.fields.iter().map(|field| ((*field).to_owned(), value(field))).collect();
            let write = Write { id: format!("found-{}", index.name), body: body.into(), expect: Expect::Absent };
            app.server.stores.documents.put(collection, write).await.unwrap();
            put.push((collection.name.to_string(), index.name));
        }
    }
    assert!(put.len() > 10, "{put:?}");
    let export = app.send(ExportAccount {}).await.unwrap();
    let is_told = |(collection, index): &(String, &str)| {
        let all = export.profiles.iter().map(|profile| &profile.kept).chain([&export.kept]);
        let documents = all.filter_map(|kept| kept.get(collection)?.as_array()).flatten();
        documents.into_iter().any(|document| document["id"] == format!("found-{index}").as_str())
    };
    let left_out: BTreeSet<(String, &str)> = put.into_iter().filter(|one| !is_told(one)).collect();
    let known = NOT_BY.map(|(collection, index, _)| (collection.to_owned(), index));
    assert_eq!(
        left_out,
        BTreeSet::from(known),
        "each is told by `Service::export` or `Service::export_account`, or has a reason above"
    );
}

#[test]
fn the_machines_owner_writes_it_into_a_file_that_nobody_else_reads() {
    let folder = tempfile::tempdir().unwrap();
    succeeds(folder.path(), &[], &["account", "create", "ada", "--name", "Ada"]);
    let shown: Value = serde_json::from_str(&succeeds(folder.path(), &[], &["account", "export", "ada"])).unwrap();
    assert_eq!((shown["account"]["login"].as_str(), shown["profiles"].as_array().map(Vec::len)), (Some("ada"), Some(1)));
    succeeds(folder.path(), &[], &["account", "export", "ada", "--output", "ada.json"]);
    let file = folder.path().join("ada.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(written["account"], shown["account"]);
    fails(folder.path(), &[], &["account", "export", "nobody"]);
    let log = std::fs::read_dir(folder.path().join("data/audit")).unwrap();
    let lines: String = log.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(lines.contains("\"export\"") && lines.contains("billing"), "{lines}");
    assert!(succeeds(folder.path(), &[], &["vault", "audit"]).starts_with("whole: "));
}
