//! Sessions that go on by themselves: idle pages, lost answers, second tabs, thieves, older builds.

use std::time::Duration;

use axum::http::HeaderMap;
use contract::{
    catalog::ListTitles,
    entitlements::PutPlan,
    identity::{EndSignIn, GetIdentity, ListSignIns, SetUp, SignIn, SignOut},
};
use serde_json::json;
use server::{config::Config, secret::MasterSecret, session::RefreshKey};
use storage::keyvalue::{Entry, Expect};

use crate::support::{Answer, Cookies, Hands, TestApp};

const PASSWORD: &str = "correct horse battery";
const ELEVEN_MINUTES: Duration = Duration::from_secs(11 * 60);
const HALF_A_MINUTE: Duration = Duration::from_secs(30);
const A_SECOND: Duration = Duration::from_secs(1);
const AN_HOUR: Duration = Duration::from_secs(3600);

/// A server with an operator, who is signed in, and its clock.
async fn with_operator(configure: impl FnOnce(&mut Config)) -> (TestApp, Hands) {
    let hands = Hands::at_work();
    let app = TestApp::surrounded(configure, |surroundings| surroundings.clock = hands.clock()).await;
    app.send(SetUp { login: "Ada".into(), name: "Ada Lovelace".into(), password: PASSWORD.into() }).await.unwrap();
    (app, hands)
}

async fn who(app: &TestApp) -> Option<String> {
    app.send(GetIdentity {}).await.unwrap().account.map(|account| account.login)
}

async fn is_in(app: &TestApp) -> bool {
    who(app).await.as_deref() == Some("Ada")
}

/// What a browser carries once its access token ran out.
fn without_access(mut cookies: Cookies) -> Cookies {
    cookies.remove("marquee_access").unwrap();
    cookies
}

/// The session's cookies that an answer sets or takes away, and nothing of the guest's.
fn told(answer: &Answer) -> Vec<&str> {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    lines.filter(|line| line.contains("marquee_access=") || line.contains("marquee_refresh=")).collect()
}

fn generation(cookies: &Cookies) -> u64 {
    cookies["marquee_refresh"].split('.').nth(2).unwrap().parse().unwrap()
}

/// Whether a cookie signs somebody in; the others say which guest it is, and that the browser was here before.
fn is_of_session(name: &str) -> bool {
    name.ends_with("marquee_access") || name.ends_with("marquee_refresh")
}

#[tokio::test]
async fn eleven_minutes_idle_on_the_browse_page_then_a_shared_reply_then_reading_then_a_click() {
    let (app, hands) = with_operator(|_| {}).await;
    for round in 0..3 {
        let before = generation(&app.cookies());
        hands.forward(ELEVEN_MINUTES);
        let scrolled = app.get("/api/v1/titles").await;
        assert!(scrolled.status.is_success());
        let lines = told(&scrolled);
        assert!(lines.len() == 2 && lines.iter().all(|line| !line.contains("Max-Age=0")), "{lines:?}");
        assert_eq!(generation(&app.cookies()), before + 1);
        hands.forward(HALF_A_MINUTE + A_SECOND);
        assert!(is_in(&app).await, "{round}");
    }
}

/// What a cache and a browser compare.
fn essence(answer: &Answer) -> (u16, &[u8], Option<&str>, Option<&str>) {
    (answer.status.as_u16(), &answer.body, answer.header("etag"), answer.header("content-type"))
}

fn cookies_in(headers: &HeaderMap) -> usize {
    headers.get_all("set-cookie").iter().count()
}

#[tokio::test]
async fn a_shared_reply_and_its_private_twin_have_the_same_bytes_and_only_the_twin_is_private() {
    let (app, hands) = with_operator(|_| {}).await;
    let shared = app.get("/api/v1/titles").await;
    assert_eq!((shared.header("cache-control"), cookies_in(&shared.headers)), (Some("public, no-cache"), 0));
    let tag = shared.header("etag").unwrap();
    assert_eq!(app.get_with("/api/v1/titles", &[("if-none-match", tag)]).await.status.as_u16(), 304);

    for headers in [&[][..], &[("if-none-match", tag)]] {
        hands.forward(ELEVEN_MINUTES);
        let twin = app.get_with("/api/v1/titles", headers).await;
        // Never 304: a cache on the way would add the cookies to what it has for everybody.
        assert_eq!(essence(&twin), essence(&shared));
        assert_eq!((twin.header("cache-control"), cookies_in(&twin.headers)), (Some("private, no-cache"), 2));
        let after = app.get("/api/v1/titles").await;
        assert_eq!(essence(&after), essence(&shared));
        assert_eq!(
            (after.header("cache-control"), cookies_in(&after.headers)),
            (Some("public, no-cache"), 0),
            "what is kept is shared"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_given_again_an_hour_and_a_month_later() {
    let (app, hands) = with_operator(|_| {}).await;
    hands.forward(ELEVEN_MINUTES);
    let first = without_access(app.cookies());
    let mut given = Vec::new();
    for pause in [Duration::ZERO, A_SECOND, HALF_A_MINUTE * 2, AN_HOUR, AN_HOUR * 24 * 31] {
        hands.forward(pause);
        app.be(first.clone());
        assert!(is_in(&app).await, "{pause:?}");
        given.push(app.cookies()["marquee_refresh"].clone());
    }
    assert!(given.iter().all(|one| *one == given[0] && *one != first["marquee_refresh"]));
    // This one arrived.
    assert!(is_in(&app).await);
    hands.forward(AN_HOUR);
    assert!(is_in(&app).await);
}

#[tokio::test]
async fn a_second_tab_with_the_cookies_of_before_is_answered_for_half_a_minute_and_then_it_is_a_copy() {
    let (app, hands) = with_operator(|_| {}).await;
    let first = without_access(app.cookies());
    app.be(first.clone());
    assert!(is_in(&app).await);
    let second = app.cookies();
    // Until anybody was seen with the second, the first is as good as ever.
    hands.forward(AN_HOUR);
    app.be(first.clone());
    assert!(is_in(&app).await);
    assert_eq!(app.cookies()["marquee_refresh"], second["marquee_refresh"]);
    assert!(is_in(&app).await, "this is seen");

    hands.forward(HALF_A_MINUTE - A_SECOND);
    let current = app.be(first.clone());
    let under_way = app.get("/api/v1/identity").await;
    assert_eq!((under_way.json()["account"]["login"].as_str(), told(&under_way).len()), (Some("Ada"), 0));

    hands.forward(A_SECOND * 2);
    app.be(first);
    assert!(!is_in(&app).await, "whoever has it has a copy");
    hands.forward(A_SECOND * 5);
    app.be(current);
    assert!(!is_in(&app).await, "the whole family is signed out");
}

#[tokio::test]
async fn a_thief_and_an_owner_who_take_turns_are_both_signed_out_whoever_was_first() {
    for is_thief_first in [true, false] {
        let (app, hands) = with_operator(|_| {}).await;
        let copied = without_access(app.cookies());
        let mut holders = [copied.clone(), copied];
        let mut turns = 0;
        let mut is_over = false;
        while !is_over {
            assert!(turns < 4, "nobody is found");
            hands.forward(ELEVEN_MINUTES);
            let holder = &mut holders[(turns + usize::from(is_thief_first)) % 2];
            app.be(std::mem::take(holder));
            // A page asks more than once.
            is_over = !(is_in(&app).await && is_in(&app).await);
            *holder = app.forget_cookies();
            turns += 1;
        }
        assert_eq!(turns, 2);
        hands.forward(ELEVEN_MINUTES);
        for holder in holders {
            app.be(holder);
            assert!(!is_in(&app).await);
        }
    }
}

#[tokio::test]
async fn a_thief_who_is_answered_beside_the_owner_in_the_same_half_minute_gets_nothing_that_lasts() {
    let (app, hands) = with_operator(|_| {}).await;
    let copied = without_access(app.cookies());
    hands.forward(ELEVEN_MINUTES);
    app.be(copied.clone());
    assert!(is_in(&app).await && is_in(&app).await);
    let owner = app.be(copied.clone());
    hands.forward(A_SECOND * 6);
    assert!(is_in(&app).await, "it cannot be told from a request that was under way");
    assert_eq!(app.cookies(), copied, "and is given no tokens");
    hands.forward(ELEVEN_MINUTES);
    app.be(owner);
    assert!(is_in(&app).await);
}

#[tokio::test]
async fn two_servers_that_remember_different_things_sign_nobody_out_and_find_the_thief() {
    let (here, hands) = with_operator(|_| {}).await;
    let there = here.beside_with(|surroundings| surroundings.clock = hands.clock()).await;
    let first = here.cookies();
    there.be(first.clone());
    assert!(is_in(&here).await && is_in(&there).await);
    for _ in 0..3 {
        hands.forward(ELEVEN_MINUTES);
        // Both refresh, in two tabs; each remembers the sign-in as it was before anybody was seen with the new token.
        assert!(is_in(&here).await && is_in(&there).await);
        assert_eq!(here.cookies()["marquee_refresh"], there.cookies()["marquee_refresh"]);
        assert!(is_in(&there).await && is_in(&here).await);
    }
    hands.forward(HALF_A_MINUTE + A_SECOND);
    here.be(without_access(first));
    assert!(!is_in(&here).await);
    hands.forward(A_SECOND * 5);
    assert!(!is_in(&there).await);
}

#[tokio::test]
async fn new_cookies_come_with_problems_too() {
    let (app, hands) = with_operator(|_| {}).await;
    for (path, status) in
        [("/api/v1/titles/nothing-of-the-kind", 404), ("/api/v1/titles?limit=x", 422), ("/api/v1/nonsense", 404)]
    {
        hands.forward(ELEVEN_MINUTES);
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), told(&answer).len()), (status, 2), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        hands.forward(HALF_A_MINUTE + A_SECOND);
        assert!(is_in(&app).await);
    }
}

#[tokio::test]
async fn a_session_that_ended_is_taken_away_by_the_next_reply_though_everybody_shares_it() {
    let (app, hands) = with_operator(|_| {}).await;
    let mine = app.forget_cookies();
    app.send(SignIn { login: "ada".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    let other = app.send(ListSignIns {}).await.unwrap().into_iter().find(|device| !device.is_this).unwrap();
    app.send(EndSignIn { id: other.id }).await.unwrap();
    // Guests are shown the titles, all of them the same.
    let authorization = json!({ "may_browse": true }).as_object().unwrap().clone();
    let plan = PutPlan { id: "guest".parse().unwrap(), name: "Guests".into(), authorization, expected_version: 0 };
    app.send(plan).await.unwrap();
    app.be(mine);
    hands.forward(A_SECOND * 5);
    let answer = app.get("/api/v1/titles").await;
    let lines = told(&answer);
    assert!(lines.len() == 2 && lines.iter().all(|line| line.contains("Max-Age=0")), "{lines:?}");
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    let again = app.get("/api/v1/titles").await;
    assert_eq!((told(&again).len(), again.header("cache-control")), (0, Some("public, no-cache")));
    // Signing out does the same.
    app.send(SignIn { login: "ada".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    app.send(SignOut {}).await.unwrap();
    assert!(app.cookies().keys().all(|name| !is_of_session(name)), "{:?}", app.cookies());
}

#[tokio::test]
async fn a_browser_that_clocks_the_access_cookie_out_at_once_stays_signed_in() {
    let (app, hands) = with_operator(|_| {}).await;
    for _ in 0..5 {
        app.be(without_access(app.cookies()));
        hands.forward(A_SECOND * 40);
        assert!(is_in(&app).await);
    }
}

/// The one sign-in that is stored, and its key.
async fn stored(app: &TestApp) -> (String, Entry) {
    let mut found = app.server.stores.keyvalue.scan("sign-in/", None, 10).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// What an older build would have stored in its place.
async fn age(app: &TestApp, change: impl FnOnce(&mut serde_json::Value)) {
    let (key, entry) = stored(app).await;
    let mut record: serde_json::Value = serde_json::from_slice(&entry.value).unwrap();
    let fields = record.as_object_mut().unwrap();
    assert!(fields.remove("confirmed").is_some() && fields.remove("confirmed_at").is_some());
    change(&mut record);
    let value = serde_json::to_vec(&record).unwrap().into();
    app.server.stores.keyvalue.put(&key, value, Expect::Anything, None).await.unwrap();
}

/// The refresh cookie of a generation.
fn refresh_cookie(app: &TestApp, generation: u64) -> Cookies {
    let cookies = app.cookies();
    let mut parts = cookies["marquee_refresh"].split('.');
    let (account, sign_in) = (parts.next().unwrap().parse().unwrap(), parts.next().unwrap().parse().unwrap());
    let key = RefreshKey::new(&MasterSecret::open(&app.data()).unwrap());
    Cookies::from([("marquee_refresh".to_owned(), key.make(&account, &sign_in, generation))])
}

#[tokio::test]
async fn a_sign_in_of_an_older_build_goes_on_also_where_the_answer_to_its_last_rotation_was_lost() {
    for held in [7, 6] {
        let (app, hands) = with_operator(|_| {}).await;
        let carried = refresh_cookie(&app, held);
        age(&app, |record| record["generation"] = json!(7)).await;
        hands.forward(AN_HOUR * 24);
        app.be(carried);
        assert!(is_in(&app).await && is_in(&app).await, "{held}");
        assert_eq!(generation(&app.cookies()), held + 1);
    }
    let (app, hands) = with_operator(|_| {}).await;
    let carried = refresh_cookie(&app, 5);
    age(&app, |record| record["generation"] = json!(7)).await;
    hands.forward(AN_HOUR);
    app.be(carried);
    assert!(!is_in(&app).await, "a copy is one, whichever build finds it");
}

#[tokio::test]
async fn a_providers_id_token_that_an_older_build_kept_in_the_clear_is_sealed_by_the_next_write() {
    let (app, hands) = with_operator(|_| {}).await;
    let clear = "eyJhbGciOiJSUzI1NiJ9.the-id-token.signature";
    age(&app, |record| record["through"] = json!({ "provider": "gone", "session": "s", "id_token": clear })).await;
    hands.forward(ELEVEN_MINUTES);
    assert!(is_in(&app).await);
    let (_, entry) = stored(&app).await;
    let text = String::from_utf8(entry.value.to_vec()).unwrap();
    assert!(!text.contains("the-id-token") && text.contains("sealed_id_token"), "{text}");
    app.send(SignOut {}).await.unwrap();
    assert!(!is_in(&app).await);
}

#[tokio::test]
async fn behind_https_a_browser_with_the_cookies_of_an_older_build_stays_signed_in_and_is_moved_over() {
    let (app, hands) = with_operator(|config| config.server.https = true).await;
    let new = app.cookies();
    assert!(new.contains_key("__Host-marquee_access") && new.contains_key("__Host-marquee_refresh"), "{new:?}");
    app.be(new.into_iter().map(|(name, value)| (name.replace("__Host-", ""), value)).collect());
    assert!(is_in(&app).await);
    hands.forward(ELEVEN_MINUTES);
    app.send(ListTitles::default()).await.unwrap();
    let moved = app.cookies();
    let names: Vec<&str> = moved.keys().map(String::as_str).filter(|name| is_of_session(name)).collect();
    assert_eq!(names, ["__Host-marquee_access", "__Host-marquee_refresh"]);
    hands.forward(AN_HOUR);
    assert!(is_in(&app).await);

    // A guest, too.
    app.forget_cookies();
    app.send(GetIdentity {}).await.unwrap();
    let guest = app.cookies();
    let value = guest["__Host-marquee_profile"].clone();
    app.be(Cookies::from([("marquee_profile".to_owned(), value.clone())]));
    app.send(GetIdentity {}).await.unwrap();
    assert_eq!(app.cookies().keys().collect::<Vec<_>>(), ["__Host-marquee_profile"]);
    assert_eq!(app.cookies()["__Host-marquee_profile"].split('.').nth(1), value.split('.').nth(1));
}

#[tokio::test]
async fn behind_https_planted_cookies_without_the_prefix_sign_nobody_in_as_another() {
    let (app, hands) = with_operator(|config| config.server.https = true).await;
    let mine = app.forget_cookies();
    app.send(SignIn { login: "ada".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    let this = async || app.send(ListSignIns {}).await.unwrap().into_iter().find(|device| device.is_this).unwrap().id;
    let theirs = this().await;
    let planted = app.forget_cookies().into_iter().map(|(name, value)| (name.replace("__Host-", ""), value));
    // Mine ran out a moment ago, and the other one is fresh.
    let mut carried = mine;
    carried.remove("__Host-marquee_access").unwrap();
    carried.extend(planted);
    app.be(carried);
    assert_ne!(this().await, theirs);
    assert!(app.cookies().keys().filter(|name| is_of_session(name)).all(|name| name.starts_with("__Host-")));
    hands.forward(AN_HOUR);
    assert!(is_in(&app).await);
}
