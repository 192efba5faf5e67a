/** What the catalogue says of a kind of thing, and how its tables are read. */
import type { TextureName } from "../labels/labels.js";

/** A kind of thing that is drawn from gathered art. */
export interface Noun {
  /** Most specific first: "dog", "animal". */
  readonly names: readonly string[];
  /** Names of drawings; each exists in several styles. */
  readonly icons: readonly string[];
  readonly material?: string;
  readonly shape?: string;
  /** A texture its surface always has, laid over the drawing. */
  readonly cover?: TextureName;
  /** It may be turned by so many degrees either way. */
  readonly turn: number;
  /** Whether it comes in all colours. */
  readonly dyed: boolean;
  /** Whether it has wheels that can be looked for. */
  readonly wheels: boolean;
}

type Traits = Partial<Pick<Noun, "material" | "shape" | "cover" | "turn" | "dyed" | "wheels">>;

/** Things of one kind: their drawings, separated by spaces, and in what they differ from their kind. */
export const kind = (
  kinds: readonly string[],
  common: Traits,
  things: Readonly<Record<string, string | readonly [icons: string, traits: Traits]>>,
): Record<string, Noun> =>
  Object.fromEntries(
    Object.entries(things).map(([name, entry]) => {
      const [icons, traits] = typeof entry === "string" ? [entry, {}] : entry;
      const names = [name, ...kinds.filter((other) => other !== name)];
      return [name, { names, icons: icons.split(" "), turn: 10, dyed: false, wheels: false, ...common, ...traits }];
    }),
  );
