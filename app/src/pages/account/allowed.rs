//! What the plan allows, as a table. What is not limited is not there.

use contract::authorization::{Authorization, Right, ViewingHours};
use leptos::prelude::*;

use super::style;
use crate::parts::words;

#[component]
pub fn Allowed(authorization: Authorization) -> impl IntoView {
    let lines = lines(&authorization).into_iter().map(|(label, value)| {
        view! {
            <tr>
                <th scope="row">{label}</th>
                <td>{value}</td>
            </tr>
        }
    });
    view! {
        <section class=style::group aria-labelledby="allowed">
            <h2 id="allowed">"What your plan allows"</h2>
            <table class=style::table>
                <tbody>{lines.collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn lines(may: &Authorization) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Sharpness", format!("up to {}", may.resolution.name()))];
    let mut limit = |label, value: Option<String>| lines.extend(value.map(|value| (label, value)));
    limit("Films at once", may.streams.map(|count| count.to_string()));
    limit("Devices", may.devices.map(|count| count.to_string()));
    limit("A day", may.viewing_minutes_per_day.map(|minutes| format!("{minutes} minutes")));
    limit("Hours", may.viewing_hours.map(hours));
    limit("Films for", may.maturity.map(words::up_to_age));
    limit("Uploads", may.upload_minutes.map(|minutes| format!("{minutes} minutes")));
    let missing = [
        (Right::Watch, "watching"),
        (Right::Review, "reviews"),
        (Right::Favourites, "favourites"),
        (Right::Watchlists, "watchlists"),
        (Right::Recommendations, "recommendations"),
    ];
    let missing: Vec<&str> = missing.into_iter().filter(|(right, _)| !may.grants(*right)).map(|(_, name)| name).collect();
    limit("Not included", (!missing.is_empty()).then(|| missing.join(", ")));
    lines
}

/// `18:00 to 22:30 UTC`.
fn hours(hours: ViewingHours) -> String {
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    format!("{} to {} UTC", clock(hours.from), clock(hours.to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_limited_is_said() {
        assert_eq!(lines(&Authorization::default()), [("Sharpness", "up to 8K".to_owned())]);
        let limited = Authorization {
            streams: Some(2),
            viewing_hours: Some(ViewingHours { from: 18 * 60, to: 22 * 60 + 30 }),
            may_review: false,
            ..Authorization::default()
        };
        let said: Vec<String> = lines(&limited).into_iter().map(|(label, value)| format!("{label}: {value}")).collect();
        assert_eq!(said, ["Sharpness: up to 8K", "Films at once: 2", "Hours: 18:00 to 22:30 UTC", "Not included: reviews"]);
    }
}
