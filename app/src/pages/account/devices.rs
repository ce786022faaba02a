//! The devices that are signed in, each with the way to sign it out.

use contract::identity::SignedInDevice;
use leptos::{html, prelude::*};

use super::style;
use crate::{
    parts::{
        button,
        dialog::{ConfirmButton, Warning},
        dom,
        failure::Failure,
        skeleton::TextSkeleton,
    },
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
    // What signed a device out is gone with it.
    let (section, inside) = (NodeRef::<html::Section>::new(), dom::FocusInside::nowhere());
    Effect::new(move |before: Option<()>| {
        devices.track();
        if before.is_some()
            && inside.is_so()
            && let Some(section) = section.get_untracked()
        {
            dom::rescue_focus(&section, "h2", 0);
        }
    });
    let has_others = Memo::new(move |_| devices.with(|devices| matches!(devices, Shown::Ready(devices) if devices.len() > 1)));
    view! {
        <section
            node_ref=section
            class=style::group
            on:focusin=move |_| inside.entered()
            on:focusout=move |event| inside.left(&event)
            aria-labelledby="devices">
            <h2 id="devices" tabindex="-1">"Your devices"</h2>
            {move || match devices.get() {
                Shown::Waiting => view! { <TextSkeleton lines=2/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(devices) => view! {
                    <ul class=style::devices>
                        {devices.into_iter().map(|device| view! { <Device device=device/> }).collect_view()}
                    </ul>
                }.into_any(),
            }}
            <Show when=move || has_others.get()>
                <div>
                    <ConfirmButton
                        id="sign-out-elsewhere"
                        word=Signal::stored("Sign out everywhere else".to_owned())
                        warning=Signal::stored(Warning {
                            title: "Sign out everywhere else?".to_owned(),
                            text: "Every other device is signed out, and what plays there stops. This one stays signed in.".to_owned(),
                            action: "Sign out",
                        })
                        on_confirm=Callback::new(move |()| dispatch.run(AccountsAction::EndOtherDevicesWanted))
                    />
                </div>
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn Device(device: SignedInDevice) -> impl IntoView {
    let dispatch = accounts().dispatcher();
    let SignedInDevice { id, device, is_this, created, seen } = device;
    // In the viewer's own time, which the browser alone knows.
    let times = RwSignal::new(None);
    Effect::new(move || {
        let since = dom::date_and_time(created).map(|at| format!("Signed in {at}"));
        let last =
            if is_this { Some("active now".to_owned()) } else { dom::date_and_time(seen).map(|at| format!("last active {at}")) };
        times.set(since.zip(last).map(|(since, last)| format!("{since} \u{b7} {last}")));
    });
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
            <span class=style::named>
                {device}
                <span class=style::when>{move || times.get()}</span>
            </span>
            {if is_this { view! { <span class=style::quiet>"This device"</span> }.into_any() } else { way_out().into_any() }}
        </li>
    }
    .into_any()
}
