/** Who there is in the made world: heads and figures, each in five skin tones. */
/** A person that is drawn in several skin tones. */
export interface PersonNoun {
  readonly names: readonly string[];
  readonly icons: readonly string[];
  /** Whether the drawing is a head, or a whole figure that stands on the ground. */
  readonly whole: boolean;
  /** Their faces cannot be told from the rest of their skin, or are hidden. */
  readonly faceless?: boolean;
}

export const TONES = ["light", "medium-light", "medium", "medium-dark", "dark"] as const;

/** @param names separated by spaces, those of two words joined by "_". */
const person = (whole: boolean, names: string, icons: string): PersonNoun => ({
  names: [...names.split(" "), "person"].filter((name) => name !== "").map((name) => name.replace("_", " ")),
  icons: icons.split(" "),
  whole,
});

export const PEOPLE: readonly PersonNoun[] = [
  person(false, "man", "man man-beard man-bald person-wearing-turban"),
  person(false, "woman", "woman woman-with-headscarf"),
  person(false, "boy child", "boy"),
  person(false, "girl child", "girl"),
  person(false, "baby child", "baby"),
  person(false, "man", "old-man"),
  person(false, "woman", "old-woman"),
  person(false, "", "construction-worker police-officer farmer cook"),
  person(true, "man", "man-standing man-walking"),
  person(true, "woman", "woman-standing woman-walking woman-dancing"),
  person(true, "", "person-running person-bouncing-ball"),
];

/** Who is looked at in `world-people`, by class: heads. */
export const PORTRAITS = {
  man: person(false, "man", "man man-beard man-bald person-wearing-turban"),
  woman: person(false, "woman", "woman woman-with-headscarf"),
  boy: person(false, "boy child", "boy"),
  girl: person(false, "girl child", "girl"),
  baby: person(false, "baby child", "baby"),
  "old man": person(false, "old_man man", "old-man"),
  "old woman": person(false, "old_woman woman", "old-woman"),
  "police officer": person(false, "police_officer", "police-officer"),
  "construction worker": person(false, "construction_worker", "construction-worker"),
  farmer: person(false, "farmer", "farmer"),
  cook: person(false, "cook", "cook"),
  teacher: person(false, "teacher", "teacher"),
} as const satisfies Readonly<Record<string, PersonNoun>>;

/** People who do something that belongs to a place. */
export const ACTORS: Readonly<Record<string, PersonNoun>> = {
  cyclist: person(true, "cyclist", "person-biking"),
  surfer: { ...person(true, "surfer", "person-surfing"), faceless: true },
  swimmer: { ...person(true, "swimmer", "person-swimming"), faceless: true },
  skier: { ...person(true, "skier", "snowboarder"), faceless: true },
  runner: person(true, "runner", "person-running"),
  farmer: person(false, "farmer", "farmer"),
  cook: person(false, "cook", "cook"),
  teacher: person(false, "teacher", "teacher"),
};
