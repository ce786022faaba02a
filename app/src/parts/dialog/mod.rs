//! Dialogs over the page: the browser's own `<dialog>`, which keeps the focus inside, makes what is behind it inert, and gives
//! the focus back to where it was. Escape, the Back of a remote control and a press beside it close it.
//!
//! It stands closed in the page for as long as what opens it does: only one that is closed, and not taken away, gives the
//! focus back.

use leptos::{ev, html, prelude::*};

use super::{button, dom, toasts::Toasts};

stylance::import_crate_style!(style, "src/parts/dialog/dialog.module.scss");

/// Where a dialog stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the middle of the screen.
    Middle,
    /// Below the bar's end; on a phone a sheet at its foot.
    Corner,
    /// In the middle of the screen; on a phone a sheet at its foot.
    BottomSheet,
}

/// A dialog. `on_close` says that the viewer closed it.
#[component]
pub fn Modal(
    #[prop(into)] is_open: Signal<bool>,
    on_close: Callback<()>,
    /// The id of its heading.
    labelled_by: String,
    /// The id of what an `alertdialog` says.
    #[prop(optional, into)]
    described_by: Option<String>,
    #[prop(default = Place::Middle)] place: Place,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    // The browser says that a dialog is closed some time after it is, when the viewer may have opened it again: of its own
    // closings a dialog is not told.
    let own_closings = StoredValue::new(0_u32);
    Effect::new(move || {
        let is_wanted = is_open.get();
        let Some(dialog) = dialog.get() else { return };
        if !is_wanted {
            if dialog.open() {
                own_closings.update_value(|count| *count += 1);
                dialog.close();
            }
            return;
        }
        // In the next frame: the focus goes to what is in it, which is not there yet.
        request_animation_frame(move || {
            if is_open.try_get_untracked() == Some(true) {
                dom::show_modal(&dialog);
            }
        });
    });
    let closed = move |_: ev::Event| {
        if own_closings.get_value() == 0 {
            on_close.run(());
        } else {
            own_closings.update_value(|count| *count -= 1);
        }
    };
    let role = described_by.is_some().then_some("alertdialog");
    // What is done in a sheet leaves it open; the others say themselves what became of it.
    let has_notices = matches!(place, Place::BottomSheet);
    let class = match place {
        Place::Middle => style::middle,
        Place::Corner => style::corner,
        Place::BottomSheet => style::sheet,
    };
    view! {
        <dialog
            node_ref=dialog
            class=class
            role=role
            aria-labelledby=labelled_by
            aria-describedby=described_by
            data-has-notices=has_notices.then_some("")
            on:close=closed
            // What was pressed is the dialog itself only where nothing of it lies.
            on:click=move |event| if event.target() == event.current_target() { on_close.run(()) }
            on:keydown=move |event: ev::KeyboardEvent| {
                if event.key() == "Escape" {
                    // It was for this, and is not for going back as well.
                    event.prevent_default();
                    event.stop_propagation();
                    on_close.run(());
                }
            }
        >
            <div class=style::content>
                <Show when=move || is_open.get()>{children()}</Show>
            </div>
            <Show when=move || has_notices && is_open.get()>
                <Toasts is_in_dialog=true/>
            </Show>
        </dialog>
    }
    .into_any()
}

/// What is asked before something is done that cannot be undone, or weighs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What is asked: `Delete Kim?`
    pub title: String,
    /// What follows from it.
    pub text: String,
    /// What the button that does it says.
    pub action: &'static str,
}

/// Asks first, while `warning` is there: `answered` says whether the viewer wants it done. The focus begins on the button
/// that does nothing.
#[component]
pub fn AlertDialog(
    id: String,
    warning: RwSignal<Option<Warning>>,
    /// What the button that does nothing says.
    #[prop(default = "Cancel")]
    keep: &'static str,
    on_confirm: Callback<()>,
) -> impl IntoView {
    let is_open = Memo::new(move |_| warning.with(Option::is_some));
    let part = move |part: fn(Warning) -> String| move || warning.get().map(part).unwrap_or_default();
    let (heading, text) = (format!("{id}-title"), format!("{id}-text"));
    let (heading_id, text_id) = (StoredValue::new(heading.clone()), StoredValue::new(text.clone()));
    view! {
        <Modal is_open=is_open on_close=Callback::new(move |()| warning.set(None)) labelled_by=heading described_by=text>
            <h2 id=heading_id.get_value() class=style::title>{part(|warning| warning.title)}</h2>
            <p id=text_id.get_value() class=style::text>{part(|warning| warning.text)}</p>
            <p class=style::ways>
                <button class=button::QUIET type="button" autofocus=true on:click=move |_| warning.set(None)>{keep}</button>
                <button
                    class=style::weighs
                    type="button"
                    on:click=move |_| {
                        warning.set(None);
                        on_confirm.run(());
                    }
                >
                    {part(|warning| warning.action.to_owned())}
                </button>
            </p>
        </Modal>
    }
    .into_any()
}

/// A button that asks first what `warning` says, and then does it. `is_busy` while it is being done: the button keeps the
/// focus, which one that is disabled loses.
#[component]
pub fn ConfirmButton(
    /// Of the dialog: one of a kind on the page.
    #[prop(into)]
    id: String,
    #[prop(into)] word: Signal<String>,
    /// Where the word alone does not say what of.
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(into)] warning: Signal<Warning>,
    #[prop(optional, into)] is_busy: Signal<bool>,
    on_confirm: Callback<()>,
) -> impl IntoView {
    let asked = RwSignal::new(None);
    view! {
        <button
            class=button::QUIET
            type="button"
            aria-label=label
            aria-haspopup="dialog"
            aria-disabled=move || is_busy.get().to_string()
            on:click=move |_| if !is_busy.get_untracked() { asked.set(Some(warning.get_untracked())) }
        >
            {move || word.get()}
        </button>
        <AlertDialog id=id warning=asked on_confirm=on_confirm/>
    }
    .into_any()
}
