/** What annotators are told (paper, appendix A, in substance): on the studio's page, in a batch for Mechanical Turk, and above the qualification. */

export const STEPS = [
  "Each picture has a bright part; the rest of it is darkened. Look at the bright parts of all the pictures.",
  "Say in one sentence what the bright parts have in common: objects, parts of objects, materials, colours, places, or what is going on.",
  "Be as specific as you can while it is still true of most of them; if some differ, say what most of them are, or name both kinds.",
  "Write of what can be seen there, not of the pictures or of how they are shown.",
] as const;

/** Descriptions to take after, or not. */
export const EXAMPLES = [
  { text: "the wheels of old cars", good: true, why: "says what is there, and as closely as it can" },
  {
    text: "the top edges of dark objects against the sky",
    good: true,
    why: "a place in the picture can be what they share",
  },
  { text: "dog faces, and some cat faces", good: true, why: "two kinds, the commoner one first" },
  { text: "the highlighted parts show wheels", good: false, why: "speaks of the highlighting: “wheels” says it all" },
  { text: "various things", good: false, why: "true of any pictures" },
  { text: "a man on a horse", good: false, why: "is in one of the pictures, not what they have in common" },
] as const;
