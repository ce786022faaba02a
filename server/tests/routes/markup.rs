//! Texts that hold markup, on every page: whatever somebody typed, imported or asked for, a page has the elements that it
//! has with harmless words.

use contract::{
    entitlements::PutPlan,
    identity::{GetIdentity, PutApiToken, PutBilling, SelectProfile, SetUp, SignIn},
    ids::TitleId,
    wire,
};
use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};

use crate::support::{TestApp, new_account, new_id, new_profile};

const PASSWORD: &str = "correct horse battery";

/// What each text holds in turn. The word in front is what it is found by.
const MARKUP: [&str; 6] = [
    "</title><meta http-equiv=refresh content='0;url=//x'><script>a</script>",
    "\"><img src=x onerror=a()>",
    "'><svg/onload=a()>",
    "--><style>*{display:none}</style>",
    "]]></script><!--<script>",
    "</textarea></style></noscript><base href=//x>&lt;b&gt;",
];

/// The same letters where they mean nothing to a parser, the very same everywhere else.
fn harmless(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        '<' | '>' | '"' | '\'' | '&' | '/' | '!' | '=' | ';' => '.',
        other => other,
    });
    letters.collect()
}

/// A server whose every text is made by `write` of a markup.
struct Position {
    app: TestApp,
    pages: Vec<String>,
    title: String,
    _site: tempfile::TempDir,
}

/// A front end of which there is no more than its manifest: pages are rendered as ever.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = json!({ "build": "h", "pkg": "/pkg/h", "css": "/pkg/h/a.css", "page_css": "/pkg/h/b.css", "js": "/pkg/h/a.js",
        "wasm": "/pkg/h/a.wasm", "hls": "/pkg/h/hls.mjs", "font": "/fonts/f/a.woff2", "fonts": [] });
    std::fs::write(folder.path().join("site.json"), manifest.to_string()).unwrap();
    folder
}

impl Position {
    async fn open(markup: &str, write: fn(&str) -> String) -> Self {
        let site = site();
        let path = site.path().to_owned();
        let app = TestApp::surrounded(|_| {}, |surroundings| surroundings.site = Some(path)).await;
        let text = write(markup);
        let title = format!("Meadow {text}");
        let film = films(&app, &text).await;
        let pages = people(&app, &text).await;
        let asked = wire::encode(&text);
        let mut pages: Vec<String> = pages.into_iter().chain(PAGES.map(str::to_owned)).collect();
        pages.extend([format!("/title/{film}"), format!("/watch/{film}")]);
        for asking in [
            "/search?q=",
            "/search?q=meadow%20",
            "/browse?genre=",
            "/browse?person=",
            "/browse?maturity=",
            "/sign-in?refused=",
            "/sign-in?from=",
            "/sign-in?from=%2Fsearch%3Fq%3D",
            "/profiles?chosen=",
        ] {
            pages.push(format!("{asking}{asked}"));
        }
        pages.extend([format!("/operator/accounts?q={asked}"), format!("/nowhere/{asked}"), format!("/title/{asked}")]);
        Self { app, pages, title, _site: site }
    }

    async fn page(&self, path: &str) -> Html {
        let answer = self.app.get(path).await;
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}: {answer:?}");
        Html::parse_document(std::str::from_utf8(&answer.body).unwrap())
    }
}

/// Those that are at the same address for everybody.
const PAGES: [&str; 11] = [
    "/",
    "/browse",
    "/browse?sort=newest",
    "/search",
    "/search?q=meadow",
    "/settings",
    "/sign-in",
    "/account",
    "/profiles",
    "/operator/accounts",
    "/operator/plans",
];

async fn films(app: &TestApp, text: &str) -> TitleId {
    let film = |number: usize| {
        let role = ["director", "writer", "actor", "composer"];
        let people: Vec<Value> =
            role.map(|role| json!({ "name": format!("{role} {text}"), "role": role, "character": format!("as {text}") })).into();
        json!({
            "id": format!("film-{number}"), "title": format!("Meadow {text}"), "original_title": format!("Prairie {text}"),
            "year": 1990 + number, "runtime_minutes": 90, "synopsis": format!("What happens: {text}"), "genres": ["Drama"],
            "people": people, "maturity": if text.len() <= 40 { text } else { "G" }, "languages": ["en"],
            "scores": [{ "source": &text.chars().take(60).collect::<String>(), "value": 7.0, "out_of": 10.0 }],
            "details": [{ "label": &text.chars().take(60).collect::<String>(), "value": text }], "attribution": text,
        })
    };
    let file = Value::Array((0..3).map(film).collect()).to_string();
    let ingest = app.server.catalog.ingest();
    let reader = std::io::Cursor::new(file.into_bytes());
    server::services::catalog::import::import_catalogue(reader, &ingest, |bad| panic!("{bad}"), |_| {}).await.unwrap();
    for _ in 0..200 {
        if app.server.catalog.visible() == 3 {
            return ingest.find_source("import:film-0").await.unwrap().unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the films that were imported are not found");
}

/// An operator, a profile, an account, a plan and a token whose names are the text, and their pages.
async fn people(app: &TestApp, text: &str) -> Vec<String> {
    let short = text.chars().take(31).collect::<String>().trim().to_owned();
    let name = text.chars().take(64).collect::<String>().trim().to_owned();
    let login = |rest: &str| format!("{short}{rest}");
    app.send(SetUp { login: login("a"), name: name.clone(), password: PASSWORD.into() }).await.unwrap();
    let profile = new_profile(&short);
    let profile = app.send(profile).await.unwrap();
    app.send(SelectProfile { id: profile.id, pin: None }).await.unwrap();
    let other = new_account(&login("b"), &name);
    let other = app.send(other).await.unwrap();
    let authorization = serde_json::Map::from_iter([("resolution".to_owned(), Value::from("HD"))]);
    let plan = PutPlan { id: "mine".parse().unwrap(), name: name.clone(), authorization, expected_version: 0 };
    app.send(plan).await.unwrap();
    app.send(PutApiToken { id: new_id(), name: name.clone(), scopes: vec![contract::Scope::Read], expires_in_days: None })
        .await
        .unwrap();
    let field = || name.clone();
    let billing = PutBilling {
        holder: field(),
        street: field(),
        postal_code: short.chars().take(20).collect(),
        city: field(),
        country: "gb".into(),
        method: field(),
    };
    app.send(billing).await.unwrap();
    assert_eq!(app.send(GetIdentity {}).await.unwrap().account.map(|account| account.name), Some(name));
    vec![format!("/operator/accounts/{}", other.id), "/operator/plans/mine".to_owned()]
}

/// Each element with its depth and the names of its attributes.
fn shape(page: &Html) -> Vec<String> {
    fn walk(element: ElementRef<'_>, depth: usize, lines: &mut Vec<String>) {
        let mut attributes: Vec<&str> = element.value().attrs().map(|(name, _)| name).collect();
        attributes.sort_unstable();
        lines.push(format!("{depth} {} {}", element.value().name(), attributes.join(" ")));
        for child in element.child_elements() {
            walk(child, depth + 1, lines);
        }
    }
    let mut lines = Vec::new();
    walk(page.root_element(), 0, &mut lines);
    lines
}

fn only(page: &Html, selector: &str) -> String {
    let selector = Selector::parse(selector).unwrap();
    let found: Vec<String> = page.select(&selector).map(|element| element.text().collect()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_any_text_of_any_page_makes_no_element_and_no_attribute() {
    let mut compared = 0;
    for markup in MARKUP {
        let (given, other) = futures::join!(Position::open(markup, str::to_owned), Position::open(markup, harmless));
        assert_eq!(given.pages.len(), other.pages.len());
        for (path, harmless) in given.pages.iter().zip(&other.pages) {
            let (page, twin) = (given.page(path).await, other.page(harmless).await);
            let (shape, expected) = (shape(&page), shape(&twin));
            let first = shape.iter().zip(&expected).find(|(one, other)| one != other);
            assert!(shape == expected, "{path} with {markup:?}: {first:?}, {} elements for {}", shape.len(), expected.len());
            assert!(expected.len() > 20, "{path}: a page has more to it");
            // What the browser begins from is whole, whatever is in it.
            assert!(
                serde_json::from_str::<Value>(&only(&page, "script#answers")).is_ok_and(|answers| answers != json!({})),
                "{path} with {markup:?}"
            );
            compared += 1;
        }
        // Escaped once and not twice: a browser shows what was typed.
        let film = given.pages.iter().find(|path| path.starts_with("/title/")).unwrap();
        assert_eq!(only(&given.page(film).await, "head > title"), format!("{} \u{b7} Marquee", given.title));
        let asked = format!("/search?q={}", wire::encode(markup));
        assert_eq!(only(&given.page(&asked).await, "head > title"), format!("{markup} \u{b7} Search \u{b7} Marquee"));
    }
    assert_eq!(compared, MARKUP.len() * 27);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_failure_are_no_markup_either() {
    let site = site();
    let path = site.path().to_owned();
    let app = TestApp::surrounded(|_| {}, |surroundings| surroundings.site = Some(path)).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
    app.forget_cookies();
    let refused = app.send(SignIn { login: MARKUP[0].into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap_err();
    assert!(!serde_json::to_string(&refused).unwrap().contains('<'), "{refused:?}");
    for path in ["/operator/accounts/%3Cscript%3Eboo", "/browse?sort=%3Cscript%3Eboo", "/account?%3Cscript%3Eboo=1"] {
        let answer = app.get(path).await;
        let html = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(!html.contains("<script>boo"), "{path}: {html}");
    }
}
