//! What the plan allows, as a table. What is not limited is not there.

use contract::authorization::{Authorization, Right, ViewingHours};
use leptos::prelude::*;

use super::style;
use crate::parts::{dom, words};

#[component]
pub fn Allowed(authorization: Authorization) -> impl IntoView {
    // Known in the browser alone, and after it has taken over.
    let ahead = RwSignal::new(None);
    Effect::new(move || ahead.set(dom::minutes_ahead_of_utc()));
    let lines = move || {
        let lines = lines(&authorization, ahead.get()).into_iter().map(|(label, value)| {
            view! {
                <tr>
                    <th scope="row">{label}</th>
                    <td>{value}</td>
                </tr>
            }
        });
        lines.collect_view()
    };
    view! {
        <section class=style::group aria-labelledby="allowed">
            <h2 id="allowed">"What your plan allows"</h2>
            <table class=style::table>
                <tbody>{lines}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn lines(may: &Authorization, ahead: Option<i32>) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Picture quality", format!("up to {}", may.resolution.name()))];
    let mut limit = |label, value: Option<String>| lines.extend(value.map(|value| (label, value)));
    limit("Films at once", may.streams.map(|count| count.to_string()));
    limit("Devices", may.devices.map(|count| count.to_string()));
    limit("Watching time", may.viewing_minutes_per_day.map(|minutes| format!("{minutes} minutes a day")));
    limit("Hours", may.viewing_hours.map(|allowed| hours(allowed, ahead)));
    limit("Age limit", may.maturity.map(words::up_to_age));
    limit("Uploads", may.upload_minutes.map(|minutes| format!("{minutes} minutes")));
    let missing = [
        (Right::Watch, "watching"),
        (Right::Review, "reviews"),
        (Right::Favourites, "favourites"),
        (Right::Watchlists, "My list and lists of your own"),
        (Right::Recommendations, "recommendations"),
    ];
    let missing: Vec<&str> = missing.into_iter().filter(|(right, _)| !may.grants(*right)).map(|(_, name)| name).collect();
    limit("Not included", (!missing.is_empty()).then(|| missing.join(", ")));
    lines
}

/// By the viewer's own clock, where that is known to be so many minutes ahead of UTC: `19:00 to 23:30`; else `18:00 to 22:30
/// UTC`.
fn hours(hours: ViewingHours, ahead: Option<i32>) -> String {
    let clock = |minutes: u16| {
        let here = (i32::from(minutes) + ahead.unwrap_or_default()).rem_euclid(24 * 60);
        format!("{:02}:{:02}", here / 60, here % 60)
    };
    let zone = if ahead.is_some() { "" } else { " UTC" };
    format!("{} to {}{zone}", clock(hours.from), clock(hours.to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_those_of_the_viewers_clock_also_where_they_go_over_midnight() {
        let allowed = ViewingHours { from: 18 * 60, to: 22 * 60 + 30 };
        assert_eq!(hours(allowed, Some(120)), "20:00 to 00:30");
        assert_eq!(hours(allowed, Some(-19 * 60)), "23:00 to 03:30");
        assert_eq!(hours(allowed, Some(0)), "18:00 to 22:30");
        assert_eq!(hours(allowed, None), "18:00 to 22:30 UTC");
    }

    #[test]
    fn only_what_is_limited_is_said() {
        assert_eq!(lines(&Authorization::default(), None), [("Picture quality", "up to 8K".to_owned())]);
        let limited = Authorization {
            streams: Some(2),
            viewing_hours: Some(ViewingHours { from: 18 * 60, to: 22 * 60 + 30 }),
            may_review: false,
            ..Authorization::default()
        };
        let said: Vec<String> = lines(&limited, None).into_iter().map(|(label, value)| format!("{label}: {value}")).collect();
        assert_eq!(said, ["Picture quality: up to 8K", "Films at once: 2", "Hours: 18:00 to 22:30 UTC", "Not included: reviews"]);
    }
}
