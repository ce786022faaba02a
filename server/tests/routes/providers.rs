//! Through an OpenID Connect provider and back, and what the provider says behind the browser's back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use contract::identity::{Account, AccountRole, GetIdentity};
use runtime::clock::Clock;
use serde_json::{Value, json};
use storage::keyvalue::SCAN_LIMIT;
use tokio::sync::Notify;

use crate::{
    faults::injector::{Fault, Injector},
    openid::{FakeProvider, signer::Signer},
    support::{Answer, TestApp},
};

pub struct House {
    pub app: TestApp,
    provider: FakeProvider,
    injector: Injector,
    /// Seconds since 1970.
    now: Arc<AtomicU64>,
}

impl House {
    pub async fn new(settings: Value) -> Self {
        let provider = FakeProvider::start().await;
        Self::beside(provider, settings).await
    }

    /// The hour here, in milliseconds since 1970.
    pub fn millis(&self) -> u64 {
        self.now.load(Ordering::Relaxed) * 1000
    }

    async fn beside(provider: FakeProvider, settings: Value) -> Self {
        let mut home = json!({ "name": "Home", "issuer": provider.issuer, "client_id": "marquee" });
        home.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let (injector, now) = (Injector::default(), Arc::new(AtomicU64::new(2_000_000_000)));
        let clock = {
            let now = Arc::clone(&now);
            Clock::new(move || UNIX_EPOCH + Duration::from_secs(now.load(Ordering::Relaxed)))
        };
        let layer = injector.clone();
        let app = TestApp::surrounded(
            |config| {
                config.identity.providers = serde_json::from_value(json!({ "home": home })).unwrap();
                config.gateway.middleware.rate_limit = false;
                config.server.public_url = Some(serde_json::from_value(json!("http://marquee.example")).unwrap());
            },
            |surroundings| {
                surroundings.clock = clock;
                surroundings.stores = Some(Arc::new(layer));
            },
        );
        Self { app: app.await, provider, injector, now }
    }

    fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub fn says(&self, claims: Value) {
        self.provider.say(|said| said.claims = claims);
    }

    /// To the provider, as somebody signs in there, and back; where that leads.
    async fn go(&self, way: &str) -> String {
        let there = led_to(&self.app.get(way).await);
        if !there.starts_with(&self.provider.issuer) {
            return there;
        }
        let back = self.provider.sign_in(&there, self.now());
        led_to(&self.app.get(&format!("/auth/home/callback?{back}")).await)
    }

    pub async fn enter(&self) -> Account {
        assert_eq!(self.go("/auth/home").await, "/");
        self.app.send(GetIdentity {}).await.unwrap().account.unwrap()
    }

    /// Posts what the provider says when somebody signed out there.
    async fn logout(&self, more: Value) -> StatusCode {
        let token = self.provider.logout_token(self.now(), &more);
        let request = Request::post("/auth/home/back-channel-logout")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("logout_token={token}")));
        let answer = crate::support::ask(&self.app.server.router, request.unwrap()).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer.status
    }

    async fn keys(&self, prefix: &str) -> Vec<String> {
        let found = self.app.server.stores.keyvalue.scan(prefix, None, SCAN_LIMIT).await.unwrap();
        found.into_iter().map(|(key, _)| key).collect()
    }

    async fn devices(&self) -> usize {
        self.keys("sign-in/").await.len()
    }
}

fn led_to(answer: &Answer) -> String {
    answer.header("location").unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// What is in the ID tokens of providers that people have, as their documentation and their users show them.
fn as_they_write() -> Vec<(&'static str, Value)> {
    vec![
        (
            "Keycloak",
            json!({ "sub": "f:5d1:ada", "sid": "a-b", "acr": "1", "typ": "ID", "session_state": "a-b", "email_verified": false,
            "realm_access": { "roles": ["offline_access"] }, "preferred_username": "ada", "name": "Ada", "groups": ["/family"] }),
        ),
        (
            "authentik",
            json!({ "sub": "0d5e", "acr": "goauthentik.io/providers/oauth2/default", "amr": ["pwd", "mfa"], "name": "Ada",
            "email_verified": true, "groups": ["authentik Admins"], "uid": "x", "nickname": null }),
        ),
        (
            "Authelia",
            json!({ "sub": "2a1f-authelia", "amr": ["pwd", "otp"], "azp": "marquee", "client_id": "marquee", "rat": 1_999_999_990,
            "alt_emails": [], "updated_at": 1_999_999_000, "name": "Ada", "jti": "x" }),
        ),
        (
            "Google",
            json!({ "sub": "110169484474386276334", "azp": "marquee", "email": "ada@gmail.example", "email_verified": true,
            "hd": "example.org", "picture": "https://p.example/x=s96-c", "given_name": "Ada", "locale": "en", "name": "Ada" }),
        ),
        (
            "Entra ID",
            json!({ "sub": "AAAA", "oid": "0000-1111", "tid": "9122", "ver": "2.0", "uti": "x", "rh": "0.x.", "email": null,
            "preferred_username": "ada@contoso.example", "name": "Ada", "groups": ["9f3a-guid"], "nbf": 1_999_999_990 }),
        ),
        (
            "Okta",
            json!({ "sub": "00uid4BxXw6I6TV4m0g3", "ver": 1, "amr": ["pwd"], "idp": "00ok1u7AsAkrwdZL3z0g3", "auth_time": 1_999_999_000,
            "zoneinfo": "Europe/Zurich", "updated_at": 1_311_280_970, "email_verified": true, "name": "Ada" }),
        ),
        (
            "Auth0",
            json!({ "sub": "auth0|507f1f77", "nickname": "ada", "updated_at": "2021-03-09T09:06:07.123Z", "email_verified": true,
            "https://marquee.example/roles": [], "name": "Ada", "address": "Main Street 1" }),
        ),
        (
            "Apple",
            json!({ "sub": "001234.abc.0001", "email": "x@privaterelay.example", "email_verified": "true",
            "is_private_email": "true", "nonce_supported": true, "real_user_status": 2, "auth_time": 1_999_999_990, "name": "Ada" }),
        ),
        (
            "Cognito",
            json!({ "sub": "aaaa-bbbb", "cognito:groups": ["family"], "cognito:username": "ada", "email_verified": "true",
            "phone_number_verified": "false", "token_use": "id", "event_id": "x", "name": "Ada", "origin_jti": "y",
            "identities": [{ "userId": "1", "primary": "true", "dateCreated": "1642699117273" }] }),
        ),
        (
            "one that is careless",
            json!({ "sub": 4711, "exp": "2000000300", "iat": "2033-05-18T03:33:20Z", "amr": "pwd", "acr": 0, "address": "x",
            "birthdate": null, "gender": 1, "updated_at": "yesterday", "locale": null, "phone_number": 41, "name": "Ada",
            "email_verified": "yes", "picture": {}, "zoneinfo": [], "azp": null, "at_hash": null }),
        ),
    ]
}

#[tokio::test]
async fn whoever_a_provider_knows_enters_however_it_writes_what_nobody_reads() {
    let house = House::new(json!({})).await;
    for (who, claims) in as_they_write() {
        for told in [json!({}), claims.clone()] {
            house.app.forget_cookies();
            house.says(claims.clone());
            house.provider.say(|said| said.told = told);
            assert_eq!(house.go("/auth/home").await, "/", "{who}");
            assert_eq!(house.app.send(GetIdentity {}).await.unwrap().account.unwrap().name, "Ada", "{who}");
        }
    }
}

#[tokio::test]
async fn whoever_a_provider_knows_enters_whichever_kind_of_key_it_signs_with() {
    for signer in [Signer::ed25519("k"), Signer::es256("k"), Signer::rs256("k")] {
        let house = House::beside(FakeProvider::signing_with(signer).await, json!({})).await;
        house.enter().await;
    }
}

#[tokio::test]
async fn a_slash_at_the_issuers_end_is_called_a_setting_and_not_a_provider_that_is_away() {
    let provider = FakeProvider::start().await;
    provider.say(|said| drop(said.document.insert("issuer", json!(format!("{}/", provider.issuer)))));
    let house = House::beside(provider, json!({})).await;
    assert_eq!(house.go("/auth/home").await, "/sign-in?refused=misconfigured");

    let house = House::new(json!({ "issuer": "http://127.0.0.1:9" })).await;
    assert_eq!(led_to(&house.app.get("/auth/home").await), "/sign-in?refused=unreachable");
}

#[tokio::test]
async fn a_client_that_the_provider_does_not_know_is_called_a_setting() {
    let house = House::new(json!({})).await;
    house.provider.say(|said| said.refusal = Some((StatusCode::UNAUTHORIZED, json!({ "error": "invalid_client" }))));
    assert_eq!(house.go("/auth/home").await, "/sign-in?refused=misconfigured");
    house.provider.say(|said| said.refusal = Some((StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" }))));
    assert_eq!(house.go("/auth/home").await, "/sign-in?refused=untrusted");
    let declined = house.app.get("/auth/home").await;
    let state = led_to(&declined).split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let back = house.app.get(&format!("/auth/home/callback?error=access_denied&state={state}")).await;
    assert_eq!(led_to(&back), "/sign-in?refused=declined");
}

#[tokio::test]
async fn a_logout_that_fails_at_any_step_is_said_again_and_done_then() {
    let house = House::new(json!({})).await;
    house.says(json!({ "sub": "7", "sid": "s1" }));
    let mut tried = 0;
    for nth in 1.. {
        house.app.forget_cookies();
        house.enter().await;
        let token = json!({ "sub": "7", "sid": "s1", "jti": format!("j{nth}") });
        // What guests may do is known already: only the work itself is to fail.
        house.app.send_afresh(GetIdentity {}).await.unwrap();
        house.injector.arm(nth, Fault::Refused);
        let status = house.logout(token.clone()).await;
        if house.injector.disarm().is_none() {
            assert_eq!((status, house.devices().await), (StatusCode::OK, 0));
            break;
        }
        tried = nth;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "at {nth}");
        assert_eq!((house.logout(token).await, house.devices().await), (StatusCode::OK, 0), "at {nth}");
    }
    assert!(tried >= 4, "{tried}");
}

#[tokio::test]
async fn a_logout_that_was_done_is_not_done_again() {
    let house = House::new(json!({})).await;
    house.says(json!({ "sub": "7", "sid": "s1" }));
    house.enter().await;
    assert_eq!((house.logout(json!({ "sub": "7" })).await, house.devices().await), (StatusCode::OK, 0));
    house.app.forget_cookies();
    house.enter().await;
    assert_eq!((house.logout(json!({ "sub": "7" })).await, house.devices().await), (StatusCode::OK, 1));
    for off in [json!({ "sub": "7", "jti": "j2", "nonce": "n" }), json!({ "jti": "j3" }), json!({ "sub": "7", "aud": "x" })] {
        assert_eq!((house.logout(off).await, house.devices().await), (StatusCode::BAD_REQUEST, 1));
    }
}

#[tokio::test]
async fn whom_a_logout_means_is_found_by_session_where_accounts_have_another_claim_than_sub() {
    let house = House::new(json!({ "claims": { "subject": "oid" } })).await;
    house.says(json!({ "sub": "pairwise", "oid": "o7", "sid": "s1" }));
    for (token, left) in [
        // Another person's `sub` may read like this one's own claim.
        (json!({ "sub": "o7", "jti": "a" }), 1),
        (json!({ "sub": "unknown", "sid": "another", "jti": "b" }), 1),
        (json!({ "sub": "unknown", "sid": "s1", "jti": "c" }), 0),
        (json!({ "sid": "s1", "jti": "d" }), 0),
        (json!({ "sub": "pairwise", "jti": "e" }), 0),
        (json!({ "sub": "x", "oid": "o7", "jti": "f" }), 0),
    ] {
        house.app.forget_cookies();
        for key in house.keys("sign-in/").await {
            house.app.server.stores.keyvalue.delete(&key, storage::keyvalue::Expect::Anything).await.unwrap();
        }
        house.enter().await;
        assert_eq!((house.logout(token.clone()).await, house.devices().await), (StatusCode::OK, left), "{token}");
    }
}

#[tokio::test]
async fn a_logout_ends_every_device_of_whoever_has_many() {
    let house = House::new(json!({})).await;
    for device in 0..250 {
        house.app.forget_cookies();
        house.says(json!({ "sub": "7", "sid": format!("s{device}") }));
        house.enter().await;
    }
    assert_eq!(house.devices().await, 250);
    // The one that was seen longest ago.
    assert_eq!((house.logout(json!({ "sid": "s0", "jti": "a" })).await, house.devices().await), (StatusCode::OK, 249));
    assert_eq!((house.logout(json!({ "sub": "7", "jti": "b" })).await, house.devices().await), (StatusCode::OK, 0));
}

#[tokio::test]
async fn the_last_operator_stays_one_whatever_the_provider_says_until_there_is_another() {
    let house = House::new(json!({ "groups": { "operators": ["boss"] } })).await;
    let be = async |sub: &str, groups: Value| {
        house.app.forget_cookies();
        house.says(json!({ "sub": sub, "groups": groups }));
        let account = house.enter().await;
        (account.role, account.is_kept_operator)
    };
    assert_eq!(be("7", json!(["boss"])).await, (AccountRole::Operator, false));
    assert_eq!(be("7", json!(["family"])).await, (AccountRole::Operator, true));
    assert_eq!(be("8", json!(["family"])).await, (AccountRole::Member, false));
    assert_eq!(be("8", json!("boss")).await, (AccountRole::Operator, false));
    assert_eq!(be("7", json!(null)).await, (AccountRole::Member, false));
    assert_eq!(be("8", json!([])).await, (AccountRole::Operator, true));
    assert_eq!(be("8", json!(["boss"])).await, (AccountRole::Operator, false));
}

#[tokio::test]
async fn whoever_confirms_something_signs_in_anew_at_the_provider_and_stays_signed_in_here_as_they_are() {
    let house = House::new(json!({})).await;
    let way = "/auth/home?confirm=1&to=/account/security";
    assert_eq!(house.go(way).await, "/sign-in?refused=expired&from=%2Faccount%2Fsecurity", "nobody is signed in");
    house.says(json!({ "sub": "7" }));
    let account = house.enter().await.id;
    let before = house.app.cookies();

    let there = led_to(&house.app.get(way).await);
    assert!(there.contains("max_age=0") && there.contains("prompt=login"), "{there}");
    for (claims, to) in [
        (json!({ "sub": "7" }), "/sign-in?refused=not_fresh&from=%2Faccount%2Fsecurity"),
        (json!({ "sub": "7", "auth_time": house.now() - 3600 }), "/sign-in?refused=not_fresh&from=%2Faccount%2Fsecurity"),
        (json!({ "sub": "7", "auth_time": house.now() + 3600 }), "/sign-in?refused=not_fresh&from=%2Faccount%2Fsecurity"),
        (json!({ "sub": "8", "auth_time": house.now() }), "/sign-in?refused=other_account&from=%2Faccount%2Fsecurity"),
    ] {
        house.says(claims.clone());
        assert_eq!(house.go(way).await, to, "{claims}");
        assert_eq!(house.keys("confirmed/").await, [""; 0], "{claims}");
    }
    house.says(json!({ "sub": "7", "auth_time": house.now().to_string() }));
    assert_eq!(house.go(way).await, "/account/security");
    let sign_in = house.keys("sign-in/").await.remove(0).rsplit('/').next().unwrap().to_owned();
    assert_eq!(house.keys("confirmed/").await, [format!("confirmed/{account}/{sign_in}")]);
    assert_eq!((house.devices().await, house.app.cookies()), (1, before));

    // A confirmation that was begun before somebody else signed in is none of theirs.
    let there = led_to(&house.app.get(way).await);
    let back = house.provider.sign_in(&there, house.now());
    house.app.forget_cookies();
    house.enter().await;
    let confirmed = house.keys("confirmed/").await;
    let led = led_to(&house.app.get(&format!("/auth/home/callback?{back}")).await);
    assert_eq!(led, "/sign-in?refused=untrusted&from=%2Faccount%2Fsecurity");
    assert_eq!(house.keys("confirmed/").await, confirmed);
}

#[tokio::test]
async fn a_provider_that_knows_no_prompt_is_asked_by_the_age_alone() {
    let provider = FakeProvider::start().await;
    provider.say(|said| drop(said.document.insert("prompt_values_supported", json!(["none", "consent"]))));
    let house = House::beside(provider, json!({})).await;
    house.enter().await;
    let there = led_to(&house.app.get("/auth/home?confirm=true").await);
    assert!(there.contains("max_age=0") && !there.contains("prompt"), "{there}");
}

#[tokio::test]
async fn a_sign_in_goes_to_its_end_when_the_browser_is_gone_in_the_middle() {
    let house = House::new(json!({})).await;
    let gate = Arc::new((Notify::new(), Notify::new()));
    house.provider.say(|said| said.gate = Some(Arc::clone(&gate)));
    let there = led_to(&house.app.get("/auth/home").await);
    let back = house.provider.sign_in(&there, house.now());
    let carried: Vec<String> = house.app.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::get(format!("/auth/home/callback?{back}")).header(header::COOKIE, carried.join("; "));
    let (router, request) = (house.app.server.router.clone(), request.body(Body::empty()).unwrap());
    let browser = tokio::spawn(async move { crate::support::ask(&router, request).await });
    gate.1.notified().await;
    browser.abort();
    assert!(browser.await.unwrap_err().is_cancelled());
    gate.0.notify_one();
    for _ in 0..500 {
        if house.devices().await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody is signed in");
}
