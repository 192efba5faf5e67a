/** What pages say of doubts: the one thing besides types that the pages of `web/` take from here. */
import type { Doubt } from "../run/descriptions.js";

/** Of each doubt a name of a few words, and a sentence for whoever reads the description. */
export const DOUBT_WORDS: Readonly<Record<Doubt, readonly [name: string, sentence: string]>> = {
  nan: [
    "not a number",
    "Some of this unit’s activations are not numbers, so its exemplars mean nothing and nothing can be said.",
  ],
  constant: [
    "never varies",
    "This unit has the same activation for every image: no image excites it more than another, so nothing can be said.",
  ],
  "no-exemplars": [
    "nothing above its level",
    "In no exemplar does anything exceed this unit’s level, so nothing can be said.",
  ],
  undecodable: ["describer failed", "The describer’s own numbers broke down on this unit, so nothing can be said."],
  speechless: ["no words", "The describer knows no word for these exemplars: it stops at once."],
  unsupported: [
    "not supported",
    "Do not trust this description: the exemplars make it less likely than it is without them, log p(d|E) < log p(d).",
  ],
  tied: [
    "exemplars by chance",
    "All exemplars activate this unit equally, as may others: they are the first of those images, not the best.",
  ],
  "few-masks": [
    "few masks",
    "In more than half of the exemplars nothing exceeds the unit’s level; the description rests on the few others.",
  ],
  outvoted: [
    "true of a few",
    "No more than a third of the exemplars, each by itself, make this description likelier than it is without any.",
  ],
  unfinished: ["cut short", "The description was cut at the greatest length; its end is missing."],
  "unknown-word": ["unknown word", "The describer used a word that it does not know itself; it is left out here."],
  vague: ["says nothing", "No word of this description tells the unit from others."],
  scattered: [
    "one of many",
    "The describer might as well have said many other things: few of its other candidates share words with this one.",
  ],
  contradicted: [
    "pixels say otherwise",
    "The colours, lines or places of this description are not those under the masks, and no other candidate did better.",
  ],
  minority: [
    "true of a minority",
    "The colours or places of this description are those of less than half of what is masked.",
  ],
  unfamiliar: [
    "unfamiliar exemplars",
    "The exemplars are unlike those the describer learned from; trust what it says less.",
  ],
  "many-meanings": [
    "several meanings",
    "These exemplars form groups of which different things are said; one description for all may fit none of them.",
  ],
  "cannot-tell": [
    "predicts no better than others",
    "On images the run has not seen, other descriptions predict this unit as well, or this one predicts other units as well.",
  ],
};
