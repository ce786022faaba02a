//! What an account owes for a month, line by line: one's own, or for an operator another's. No payment is taken here.

use contract::{
    Code, Problem,
    statements::{Statement as Owed, StatementItem, StatementLine},
};
use leptos::prelude::*;

use super::style;
use crate::{
    parts::{dom, failure::Failure, money, months, select_field::SelectField, skeleton::TextSkeleton, words},
    store::{
        Shown,
        statements::{StatementsAction, statements},
    },
};

/// Months that are offered, the one under way among them.
const MONTHS: usize = 12;

/// Whose it is, for the words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    #[default]
    Own,
    Another,
}

#[component]
pub fn Statement(#[prop(default = Whose::Own)] whose: Whose) -> impl IntoView {
    let slice = statements();
    let again = slice.again();
    let dispatch = slice.dispatcher();
    let now = slice.select(|slice| slice.now.clone());
    // Asked for once somebody looks: most plans have no price, and then the answer is that there is none.
    let toggled = move |_| {
        if now.with_untracked(Option::is_none) {
            dispatch.run(StatementsAction::Shown { now: months::month_of(dom::now()) });
        }
    };
    let month = slice.select(|slice| slice.statement.key().cloned().unwrap_or_default());
    let statement = slice.select(|slice| slice.statement.shown());
    view! {
        <section class=style::group aria-labelledby="owed">
            <h2 id="owed">{match whose {
                Whose::Own => "What you owe",
                Whose::Another => "What they owe",
            }}</h2>
            <details class=style::statement on:toggle=toggled>
                <summary>"Show the statement of a month"</summary>
                {move || now.get().map(|now| view! { <Months now=now/> })}
                <div aria-live="polite">
                    {move || match statement.get() {
                        Shown::Waiting => view! { <TextSkeleton lines=3/> }.into_any(),
                        Shown::Ready(owed) => lines(owed, whose).into_any(),
                        Shown::Failed(problem) if owes_nothing(&problem) => {
                            view! { <p class=style::quiet>{nothing(&month.get(), whose)}</p> }.into_any()
                        }
                        Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                    }}
                </div>
            </details>
        </section>
    }
    .into_any()
}

#[component]
fn Months(now: String) -> impl IntoView {
    let slice = statements();
    let dispatch = slice.dispatcher();
    let options = months::back_from(&now, MONTHS).into_iter().map(|month| {
        let words = months::in_words(&month);
        (month, words)
    });
    let options: Vec<(String, String)> = options.collect();
    let first = slice.read(|slice| slice.statement.key().cloned()).unwrap_or(now);
    let month = RwSignal::new(first);
    Effect::new(move |before: Option<String>| {
        let month = month.get();
        if before.is_some_and(|before| before != month) {
            dispatch.run(StatementsAction::MonthWanted(month.clone()));
        }
        month
    });
    view! { <div class=style::form><SelectField label="Month (UTC)" name="month" options=options value=month/></div> }.into_any()
}

fn owes_nothing(problem: &Problem) -> bool {
    problem.code == Code::NotFound
}

/// Which of the two it was, nobody says.
const WHY_NOTHING: &str = "A plan costs nothing unless it was given a price, and an account nothing before it was made.";

fn nothing(month: &str, whose: Whose) -> String {
    let month = months::in_words(month);
    match whose {
        Whose::Own => format!("There is nothing to pay for {month}. {WHY_NOTHING}"),
        Whose::Another => format!("They have nothing to pay for {month}. {WHY_NOTHING}"),
    }
}

fn lines(owed: Owed, whose: Whose) -> impl IntoView {
    let caption = format!("{}, plan {}", months::in_words(&owed.month), owed.plan_name);
    let note = match (owed.is_over, whose) {
        (true, Whose::Own) => "The month is over. You are billed outside of Marquee.",
        (true, Whose::Another) => "The month is over. Marquee takes no payment: they are billed outside of it.",
        (false, Whose::Own) => "The month is still going on: this is what you owe so far. Nothing is charged here.",
        (false, Whose::Another) => "The month is still going on: this is what they owe so far. Nothing is charged here.",
    };
    let total = money::amount(&owed.total);
    let rows = owed.lines.into_iter().map(|line| {
        view! {
            <tr>
                <th scope="row">{name(line.item, whose)} <span class=style::each>{each(&line)}</span></th>
                <td>{quantity(&line)}</td>
                <td>{money::amount(&line.amount)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <table class=style::owed>
            <caption class=style::owed_caption><bdi>{caption}</bdi></caption>
            <thead>
                <tr>
                    <th scope="col">"For"</th>
                    <th scope="col">"Quantity"</th>
                    <th scope="col">"Amount"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
            <tfoot>
                <tr>
                    <th scope="row">"Total"</th>
                    <td></td>
                    <td>{total}</td>
                </tr>
            </tfoot>
        </table>
        <p class=style::quiet>{note}</p>
    }
}

const fn name(item: StatementItem, whose: Whose) -> &'static str {
    match (item, whose) {
        (StatementItem::Month, _) => "The plan",
        (StatementItem::Watched, _) => "Time watched",
        (StatementItem::Bytes, Whose::Own) => "Video sent to you",
        (StatementItem::Bytes, Whose::Another) => "Video sent to them",
    }
}

/// `€0.05 an hour`.
fn each(line: &StatementLine) -> String {
    let price = money::price(&line.unit_price, &line.amount.currency);
    match line.item {
        StatementItem::Month => format!("{price} a month"),
        StatementItem::Watched => format!("{price} an hour"),
        StatementItem::Bytes => format!("{price} a GB"),
    }
}

/// What the price is multiplied by, to the hundredth: `3.42 h`.
fn quantity(line: &StatementLine) -> String {
    match line.item {
        StatementItem::Month => words::count(line.quantity / line.per.max(1)),
        StatementItem::Watched => hundredths(line.quantity, line.per, "h"),
        StatementItem::Bytes => hundredths(line.quantity, line.per, "GB"),
    }
}

/// A quantity of which `per` are one of the unit, to the hundredth: `3.42 h`.
fn hundredths(quantity: u64, per: u64, unit: &str) -> String {
    let per = u128::from(per.max(1));
    let hundredths = (u128::from(quantity) * 200 + per) / (2 * per);
    let (whole, rest) = (u64::try_from(hundredths / 100).unwrap_or(u64::MAX), hundredths % 100);
    format!("{}.{rest:02} {unit}", words::count(whole))
}

#[cfg(test)]
mod tests {
    use contract::money::Money;

    use super::*;

    fn line(item: StatementItem, quantity: u64, per: u64, unit_price: &str) -> StatementLine {
        let amount = Money { amount: 1, currency: "EUR".into() };
        StatementLine { item, quantity, per, unit_price: unit_price.into(), amount }
    }

    #[test]
    fn a_line_says_how_much_of_what_at_which_price() {
        let said = |line: StatementLine| (quantity(&line), each(&line));
        let month = said(line(StatementItem::Month, 1, 1, "9.99"));
        assert_eq!(month, ("1".to_owned(), "€9.99 a month".to_owned()));
        let watched = said(line(StatementItem::Watched, 12_312_000, 3_600_000, "0.05"));
        assert_eq!(watched, ("3.42 h".to_owned(), "€0.05 an hour".to_owned()));
        let sent = said(line(StatementItem::Bytes, 1_234_565_000_000, 1_000_000_000, "0.001"));
        assert_eq!(sent, ("1,234.57 GB".to_owned(), "€0.001 a GB".to_owned()));
    }

    #[test]
    fn that_there_is_no_statement_is_no_failure_and_says_for_which_month() {
        assert!(owes_nothing(&Problem::new(Code::NotFound)));
        assert!(!owes_nothing(&Problem::internal()));
        assert!(nothing("2026-11", Whose::Own).starts_with("There is nothing to pay for November 2026. "));
        assert!(nothing("2026-11", Whose::Another).starts_with("They have nothing to pay for November 2026. "));
    }
}
