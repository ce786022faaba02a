//! What an account may do where its plan, or what differs from it, cannot be read.
//!
//! What is stored was checked, so that somebody else wrote it: another version, or a hand. Then the account may do less and
//! never more, and everybody is still served: an operator who could not sign in could not mend it. Must never answer with
//! an error.

use contract::authorization::{Authorization, ViewingHours};
use serde_json::{Map, Value};

use super::{
    merge,
    record::{EntitlementRecord, Fault, PlanRecord, Versioned},
};

/// What an account may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    pub authorization: Authorization,
    /// Why it is less than what is stored says, for people.
    pub notice: Option<String>,
}

impl Effective {
    fn nothing(why: String) -> Self {
        Self { authorization: nothing(), notice: Some(why) }
    }
}

/// What a plan and what differs from it come to, as far as both can be read.
pub fn effective<I, J>(plan: &Versioned<I, PlanRecord>, entitlement: &Versioned<J, EntitlementRecord>) -> Effective {
    let (given, overrides) = (&plan.record.authorization, &entitlement.record.overrides);
    if let Some(Fault::Plan(why) | Fault::Billed(why)) = &entitlement.fault {
        return Effective::nothing(format!("Which plan this account has cannot be read ({why}): it may do nothing but sign in."));
    }
    let alone = match (plan.fault.clone(), merge::check(given, &Map::new())) {
        (None, Ok(alone)) => alone,
        (Some(Fault::Plan(why) | Fault::Billed(why) | Fault::Overrides(why)), _) | (None, Err(why)) => {
            return Effective::nothing(format!("The plan cannot be read ({why}): who has it may do nothing but sign in."));
        }
    };
    if let Some(Fault::Overrides(why)) = &entitlement.fault {
        let notice = format!("What differs from the plan cannot be read ({why}): the plan alone counts.");
        return Effective { authorization: alone, notice: Some(notice) };
    }
    match merge::check(given, overrides) {
        Ok(authorization) => Effective { authorization, notice: None },
        Err(why) => {
            let notice = format!("What differs from the plan does not fit it ({why}): of each limit, the stricter one counts.");
            Effective { authorization: stricter(alone, readable(given, overrides)), notice: Some(notice) }
        }
    }
}

/// What both come to where each field that cannot be read is the plan's.
fn readable(plan: &Map<String, Value>, overrides: &Map<String, Value>) -> Authorization {
    let mut fields = Map::new();
    for (name, value) in merge::merged(plan, overrides) {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        let value = if merge::check(&alone, &Map::new()).is_ok() { Some(value) } else { plan.get(&name).cloned() };
        fields.extend(value.map(|value| (name, value)));
    }
    // The plan's fields were read before, and the others just now.
    merge::check(&fields, &Map::new()).unwrap_or_else(|_| nothing())
}

/// Nothing but signing in, on however many devices.
fn nothing() -> Authorization {
    Authorization { devices: None, ..Authorization::nothing() }
}

/// Of each limit the stricter one. Fields that nobody here knows are `plan`'s: what is strict about them is not known.
fn stricter(plan: Authorization, other: Authorization) -> Authorization {
    let Authorization {
        may_browse,
        may_watch,
        resolution,
        devices,
        streams,
        viewing_minutes_per_day,
        viewing_hours,
        upload_minutes,
        may_review,
        may_keep_favourites,
        may_keep_watchlists,
        gets_recommendations,
        regions,
        maturity,
        rest: _,
    } = other;
    Authorization {
        may_browse: plan.may_browse && may_browse,
        may_watch: plan.may_watch && may_watch,
        resolution: plan.resolution.min(resolution),
        devices: least(plan.devices, devices),
        streams: least(plan.streams, streams),
        viewing_minutes_per_day: least(plan.viewing_minutes_per_day, viewing_minutes_per_day),
        viewing_hours: shorter(plan.viewing_hours, viewing_hours),
        upload_minutes: least(plan.upload_minutes, upload_minutes),
        may_review: plan.may_review && may_review,
        may_keep_favourites: plan.may_keep_favourites && may_keep_favourites,
        may_keep_watchlists: plan.may_keep_watchlists && may_keep_watchlists,
        gets_recommendations: plan.gets_recommendations && gets_recommendations,
        regions: common(plan.regions, regions),
        maturity: least(plan.maturity, maturity),
        rest: plan.rest,
    }
}

/// What is absent is not limited.
fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn shorter(one: Option<ViewingHours>, other: Option<ViewingHours>) -> Option<ViewingHours> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if minutes(other) < minutes(one) { other } else { one }),
        (one, other) => one.or(other),
    }
}

fn minutes(hours: ViewingHours) -> u16 {
    (0..merge::DAY).filter(|minute| hours.contains(*minute)).fold(0, |count, _| count + 1)
}

fn common(one: Option<Vec<String>>, other: Option<Vec<String>>) -> Option<Vec<String>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.into_iter().filter(|region| other.contains(region)).collect()),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use contract::authorization::Resolution;
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn of(plan: Value, overrides: Value) -> Effective {
        let plan = PlanRecord { name: "Family".into(), authorization: object(plan), ..PlanRecord::default() };
        let (overrides, plan_before) = (object(overrides), Vec::new());
        let record = EntitlementRecord { plan: "family".parse().unwrap(), overrides, plan_before, unknown: Map::new() };
        let plan = Versioned { id: (), version: 1, record: plan, fault: None };
        effective(&plan, &Versioned { id: (), version: 1, record, fault: None })
    }

    #[test]
    fn what_fits_is_not_touched() {
        let fits = of(json!({ "streams": 2 }), json!({ "streams": 5 }));
        assert_eq!((fits.authorization.streams, fits.notice), (Some(5), None));
    }

    #[test]
    fn an_override_that_its_plan_left_alone_gives_way_to_the_plan_and_the_rest_of_it_loosens_nothing() {
        // The plan had hours, which the override only shortened.
        let odd = of(
            json!({ "streams": 2, "resolution": "HD", "regions": ["eu", "us"] }),
            json!({ "viewing_hours": { "to": 1200 }, "streams": 9, "resolution": "8K", "maturity": 6, "may_review": false,
                "regions": ["eu"], "sauna": true }),
        );
        let Authorization { viewing_hours, streams, resolution, maturity, may_review, regions, rest, .. } = odd.authorization;
        assert_eq!((viewing_hours, streams, resolution), (None, Some(2), Resolution::Hd));
        assert_eq!((maturity, may_review, regions), (Some(6), false, Some(vec!["eu".to_owned()])));
        assert!(rest.is_empty());
        assert!(odd.notice.unwrap().contains("from"));
    }

    #[test]
    fn a_limit_that_an_unreadable_override_takes_away_stays() {
        let odd = of(json!({ "streams": 2, "maturity": 12 }), json!({ "streams": null, "maturity": 18, "resolution": "16K" }));
        assert_eq!((odd.authorization.streams, odd.authorization.maturity), (Some(2), Some(12)));
        assert_eq!(odd.authorization.resolution, Resolution::EightK);
        let hours = |from: u16, to: u16| json!({ "from": from, "to": to });
        let odd = of(json!({ "viewing_hours": hours(600, 1200) }), json!({ "viewing_hours": { "to": 660 }, "streams": "two" }));
        assert_eq!(odd.authorization.viewing_hours, Some(ViewingHours { from: 600, to: 660 }));
    }

    #[test]
    fn who_has_a_plan_that_cannot_be_read_may_do_nothing_whatever_differs() {
        let odd = of(json!({ "resolution": "16K" }), json!({ "resolution": "HD" }));
        assert_eq!(odd.authorization, nothing());
        assert!(odd.notice.unwrap().contains("16K"));
        assert_eq!(odd.authorization.devices, None, "signing in is not watching");
    }
}
