//! Stores, choices and advice as one reads them: pure.

use contract::{
    money::Money,
    storage_plan::{AdviceReason, BillItem, StorageAdvice, StorageChoice, StoreRole},
};

use super::super::figures::bytes;
use crate::parts::{money, words};

/// In a sentence.
pub const fn store(role: StoreRole) -> &'static str {
    match role {
        StoreRole::PerView => "the per-view store",
        StoreRole::Flat => "the flat store",
    }
}

/// How much of a title lies where, and since which day.
pub fn lies(advice: &StorageAdvice) -> String {
    let since = advice.since.as_ref().map(|day| format!(" since {}", words::date(day))).unwrap_or_default();
    format!("{} in {}{since}", bytes(advice.bytes as f64), store(advice.lies))
}

/// Above a figure.
pub const fn store_heading(role: StoreRole) -> &'static str {
    match role {
        StoreRole::PerView => "In the per-view store",
        StoreRole::Flat => "In the flat store",
    }
}

/// Beside a button.
pub const fn choice(choice: StorageChoice) -> &'static str {
    match choice {
        StorageChoice::Auto => "Auto",
        StorageChoice::PerView => "Per view",
        StorageChoice::Flat => "Flat",
    }
}

/// What a choice is good for where there is one store alone: how to set up another is said above.
pub const fn without_a_second_store(is_chosen: bool) -> &'static str {
    if is_chosen { "Until there is a second store, every title stays in the one there is." } else { "Needs a second store." }
}

/// Whether that can be chosen where there is one store alone.
pub const fn needs_a_second_store(choice: StorageChoice) -> bool {
    match choice {
        StorageChoice::Auto | StorageChoice::Flat => true,
        StorageChoice::PerView => false,
    }
}

/// What it means.
pub const fn meaning(choice: StorageChoice) -> &'static str {
    match choice {
        StorageChoice::Auto => "Each title is kept in the store that costs less for how often it is watched.",
        StorageChoice::PerView => "Pay per use: you pay for what is stored and sent.",
        StorageChoice::Flat => "Fixed rent: you pay for the space, as long as there is room.",
    }
}

/// A month by that plan.
pub const fn plan(choice: StorageChoice) -> &'static str {
    match choice {
        StorageChoice::Auto => "As it is",
        StorageChoice::PerView => "If all were stored per view",
        StorageChoice::Flat => "If all were stored flat",
    }
}

/// What a line of a bill is for.
pub const fn item(item: BillItem) -> &'static str {
    match item {
        BillItem::Stored => "Stored, by the GB and month",
        BillItem::StoredMinimum => "Stored, deleted before its minimum",
        BillItem::Traffic => "Traffic, by the GB",
        BillItem::Retrieval => "Read, by the GB",
        BillItem::Reads => "Requests to read, by the thousand",
        BillItem::Writes => "Requests to write, by the thousand",
        BillItem::Capacity => "Capacity, by the month",
        BillItem::TrafficBeyond => "Traffic beyond what is included, by the GB",
    }
}

/// Where a title should lie, and why.
pub fn advice(advice: &StorageAdvice, has_flat: bool) -> String {
    if !has_flat && advice.advice == advice.lies {
        return format!("Stays in {}, the only one that is set up.", store(advice.advice));
    }
    let verb = if advice.advice == advice.lies { "Stays in" } else { "Belongs in" };
    let why = match advice.reason {
        AdviceReason::Chosen => "because that was chosen",
        AdviceReason::NoRoom => "because the flat store was chosen and has no room for it",
        AdviceReason::MinimumStay => "because it moved less than thirty days ago",
        // Sums are rounded: what is cheaper by less than can be paid is no cheaper to whoever pays.
        AdviceReason::Cheapest if advice.saving_month.amount == 0 => "because neither store is noticeably cheaper",
        AdviceReason::Cheapest => "because that is cheaper",
    };
    format!("{verb} {}, {why}.", store(advice.advice))
}

/// What a month of it costs there, and beside the other store: `€0.80 a month, €1.20 less than in the flat store`.
pub fn costs(advice: &StorageAdvice, has_flat: bool) -> String {
    let (here, other) = match advice.advice {
        StoreRole::PerView => (&advice.per_view_month, StoreRole::Flat),
        StoreRole::Flat => (&advice.flat_month, StoreRole::PerView),
    };
    let here = sum(here, advice.bytes);
    if !has_flat {
        return format!("Costs {here} a month.");
    }
    let saving = &advice.saving_month;
    let size = Money { amount: saving.amount.saturating_abs(), currency: saving.currency.clone() };
    let (size, other) = (sum(&size, advice.bytes), store(other));
    match saving.amount {
        0 if advice.bytes == 0 => format!("Costs {here} a month, the same as in {other}."),
        0 => format!("Costs {here} a month, about the same as in {other}."),
        1.. => format!("Costs {here} a month, {size} less than in {other}."),
        _ => format!("Costs {here} a month, {size} more than in {other}."),
    }
}

/// What there is of bytes costs something.
fn sum(money: &Money, bytes: u64) -> String {
    if bytes > 0 { money::some(money) } else { money::amount(money) }
}

/// How much of it is there, of 100.
pub fn percent(copied: u64, bytes: u64) -> u64 {
    let hundredths = u128::from(copied.min(bytes)) * 100 / u128::from(bytes.max(1));
    u64::try_from(hundredths).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(lies: StoreRole, advice: StoreRole, reason: AdviceReason, saving: i64) -> StorageAdvice {
        let euros = |amount| Money { amount, currency: "EUR".into() };
        StorageAdvice {
            title: "heat".parse().unwrap(),
            bytes: 1000,
            lies,
            since: None,
            advice,
            reason,
            choice: None,
            per_view_month: euros(80),
            flat_month: euros(0),
            saving_month: euros(saving),
            moving: euros(0),
            moves: None,
        }
    }

    #[test]
    fn where_a_title_lies_is_said_with_the_day_in_words() {
        let mut advice = advised(StoreRole::Flat, StoreRole::Flat, AdviceReason::Cheapest, 0);
        assert_eq!(lies(&advice), "1 kB in the flat store");
        advice.since = Some("2026-11-30".into());
        assert_eq!(lies(&advice), "1 kB in the flat store since 30 November 2026");
    }

    #[test]
    fn what_is_advised_says_where_and_why_and_what_it_saves() {
        use AdviceReason::{Cheapest, Chosen, MinimumStay, NoRoom};
        use StoreRole::{Flat, PerView};
        let said = |lies, to, reason, saving_month| {
            let advised = advised(lies, to, reason, saving_month);
            (advice(&advised, true), costs(&advised, true))
        };
        let one = said(PerView, Flat, Cheapest, 120);
        assert_eq!(
            one,
            (
                "Belongs in the flat store, because that is cheaper.".into(),
                "Costs less than €0.01 a month, €1.20 less than in the per-view store.".into()
            )
        );
        let chosen = said(PerView, PerView, Chosen, -5);
        assert_eq!(
            chosen,
            (
                "Stays in the per-view store, because that was chosen.".into(),
                "Costs €0.80 a month, €0.05 more than in the flat store.".into()
            )
        );
        assert_eq!(
            said(PerView, PerView, NoRoom, 0).0,
            "Stays in the per-view store, because the flat store was chosen and has no room for it."
        );
        let same = "Costs less than €0.01 a month, about the same as in the per-view store.";
        assert_eq!(said(Flat, Flat, MinimumStay, 0).1, same);
        let stays = "Stays in the flat store, because neither store is noticeably cheaper.";
        assert_eq!(said(Flat, Flat, Cheapest, 0), (stays.into(), same.into()), "and not cheaper by nothing");
    }

    #[test]
    fn where_there_is_one_store_a_title_is_compared_with_no_other() {
        let only = advised(StoreRole::PerView, StoreRole::PerView, AdviceReason::Cheapest, 0);
        assert_eq!(advice(&only, false), "Stays in the per-view store, the only one that is set up.");
        assert_eq!(costs(&only, false), "Costs €0.80 a month.");
        let nothing = StorageAdvice { bytes: 0, per_view_month: Money { amount: 0, currency: "EUR".into() }, ..only };
        assert_eq!(costs(&nothing, false), "Costs €0.00 a month.");
    }

    #[test]
    fn what_is_in_force_is_not_called_impossible() {
        assert!(without_a_second_store(true).contains("every title stays"));
        assert_eq!(without_a_second_store(false), "Needs a second store.");
    }

    #[test]
    fn a_move_is_told_in_whole_hundredths_and_never_beyond_its_end() {
        assert_eq!(
            [percent(0, 0), percent(1, 3), percent(3, 3), percent(9, 3), percent(u64::MAX, u64::MAX)],
            [0, 33, 100, 100, 100]
        );
    }
}
