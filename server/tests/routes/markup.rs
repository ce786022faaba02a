//! Texts that hold markup, on every page: whatever somebody typed, imported or asked for, a page has the elements that it
//! has with harmless words.

use contract::{
    identity::{SetUp, SignIn},
    wire,
};
use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};

use crate::{
    every_page::{EveryPage, PASSWORD, site},
    support::TestApp,
};

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

async fn page(app: &TestApp, path: &str) -> Html {
    let answer = app.get(path).await;
    assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}: {answer:?}");
    Html::parse_document(std::str::from_utf8(&answer.body).unwrap())
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
        let harmless_markup = harmless(markup);
        let (given, other) = futures::join!(EveryPage::open(markup), EveryPage::open(&harmless_markup));
        assert_eq!(given.pages.len(), other.pages.len());
        for (path, harmless) in given.pages.iter().zip(&other.pages) {
            let (page, twin) = (page(&given.app, path).await, page(&other.app, harmless).await);
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
        assert_eq!(only(&page(&given.app, film).await, "head > title"), format!("{} \u{b7} Marquee", given.title));
        let asked = format!("/search?q={}", wire::encode(markup));
        assert_eq!(only(&page(&given.app, &asked).await, "head > title"), format!("{markup} \u{b7} Search \u{b7} Marquee"));
    }
    assert_eq!(compared, MARKUP.len() * 34);
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
