/**
 * The words of a world's concepts, and which of them a description uses. Words are matched in singular and plural, nothing more:
 * no synonyms but those the world lists, no word order, no negation.
 */

/** Words that say nothing of what is in a picture. */
const FUNCTION_WORDS = new Set(
  "a an the of in on at to by with from for and or as is are be it its that this these those".split(" "),
);

const wordsOf = (text: string): string[] => text.toLowerCase().match(/\p{L}+/gu) ?? [];

export class ConceptWords {
  /** [thing]: the numbers of its words. */
  readonly things: readonly ReadonlySet<number>[];
  readonly #numbers = new Map<string, number>();

  /** @param names of each thing, in one order for the whole world. Words that are true of the same things are one word. */
  constructor(names: readonly (readonly string[])[]) {
    const users = new Map<string, number[]>();
    for (const [thing, list] of names.entries()) {
      for (const word of new Set(list.flatMap(wordsOf))) {
        const known = users.get(word);
        if (known) known.push(thing);
        else users.set(word, [thing]);
      }
    }
    const numberOf = new Map<string, number>();
    const things = names.map(() => new Set<number>());
    for (const [word, list] of users) {
      const key = list.join(" ");
      const number = numberOf.get(key) ?? numberOf.size;
      numberOf.set(key, number);
      this.#numbers.set(word, number);
      for (const thing of list) things[thing].add(number);
    }
    this.things = things;
  }

  /** The numbers of the known words of a description, rising, each once; and the words that are not known. */
  read(description: string): { readonly known: readonly number[]; readonly unknown: readonly string[] } {
    const known = new Set<number>();
    const unknown: string[] = [];
    for (const word of wordsOf(description)) {
      const form = formsOf(word).find((each) => this.#numbers.has(each));
      if (form !== undefined) known.add(this.#numbers.get(form)!);
      else if (!FUNCTION_WORDS.has(word)) unknown.push(word);
    }
    return { known: [...known].sort((a, b) => a - b), unknown: [...new Set(unknown)] };
  }
}

/** A word, and what its singular or plural may be. */
function formsOf(word: string): string[] {
  const forms = [word, `${word}s`];
  if (word.endsWith("ies")) forms.push(`${word.slice(0, -3)}y`);
  if (word.endsWith("s")) forms.push(word.slice(0, -1));
  if (word.endsWith("es")) forms.push(word.slice(0, -2));
  return forms;
}
