/**
 * What the page knows of a unit: its exemplars joined to what was said of it. A short line for the list, and the evidence
 * (beam and attention), which only its own view needs.
 */
import type { ExemplarLayer, ExemplarStore } from "../exemplars/store.js";
import type { Description, DescriptionsHeader, Meaning } from "../run/descriptions.js";
import { displayName } from "../run/layer-name.js";

/** One unit of the page. */
export interface PageUnit {
  readonly layer: ExemplarLayer;
  /** The layer's place in the store. */
  readonly layerPlace: number;
  readonly row: number;
  /** Ranks shown: those that have an image. The columns of `Description.attention` are these. */
  readonly ranks: readonly number[];
  readonly described: Description | undefined;
}

/** All units of a store in its order. @param exemplars most exemplars of a unit. */
export function pageUnits(store: ExemplarStore, descriptions: Descriptions, exemplars: number): PageUnit[] {
  return store.layers.flatMap((layer, layerPlace) =>
    layer.units.map((unit, row) => {
      const images = Array.from(layer.images.subarray(row * store.k, (row + 1) * store.k));
      const ranks = images.flatMap((image, rank) => (image < 0 ? [] : [rank])).slice(0, exemplars);
      return { layer, layerPlace, row, ranks, described: descriptions.of(layerPlace, unit) };
    }),
  );
}

/** Descriptions by unit. */
export class Descriptions<D extends Description = Description> {
  /** Descriptions of units that the store does not have. */
  readonly strangers: number;
  readonly #found = new Map<string, D>();

  constructor(store: ExemplarStore, descriptions: readonly D[]) {
    const places = new Map<string, number>();
    const names = (layer: ExemplarLayer) => [displayName(layer), ...layer.shortNames];
    store.layers.forEach((layer, place) => {
      for (const name of names(layer)) if (!places.has(name)) places.set(name, place);
    });
    store.layers.forEach((layer, place) => {
      places.set(layer.name, place);
    });
    const units = store.layers.map((layer) => new Set(layer.units));
    let strangers = 0;
    for (const item of descriptions) {
      const place = places.get(item.layer);
      if (place === undefined || !units[place].has(item.unit)) {
        strangers++;
        continue;
      }
      const key = `${place}/${item.unit}`;
      const before = this.#found.get(key);
      // several people may have described a unit
      this.#found.set(key, before ? { ...before, description: `${before.description} / ${item.description}` } : item);
    }
    this.strangers = strangers;
  }

  get size(): number {
    return this.#found.size;
  }

  of(layerPlace: number, unit: number): D | undefined {
    return this.#found.get(`${layerPlace}/${unit}`);
  }
}

/** The unit's line in the list; `meanings` only where there are several. @param places see `thumbnails`. */
export function listed({ layer, layerPlace, row, ranks, described }: PageUnit, k: number, places: Map<number, number>) {
  const unit = layer.units[row];
  const flaws = layer.flaws.filter((flaw) => flaw.unit === unit).map(({ flaw }) => flaw);
  return {
    layer: layerPlace,
    unit,
    text: described?.description ?? "",
    logp: rounded(described?.logp),
    logpLm: rounded(described?.logpLm),
    pmi: rounded(described?.pmi),
    confidence: rounded(described?.confidence),
    doubts: [...new Set([...flaws, ...(described?.doubts ?? [])])],
    level: rounded(layer.levels?.[row]),
    images: ranks.map((rank) => places.get(layer.images[row * k + rank])!),
    activations: ranks.map((rank) => rounded(layer.activations?.[row * k + rank])),
    ...(described?.meanings ? { meanings: described.meanings.map((meaning) => shownMeaning(meaning, ranks)) } : {}),
  };
}

/** A meaning with its exemplars as places among those shown. */
const shownMeaning = ({ description, share, exemplars }: Meaning, ranks: readonly number[]) => ({
  text: description,
  share: rounded(share),
  exemplars: exemplars.map((rank) => ranks.indexOf(rank)).filter((place) => place >= 0),
});

/** The unit's evidence: the beam as [description, log p(d|E), log p(d)], and for each word its attention in thousandths. */
export function evidenceOf({ described, ranks }: PageUnit) {
  return {
    beam: (described?.beam ?? []).map(({ description, logp, logpLm }) => [description, rounded(logp), rounded(logpLm)]),
    attention: (described?.attention ?? []).map((weights) =>
      weights.slice(0, ranks.length).map((weight) => Math.round(weight * 1000)),
    ),
  };
}

/**
 * The λ by which candidates were ranked; 0 when not by their PMI, null when there is none. Of descriptions whose making is not on record, that at which
 * log p(d|E) - λ log p(d) is their PMI, if beams are in its order.
 */
export function lambdaOf(descriptions: readonly Description[], header?: DescriptionsHeader): number | null {
  const sample = descriptions.flatMap(({ beam }) => beam).find(({ pmi, logpLm }) => pmi !== null && logpLm);
  if (!sample) return null;
  if (header?.search !== undefined) return header.search === "rerank" || header.search === "mi" ? header.lambda : 0;
  const isByPmi = descriptions.every(({ beam }) => beam.every(({ pmi }) => (pmi ?? 0) <= (beam[0].pmi ?? 0) + 1e-9));
  return isByPmi ? Math.round(((sample.logp - sample.pmi!) / sample.logpLm!) * 1e4) / 1e4 : 0;
}

/** Five significant digits; null for what is not a finite number. */
function rounded(value: number | null | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? Number(value.toPrecision(5)) : null;
}
