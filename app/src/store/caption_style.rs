//! How captions look: what a viewer set of it, and the words by which styles know it.
//!
//! A field of its own for each thing that can be set, so that what two devices set of it is kept. The words stand in
//! `data-caption` of whatever holds captions; `caption-look` in style/mixins.scss has a rule for each.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How captions look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptionStyle {
    pub size: CaptionSize,
    pub font: CaptionFont,
    pub colour: CaptionColour,
    pub edge: CaptionEdge,
    /// How much of the film is to be seen behind the words.
    pub ground: CaptionGround,
    pub ground_colour: GroundColour,
    pub position: CaptionPosition,
}

impl CaptionStyle {
    /// The value of `data-caption`.
    pub fn words(self) -> String {
        let Self { size, font, colour, edge, ground, ground_colour, position } = self;
        format!(
            "size-{} font-{} colour-{} edge-{} ground-{} on-{} at-{}",
            size.name(),
            font.name(),
            colour.name(),
            edge.name(),
            ground.name(),
            ground_colour.name(),
            position.name(),
        )
    }
}

/// A choice among a few: each with the name that it is stored by, and what a viewer reads. One that a newer build stored, and
/// that has no name here, is as if nothing were set.
macro_rules! choices {
    ($(#[$meta:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $stored:literal, $label:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            $($(#[$of])* $variant,)*
        }

        impl $name {
            /// In the order in which they are offered.
            pub const ALL: &[(Self, &str)] = &[$((Self::$variant, $label)),*];

            const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $stored,)*
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let stored = String::deserialize(deserializer)?;
                Ok(Self::ALL.iter().find(|(choice, _)| choice.name() == stored).map(|(choice, _)| *choice).unwrap_or_default())
            }
        }
    };
}

choices! { CaptionSize {
    Small = "small", "Small";
    #[default]
    Medium = "medium", "Medium";
    Large = "large", "Large";
    Huge = "huge", "Huge";
} }

choices! { CaptionFont {
    #[default]
    Plain = "plain", "Plain";
    Serif = "serif", "Serif";
    Mono = "mono", "Typewriter";
    Casual = "casual", "Handwritten";
} }

choices! { CaptionColour {
    #[default]
    White = "white", "White";
    Yellow = "yellow", "Yellow";
    Green = "green", "Green";
    Cyan = "cyan", "Cyan";
    Pink = "pink", "Pink";
} }

choices! {
    /// What sets letters off from the film.
    CaptionEdge {
        #[default]
        Outline = "outline", "Outline";
        Shadow = "shadow", "Shadow";
        None = "none", "None";
    }
}

choices! { CaptionGround {
    /// Stored by the name that it had when it stood for an outline, too.
    None = "outline", "None";
    Light = "light", "Faint";
    #[default]
    Shade = "shade", "Shade";
    Solid = "solid", "Solid";
} }

choices! { GroundColour {
    #[default]
    Black = "black", "Black";
    Blue = "blue", "Blue";
    Red = "red", "Red";
} }

choices! {
    /// Where captions stand that do not say it themselves.
    CaptionPosition {
        #[default]
        Bottom = "bottom", "Bottom";
        Top = "top", "Top";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_build_stored_looks_as_it_did_and_what_is_not_known_is_as_nothing_set() {
        let read = |json| serde_json::from_value::<CaptionStyle>(json).unwrap();
        let outline = read(serde_json::json!({ "size": "large", "ground": "outline" }));
        assert_eq!((outline.size, outline.ground, outline.edge), (CaptionSize::Large, CaptionGround::None, CaptionEdge::Outline));
        assert_eq!(read(serde_json::json!({ "ground": "solid" })).ground, CaptionGround::Solid);
        assert_eq!(read(serde_json::json!({})), CaptionStyle::default());
        assert_eq!(read(serde_json::json!({ "font": "of a later build" })), CaptionStyle::default());
        let other = CaptionStyle { font: CaptionFont::Casual, position: CaptionPosition::Top, ..outline };
        assert_eq!(read(serde_json::to_value(other).unwrap()), other);
    }
}
