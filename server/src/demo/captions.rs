//! The shorts' captions, as WebVTT.
//!
//! Must never hold a cue that ends after its film or that overlaps the next.

/// What is said from one second to another, in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cue {
    pub from: u32,
    pub to: u32,
    pub english: &'static str,
    pub german: &'static str,
}

/// A cue; only there to keep the tables of the shorts readable.
pub const fn cue(from: u32, to: u32, english: &'static str, german: &'static str) -> Cue {
    Cue { from, to, english, german }
}

/// A WebVTT file of the cues' texts in one language.
pub fn webvtt(cues: &[Cue], text: impl Fn(&Cue) -> &'static str) -> String {
    let mut file = String::from("WEBVTT\n");
    for cue in cues {
        file.push_str(&format!("\n{} --> {}\n{}\n", time(cue.from), time(cue.to), text(cue)));
    }
    file
}

fn time(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}.000", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_are_written_as_webvtt_asks() {
        let told = webvtt(&[cue(1, 65, "Hello", "Hallo")], |cue| cue.german);
        assert_eq!(told, "WEBVTT\n\n00:00:01.000 --> 00:01:05.000\nHallo\n");
    }
}
