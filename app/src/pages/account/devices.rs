//! The devices that are signed in, each with the way to sign it out.

use contract::identity::SignedInDevice;
use leptos::prelude::*;

use super::style;
use crate::{
    parts::{button, failure::Failure},
    store::{
        Shown,
        accounts::{AccountsAction, accounts},
    },
};

#[component]
pub fn Devices() -> impl IntoView {
    let accounts = accounts();
    let again = accounts.again();
    let dispatch = accounts.dispatcher();
    let devices = accounts.select(|accounts| accounts.devices.shown());
    let has_others = Memo::new(move |_| devices.with(|devices| matches!(devices, Shown::Ready(devices) if devices.len() > 1)));
    view! {
        <section class=style::group aria-labelledby="devices">
            <h2 id="devices">"Your devices"</h2>
            {move || match devices.get() {
                Shown::Waiting => view! { <p class=style::quiet>"Looking for them."</p> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(devices) => view! {
                    <ul class=style::devices>
                        {devices.into_iter().map(|device| view! { <Device device=device/> }).collect_view()}
                    </ul>
                }.into_any(),
            }}
            <Show when=move || has_others.get()>
                <p>
                    <button class=button::QUIET on:click=move |_| dispatch.run(AccountsAction::EndOtherDevicesWanted)>
                        "Sign out everywhere else"
                    </button>
                </p>
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn Device(device: SignedInDevice) -> impl IntoView {
    let dispatch = accounts().dispatcher();
    let SignedInDevice { id, device, is_this, .. } = device;
    let label = format!("Sign out {device}");
    let way_out = move || {
        view! {
            <button class=button::QUIET aria-label=label on:click=move |_| dispatch.run(AccountsAction::EndDeviceWanted { id: id.clone() })>
                "Sign out"
            </button>
        }
    };
    view! {
        <li class=style::device>
            <span>{device}</span>
            {if is_this { view! { <span class=style::quiet>"This one"</span> }.into_any() } else { way_out().into_any() }}
        </li>
    }
    .into_any()
}
