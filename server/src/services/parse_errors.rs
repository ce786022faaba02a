//! What is wrong with a document that an operator wrote, in a person's words: those of serde are about its own types.

/// What a message of serde says. Others, which say in words what a field may be, stay as they are.
pub fn in_words(message: &str) -> String {
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    if let Some(field) = missing {
        return format!("{field:?} is missing");
    }
    let mixed_up = message.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected "));
    let Some((is, wanted)) = mixed_up else { return message.to_owned() };
    format!("{} is wanted, not {}", kind(wanted), kind(is))
}

/// As JSON calls it (RFC 8259, section 3). `integer` and the like have their value behind them.
fn kind(of: &str) -> String {
    match of.split_once(" `") {
        Some(("integer" | "floating point", number)) => format!("the number {}", number.trim_end_matches('`')),
        Some(("boolean", value)) => value.trim_end_matches('`').to_owned(),
        Some(_) => of.to_owned(),
        None => kind_alone(of),
    }
}

fn kind_alone(of: &str) -> String {
    match of {
        "sequence" | "a sequence" => "a list".to_owned(),
        "map" | "a map" => "an object".to_owned(),
        "a string" => "a text in quotation marks".to_owned(),
        of if of.starts_with("struct ") => "an object".to_owned(),
        of if ["u8", "u16", "u32", "u64"].contains(&of) => "a whole number".to_owned(),
        of => of.strip_prefix("string ").map_or_else(|| of.to_owned(), |text| format!("the text {text}")),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is wrong is looked at")]
    struct Sheet {
        currency: String,
        steps: Vec<u64>,
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_said_without_the_names_of_types() {
        let said = |document| in_words(&serde_json::from_value::<Sheet>(document).unwrap_err().to_string());
        assert_eq!(said(json!({ "prices": [] })), "\"currency\" is missing");
        assert_eq!(said(json!({ "currency": 9.5 })), "a text in quotation marks is wanted, not the number 9.5");
        assert_eq!(said(json!({ "currency": "EUR", "steps": "4" })), "a list is wanted, not the text \"4\"");
        assert_eq!(said(json!({ "currency": "EUR", "steps": [{}] })), "a whole number is wanted, not an object");
        assert_eq!(said(json!("EUR")), "an object is wanted, not the text \"EUR\"");
    }

    #[test]
    fn what_says_in_words_what_a_field_may_be_stays() {
        for words in ["a price must not be negative: -1", "\"euros\" is no currency of ISO 4217, such as USD"] {
            assert_eq!(in_words(words), words);
        }
    }
}
