//! The texts of others: in which order, and a page at a time.

use contract::{ids::ReviewId, reviews::ReviewSort};
use leptos::prelude::*;

use super::{review::Item, style};
use crate::{
    parts::{button, failure::Failure, skeleton::TextSkeleton, words},
    store::{
        Shown, Submission,
        reviews::{Reviews, ReviewsAction, reviews},
    },
};

const SORTS: [(ReviewSort, &str); 4] = [
    (ReviewSort::Helpful, "Most helpful"),
    (ReviewSort::Newest, "Newest"),
    (ReviewSort::Highest, "Highest rated"),
    (ReviewSort::Lowest, "Lowest rated"),
];

/// What stands in place of the list, or that it is there.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Waiting,
    Failed(contract::Problem),
    Empty,
    There,
}

fn shape(state: &Reviews) -> Shape {
    match state.list.latest() {
        Some(list) if list.items.is_empty() => Shape::Empty,
        Some(_) => Shape::There,
        None => match state.list.shown() {
            Shown::Failed(problem) => Shape::Failed(problem),
            Shown::Waiting | Shown::Ready(_) => Shape::Waiting,
        },
    }
}

#[component]
pub fn List(
    /// Whether the viewer writes one: whoever does need not read that nobody has.
    is_writing: RwSignal<bool>,
) -> impl IntoView {
    let reviews = reviews();
    let again = reviews.again();
    let shape = reviews.select(shape);
    view! {
        {move || match shape.get() {
            Shape::Waiting => view! { <TextSkeleton lines=3/> }.into_any(),
            Shape::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
            Shape::Empty => view! {
                <Show when=move || !is_writing.get()>
                    <p class=style::quiet>"Nobody has written about it yet."</p>
                </Show>
            }
            .into_any(),
            Shape::There => view! { <Filled/> }.into_any(),
        }}
    }
}

#[component]
fn Filled() -> impl IntoView {
    let reviews = reviews();
    let dispatch = reviews.dispatcher();
    let sort = reviews.select(|state| state.sort);
    // What is on the screen stays there while another order is asked for.
    let ids = reviews.select(|state| {
        let items = state.list.latest().map(|list| list.items.as_slice()).unwrap_or_default();
        items.iter().map(|review| review.id.clone()).collect::<Vec<_>>()
    });
    let total = reviews.select(|state| state.list.latest().map_or(0, |list| list.total));
    let more = reviews.select(|state| {
        let list = state.list.latest();
        list.filter(|list| list.next.is_some()).map(|list| list.more.clone())
    });
    let option = move |(value, name): (ReviewSort, &'static str)| {
        view! {
            <button
                class=style::sort
                type="button"
                aria-pressed=move || (sort.get() == value).to_string()
                on:click=move |_| dispatch.run(ReviewsAction::SortWanted(value))
            >
                {name}
            </button>
        }
    };
    // One alone has no order.
    let has_order = Memo::new(move |_| total.get() > 1);
    view! {
        <div class=style::order role="group" aria-label="Order of the reviews" data-focus-row="">
            {move || has_order.get().then(|| SORTS.map(option).collect_view())}
            <span class=style::quiet role="status">
                {move || if total.get() == 1 { "1 review".to_owned() } else { format!("{} reviews", words::count(total.get())) }}
            </span>
        </div>
        <ul class=style::list>
            <For each=move || ids.get() key=ReviewId::clone let:id>
                <li><Item id=id/></li>
            </For>
        </ul>
        <Show when=move || more.with(Option::is_some)>
            <p class=style::ways>
                <button
                    class=button::QUIET
                    type="button"
                    aria-disabled=move || more.with(|more| *more == Some(Submission::Pending)).to_string()
                    on:click=move |_| dispatch.run(ReviewsAction::MoreWanted)
                >
                    "Show more reviews"
                </button>
            </p>
        </Show>
    }
    .into_any()
}
