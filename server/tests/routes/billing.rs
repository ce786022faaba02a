//! Billing addresses: one's own alone, kept so that the store cannot read them, and without card numbers.

use contract::{
    Code,
    identity::{Billing, GetBilling, PutBilling, SetUp},
};

use crate::support::TestApp;

fn address() -> PutBilling {
    let [holder, street, postal_code, city, country, method] =
        ["Ada Lovelace", " 12 St James's Square ", "SW1Y 4JH", "London", "gb", "mandate 7"].map(str::to_owned);
    PutBilling { holder, street, postal_code, city, country, method }
}

async fn app() -> TestApp {
    let app = TestApp::start().await;
    let [login, name, password] = ["ada", "Ada", "correct horse battery"].map(str::to_owned);
    app.send(SetUp { login, name, password }).await.unwrap();
    app
}

#[tokio::test]
async fn an_address_is_kept_for_its_account_and_read_back() {
    let app = app().await;
    assert!(app.send(GetBilling {}).await.unwrap() == Billing::default());
    let kept = app.send(PutBilling { ..address() }).await.unwrap();
    assert_eq!((kept.street.as_str(), kept.country.as_str()), ("12 St James's Square", "GB"));
    assert!(app.send(GetBilling {}).await.unwrap() == kept);
    app.forget_cookies();
    assert_eq!(app.send(GetBilling {}).await.map(|_| ()).unwrap_err().code, Code::SignInRequired);
}

#[tokio::test]
async fn what_looks_like_a_card_is_refused_wherever_it_stands_and_changes_nothing() {
    let app = app().await;
    let before = app.send(address()).await.unwrap();
    let card = "4111 1111 1111 1111".to_owned();
    for (field, call) in [
        ("method", PutBilling { method: card.clone(), ..address() }),
        ("street", PutBilling { street: card.clone(), ..address() }),
        ("holder", PutBilling { holder: card, ..address() }),
    ] {
        let problem = app.send(call).await.map(|_| ()).unwrap_err();
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, field));
        assert!(problem.fields[0].message.contains("card"), "{problem:?}");
    }
    assert!(app.send(GetBilling {}).await.unwrap() == before);
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_at_once() {
    let app = app().await;
    let call = PutBilling { holder: String::new(), city: "x".repeat(101), country: "Germany".into(), ..address() };
    let problem = app.send(call).await.map(|_| ()).unwrap_err();
    let fields: Vec<&str> = problem.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["holder", "city", "country"]);
}
