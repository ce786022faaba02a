//! How captions look: a choice for each thing of it, below a still with a caption on it.

use leptos::prelude::*;

use super::{Settings, fields::Choice, preview::Preview, style};
use crate::store::state::{
    CaptionColour, CaptionEdge, CaptionFont, CaptionGround, CaptionPosition, CaptionSize, CaptionStyle, GroundColour,
};

#[component]
pub fn Captions(settings: Settings) -> impl IntoView {
    view! {
        <section class=style::group aria-labelledby="captions">
            <h2 id="captions">"Captions"</h2>
            <Preview/>
            {choice(settings, "Size", "caption-size", CaptionSize::ALL, |captions| &mut captions.size)}
            {choice(settings, "Font", "caption-font", CaptionFont::ALL, |captions| &mut captions.font)}
            {choice(settings, "Colour", "caption-colour", CaptionColour::ALL, |captions| &mut captions.colour)}
            {choice(settings, "Edge of the letters", "caption-edge", CaptionEdge::ALL, |captions| &mut captions.edge)}
            {choice(settings, "Background", "caption-ground", CaptionGround::ALL, |captions| &mut captions.ground)}
            <Show when=move || settings.now.with(|now| now.captions.ground != CaptionGround::None)>
                {choice(settings, "Background colour", "ground-colour", GroundColour::ALL, |captions| &mut captions.ground_colour)}
            </Show>
            {choice(settings, "Place on the film", "caption-position", CaptionPosition::ALL, |captions| &mut captions.position)}
            <p class=style::hint>"Some captions are placed by the film, to keep clear of a face or a sign. They stay there."</p>
        </section>
    }
}

fn choice<T: Copy + PartialEq + Send + Sync + 'static>(
    settings: Settings,
    legend: &'static str,
    name: &'static str,
    choices: &'static [(T, &'static str)],
    field: fn(&mut CaptionStyle) -> &mut T,
) -> impl IntoView {
    let now = Signal::derive(move || settings.now.with(|now| *field(&mut { now.captions })));
    let chosen = move |value| settings.change(|now| *field(&mut now.captions) = value);
    view! { <Choice legend=legend name=name choices=choices.to_vec() now=now chosen=chosen/> }
}
