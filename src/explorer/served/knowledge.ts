/** What is worked out about the descriptions of a run when somebody first asks for it, and kept: some 1 KB a unit. */
import type { WordVectors } from "../../studies/analysis/criteria.js";
import { tellingWords } from "../../studies/audit/diff.js";
import { type Clusters, clustersOf } from "./clusters.js";
import { nearnessBy } from "./nearness.js";
import { DescriptionLikeness, ExemplarLikeness } from "./neighbours.js";
import { inSlices, type PartOfSpeech, SPEECH, sharedSyntax, type TaggedWord, tagTexts } from "./parts-of-speech.js";
import { type Nearness, Search } from "./search.js";
import { descriptionOf, type ServedRun } from "./served-run.js";
import { doubtCounts, frequentWords, layerStatistics, type Statistics } from "./statistics.js";

/** Which units' descriptions have which parts of speech. */
export interface Speech {
  has(at: number, part: PartOfSpeech): boolean;
}

export class Knowledge {
  readonly #run: ServedRun;
  readonly #vectors: WordVectors | undefined;
  #search: Search | undefined;
  #tagged: Promise<readonly (readonly TaggedWord[])[]> | undefined;
  #speech: Promise<Speech> | undefined;
  #clusters: Promise<Clusters> | undefined;
  #nearness: Promise<Nearness> | undefined;
  #telling: Promise<ReadonlyMap<string, readonly string[]>> | undefined;
  #statistics: Promise<Statistics> | undefined;
  #byDescription: DescriptionLikeness | undefined;
  #byExemplars: ExemplarLikeness | undefined;

  /** @param vectors of words of the descriptions, where there are any. */
  constructor(run: ServedRun, vectors?: WordVectors) {
    this.#run = run;
    this.#vectors = vectors;
  }

  search(): Search {
    return (this.#search ??= new Search(this.#run.units));
  }

  /** The words of every unit's description, by its place. */
  tagged(): Promise<readonly (readonly TaggedWord[])[]> {
    this.#tagged ??= this.#tag();
    return this.#tagged;
  }

  async #tag(): Promise<readonly (readonly TaggedWord[])[]> {
    const texts = this.#run.units.map(descriptionOf);
    const byText = await tagTexts(new Set(texts));
    return texts.map((text) => byText.get(text)!);
  }

  speech(): Promise<Speech> {
    this.#speech ??= this.tagged().then((tagged) => {
      const bits = Uint8Array.from(tagged, (words) =>
        words.reduce((all, { speech }) => (speech === undefined ? all : all | (1 << SPEECH.indexOf(speech))), 0),
      );
      return { has: (at, part) => (bits[at] & (1 << SPEECH.indexOf(part))) !== 0 };
    });
    return this.#speech;
  }

  clusters(): Promise<Clusters> {
    this.#clusters ??= this.tagged().then(clustersOf);
    return this.#clusters;
  }

  /** What words of the descriptions mean the same as another word, are kinds of it, or are near to it. */
  nearness(): Promise<Nearness> {
    this.#nearness ??= nearnessBy(this.search().vocabulary, this.#vectors);
    return this.#nearness;
  }

  /** The words that say what is seen, of every different description. */
  telling(): Promise<ReadonlyMap<string, readonly string[]>> {
    this.#telling ??= sharedSyntax().then((syntax) =>
      inSlices(new Set(this.#run.units.map(descriptionOf)), (text) => tellingWords(text, syntax)),
    );
    return this.#telling;
  }

  /** What the dashboard says of descriptions. */
  statistics(): Promise<Statistics> {
    this.#statistics ??= this.tagged().then((tagged) => ({
      layers: layerStatistics(this.#run, tagged),
      words: frequentWords(tagged),
      doubts: doubtCounts(this.#run.units),
    }));
    return this.#statistics;
  }

  byDescription(): DescriptionLikeness {
    return (this.#byDescription ??= new DescriptionLikeness(this.#run.units, this.#vectors));
  }

  byExemplars(): ExemplarLikeness {
    return (this.#byExemplars ??= new ExemplarLikeness(this.#run));
  }
}
