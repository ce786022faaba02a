//! Shorts of cells that follow a rule.

use super::{Picture, Short, title};
use crate::demo::{
    captions::cue,
    score::{Mood, Score},
};

const GENRES: &[&str] = &["Procedural", "Cellular automaton", "Short"];

pub const LIFE: Short = Short {
    title: title(
        "game-of-life",
        "Game of Life: Nine Hundred Generations",
        GENRES,
        "John Conway's rule of 1970 on a field of 320 by 180 cells, twenty-five generations a second. Most of what is born \
         dies soon; some of it learns to stand still, and a few things learn to walk.",
    ),
    seconds: 36,
    picture: Picture::Drawn(
        "life=s=320x180:r=25:random_seed=7:random_fill_ratio=0.12:mold=6:life_color=0xfff3c4:death_color=0x0b6e8f:\
         mold_color=0x000814,scale=1280:720:flags=neighbor",
    ),
    score: Score::Ambient { seed: 7, root: 130.81, mood: Mood::Dusk, bells: true },
    cues: &[
        cue(2, 8, "A cell with two or three neighbours lives on.", "Eine Zelle mit zwei oder drei Nachbarn lebt weiter."),
        cue(9, 15, "An empty place with exactly three comes alive.", "Ein leerer Platz mit genau drei wird lebendig."),
        cue(16, 22, "Everything else dies. The blue is where life was.", "Alles andere stirbt. Blau ist, wo Leben war."),
        cue(23, 29, "What stands still now may stand for ever.", "Was jetzt stillsteht, steht vielleicht für immer."),
        cue(30, 35, "Nine hundred generations.", "Neunhundert Generationen."),
    ],
};

pub const DAY_AND_NIGHT: Short = Short {
    title: title(
        "day-and-night",
        "Day and Night",
        GENRES,
        "A relative of the Game of Life in which the living and the dead obey the same law. From noise, continents form, and \
         slowly wear away.",
    ),
    seconds: 32,
    picture: Picture::Drawn(
        "life=s=256x144:r=25:random_seed=4:random_fill_ratio=0.5:rule=S34678/B3678:mold=3:life_color=0xf9b4c6:\
         death_color=0xa4133c:mold_color=0x12020a,scale=1280:720:flags=neighbor",
    ),
    score: Score::Ambient { seed: 44, root: 92.5, mood: Mood::Deep, bells: false },
    cues: &[
        cue(2, 8, "Half of all cells are alive, at random.", "Die Hälfte aller Zellen lebt, zufällig verteilt."),
        cue(9, 15, "Swap the living and the dead: the rule is the same.", "Tauscht man Leben und Tod, gilt dieselbe Regel."),
        cue(16, 22, "The edges of the land boil.", "Die Ränder des Landes brodeln."),
        cue(23, 30, "Small islands vanish, large ones grow round.", "Kleine Inseln vergehen, große werden rund."),
    ],
};

pub const RULE_30: Short = Short {
    title: title(
        "rule-30",
        "Rule 30",
        GENRES,
        "One cell, one line of logic, and no pattern that anybody has found: the automaton that made Stephen Wolfram doubt \
         that simple causes have simple effects.",
    ),
    seconds: 40,
    picture: Picture::Drawn(
        "cellauto=s=320x180:r=25:rule=30:pattern='@':full=0:scroll=1,scale=1920:1080:flags=neighbor,format=gbrp[cells];\
         gradients=s=320x180:r=25:n=3:seed=3:speed=0.01:c0=0xffba08:c1=0xe85d04:c2=0x9d0208,\
         scale=1920:1080,format=gbrp[light];[cells][light]blend=all_mode=multiply",
    ),
    score: Score::Ambient { seed: 30, root: 103.83, mood: Mood::Deep, bells: true },
    cues: &[
        cue(2, 8, "It begins with a single cell.", "Es beginnt mit einer einzigen Zelle."),
        cue(9, 16, "Each line follows from the three cells above.", "Jede Zeile folgt aus den drei Zellen darüber."),
        cue(17, 24, "The left side is orderly. The middle never is.", "Links herrscht Ordnung. In der Mitte nie."),
        cue(25, 32, "Its middle column passes for random numbers.", "Die mittlere Spalte taugt als Zufallszahlen."),
        cue(33, 39, "A thousand lines, and no repetition.", "Tausend Zeilen, und keine Wiederholung."),
    ],
};

pub const RULE_110: Short = Short {
    title: title(
        "rule-110",
        "Rule 110",
        GENRES,
        "Eight cases decide everything, and yet Matthew Cook proved that this line of cells can compute whatever any \
         computer can. Here it computes nothing in particular.",
    ),
    seconds: 32,
    picture: Picture::Drawn(
        "cellauto=s=320x180:r=25:rule=110:random_seed=5:random_fill_ratio=0.5:start_full=1:scroll=1,\
         scale=1280:720:flags=neighbor,format=gbrp[cells];\
         gradients=s=320x180:r=25:n=3:seed=8:speed=0.01:c0=0x94d2bd:c1=0x0a9396:c2=0x3a4fb0,\
         scale=1280:720,format=gbrp[light];[cells][light]blend=all_mode=multiply",
    ),
    score: Score::Ambient { seed: 110, root: 116.54, mood: Mood::Bright, bells: false },
    cues: &[
        cue(2, 8, "The first line is random.", "Die erste Zeile ist Zufall."),
        cue(9, 15, "A calm weave soon covers the field.", "Bald bedeckt ein ruhiges Gewebe das Feld."),
        cue(16, 22, "Across it travel things that keep their shape.", "Darüber wandern Dinge, die ihre Form behalten."),
        cue(23, 30, "When they meet, they compute.", "Wenn sie sich treffen, rechnen sie."),
    ],
};
