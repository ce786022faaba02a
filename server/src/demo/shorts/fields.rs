//! Shorts of colour alone.

use super::{Picture, Short, title};
use crate::demo::{
    captions::cue,
    score::{Mood, Score},
};

pub const SLOW_GRADIENTS: Short = Short {
    title: title(
        "slow-gradients",
        "Slow Gradients",
        &["Procedural", "Abstract", "Short"],
        "Five colours, from midnight blue to amber, turn around each other for half a minute. Nothing else happens, and \
         it takes its time.",
    ),
    seconds: 30,
    picture: Picture::Drawn(
        "gradients=s=320x180:r=24:n=5:seed=11:speed=0.012:c0=0x0b1026:c1=0x274690:c2=0x8b3a8f:c3=0xe0684b:c4=0xf6c177,\
         scale=1280:720:flags=bicubic,vignette=PI/5",
    ),
    score: Score::Ambient { seed: 11, root: 110.0, mood: Mood::Bright, bells: true },
    cues: &[
        cue(2, 7, "Five colours on a line.", "Fünf Farben auf einer Linie."),
        cue(8, 14, "Between them, every shade is computed.", "Jeder Ton dazwischen ist berechnet."),
        cue(15, 21, "The line turns, a little with every picture.", "Die Linie dreht sich, mit jedem Bild ein wenig."),
        cue(22, 28, "That is the whole film.", "Das ist der ganze Film."),
    ],
};

pub const PLASMA: Short = Short {
    title: title(
        "plasma",
        "Plasma",
        &["Procedural", "Abstract", "Short"],
        "The oldest trick of the demo scene: add four sine waves, look the sum up in a table of colours, and let time run.",
    ),
    seconds: 30,
    picture: Picture::Drawn(
        "color=black:s=160x90:r=24,format=gray,\
         geq=lum='128+31*(sin(X/11+T)+sin((Y+10*sin(T/3))/8-T*0.7)+sin((X+Y)/15+T*1.1)\
         +sin(hypot(X-80\\,Y-45)/6.5-T*1.3))',\
         scale=1280:720:flags=bicubic,format=gbrp,pseudocolor=p=plasma,vignette=PI/6",
    ),
    score: Score::Ambient { seed: 5, root: 98.0, mood: Mood::Bright, bells: false },
    cues: &[
        cue(2, 8, "Four waves: across, down, aslant, and in rings.", "Vier Wellen: quer, abwärts, schräg und in Ringen."),
        cue(9, 15, "At each point their heights are added.", "An jedem Punkt werden ihre Höhen addiert."),
        cue(16, 22, "The sum picks a colour, violet to yellow.", "Die Summe wählt eine Farbe, von Violett bis Gelb."),
        cue(23, 28, "Home computers did this in the eighties.", "Heimcomputer konnten das schon in den Achtzigern."),
    ],
};

pub const KALEIDOSCOPE: Short = Short {
    title: title(
        "kaleidoscope",
        "Kaleidoscope",
        &["Procedural", "Abstract", "Short"],
        "A turning gradient between two mirrors. One quarter of the picture is drawn; the other three are reflections.",
    ),
    seconds: 30,
    picture: Picture::Drawn(
        "gradients=s=420x420:r=24:n=7:seed=21:speed=0.015:c0=0x03071e:c1=0x9d0208:c2=0xf48c06:c3=0x03071e:c4=0x023e8a:\
         c5=0x48cae4:c6=0x03071e,rotate=a=t/7,crop=320:180,split[a][b];[b]hflip[c];[c][a]hstack,split[d][e];\
         [e]vflip[f];[f][d]vstack,scale=1280:720:flags=bicubic,vignette=PI/6",
    ),
    score: Score::Ambient { seed: 21, root: 123.47, mood: Mood::Dusk, bells: true },
    cues: &[
        cue(2, 8, "Only the lower right quarter is drawn.", "Nur das Viertel unten rechts ist gezeichnet."),
        cue(9, 15, "One mirror stands upright in the middle.", "Ein Spiegel steht senkrecht in der Mitte."),
        cue(16, 22, "Another one lies across.", "Ein zweiter liegt quer dazu."),
        cue(23, 28, "Symmetry does the rest.", "Den Rest macht die Symmetrie."),
    ],
};
