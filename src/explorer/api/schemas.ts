/**
 * What the explorer's API says and takes: one schema a thing, from which the OpenAPI document, the checks of requests and the page's types all
 * come. Layers are named by their place in the run (`layer`, from 0), units by their number in the layer, pictures by their number in the
 * run's exemplars. Numbers that a run does not know are null. All logarithms are natural.
 *
 * Addresses, as the page asks for them (`src/web/explorer/client.ts`), below `/api/runs`:
 * - `GET ` the runs; `GET RUN/units?UnitQuery` a list; `GET RUN/units/LAYER/UNIT?UnitQuery` a unit, `previous` and `next` those of that list;
 *   below it `neighbours`, `effect`;
 * - `GET RUN/images/IMAGE` a picture; `GET RUN/units/LAYER/UNIT/strip?count=5` the first exemplars under their masks, beside one another;
 *   `…/masks?quantile=0.99` a PNG of all exemplars' masks, white on black, one below the other; `…/heat` the same of their activations, from
 *   0 (black) to the unit's highest;
 * - `GET RUN/clusters`, `GET RUN/dashboard`, `GET /api/compare?a=RUN&b=RUN`;
 * - `POST RUN/probe` (bytes of a picture) gives a `Probe`; below `GET RUN/probes/PICTURE`, for a while, `image` as the network saw it, and
 *   `units/LAYER/UNIT/mask` and `units/LAYER/UNIT/heat`, PNGs like those of an exemplar; after that 404: give it again;
 * - `POST RUN/ablate`, `POST RUN/reviews`; `POST RUN/edit` gives the edited model's file, to be saved.
 */
import { z } from "@hono/zod-openapi";
import { DOUBTS } from "../../run/descriptions.js";

const real = z.number().nullable();
const place = z.int().min(0);

export const Failure = z.object({ error: z.string() }).openapi("Failure");

export const Layer = z
  .object({
    place,
    /** The tensor's name, and the one to show. */
    name: z.string(),
    display: z.string(),
    units: z.int(),
    described: z.int(),
    /** Height and width of its activation maps; null where a run keeps masks alone (MILANNOTATIONS). */
    map: z.tuple([z.int(), z.int()]).nullable(),
  })
  .openapi("Layer");

/** What can be asked of a run besides looking: the reason why not, in a sentence, or null where it can. */
const refusal = z.string().nullable();

export const Run = z
  .object({
    id: z.string(),
    name: z.string(),
    /** Of its pictures and masks: with `?v=` and this, their addresses may be cached for ever. */
    version: z.string(),
    folder: z.string(),
    model: z.string().nullable(),
    k: z.int(),
    /** Size of pictures and masks, in pixels. */
    height: z.int(),
    width: z.int(),
    quantile: real,
    units: z.int(),
    described: z.int(),
    describer: z.string().nullable(),
    /** The λ by which candidates were ranked; 0: not by PMI; null: no language model. */
    lambda: real,
    layers: z.array(Layer),
    /** Showing pictures; masks at other levels and heat maps; running the model on other pictures; class probabilities with units silent. */
    cannot: z.object({ pictures: refusal, relevel: refusal, probe: refusal, ablate: refusal }),
    /** Names of the classes, where known. */
    classes: z.array(z.string()).nullable(),
    /** Names of the parts of speech and doubts that occur, for filters. */
    doubts: z.array(z.enum(DOUBTS)),
  })
  .openapi("Run");

export const UnitLine = z
  .object({
    layer: place,
    unit: place,
    text: z.string(),
    pmi: real,
    logp: real,
    logpLm: real,
    confidence: real,
    /** Share of the exemplars by each of which the description is likelier than without any; null where they were not asked. */
    support: real,
    doubts: z.array(z.enum(DOUBTS)),
    verdict: z.enum(["yes", "no", "unsure"]).nullable(),
    /** How many exemplars it has. */
    exemplars: z.int(),
  })
  .openapi("UnitLine");

export const SORTS = ["layer", "relevance", "pmi", "confidence", "logp", "text", "length"] as const;

/** Filters of a list of units; as the page's address has them. */
export const UnitQuery = z.object({
  /** Words and beginnings of words; all must occur, singular and plural alike; with `meaning`, near words too. */
  q: z.string().max(200).default(""),
  meaning: z.enum(["0", "1"]).default("0"),
  /** Places of layers, with commas; empty: all. */
  layers: z
    .string()
    .regex(/^(\d+(,\d+)*)?$/)
    .default(""),
  /** Only units with (`doubted`) or without (`certain`) doubts, or with one doubt. */
  doubt: z.enum(["any", "certain", "doubted", ...DOUBTS]).default("any"),
  verdict: z.enum(["any", "none", "yes", "no", "unsure"]).default("any"),
  /** Only descriptions with such a word. */
  speech: z.enum(["any", "noun", "verb", "adjective", "adposition"]).default("any"),
  /** Only units of one cluster of meanings, see `Cluster`; -1: all. */
  cluster: z.coerce.number().int().min(-1).default(-1),
  minConfidence: z.coerce.number().min(0).max(1).default(0),
  sort: z.enum(SORTS).default("layer"),
  descending: z.enum(["0", "1"]).default("0"),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const UnitList = z
  .object({ total: z.int(), offset: z.int(), milliseconds: z.number(), units: z.array(UnitLine) })
  .openapi("UnitList");

export const CandidateLine = z
  .object({
    text: z.string(),
    logp: real,
    logpLm: real,
    pmi: real,
    /** Median over the exemplars of log p(d|e), each by itself; null where they were not asked. */
    alone: real,
    contradicted: z.boolean(),
  })
  .openapi("Candidate");

export const ExemplarLine = z
  .object({ rank: place, image: z.int(), activation: real, name: z.string().nullable() })
  .openapi("Exemplar");

export const UnitPage = UnitLine.extend({
  level: real,
  /** Best first. */
  beam: z.array(CandidateLine),
  /** Words of the description, and the captioner's weights over the exemplars, 0 to 1: [word][rank]. */
  words: z.array(z.string()),
  attention: z.array(z.array(z.number())),
  exemplars: z.array(ExemplarLine),
  meanings: z.array(z.object({ text: z.string(), share: z.number(), ranks: z.array(z.int()) })),
  /** [quantile, level] at ascending quantiles, up to the largest activation at 1; the first is the lowest that the run knows. Empty: unknown. */
  quantiles: z.array(z.tuple([z.number(), z.number()])),
  /** All the unit's activations in bins of equal width: the largest counted, the others (below the run's level) estimated from a sample. */
  histogram: z.object({ edges: z.array(z.number()), counts: z.array(z.int()), total: z.number() }).nullable(),
  review: z
    .object({ verdict: z.enum(["yes", "no", "unsure"]), note: z.string(), reviewer: z.string(), date: z.string() })
    .nullable(),
  /** Its neighbours in the current order of the run, for paging: [layer, unit]. */
  previous: z.tuple([place, place]).nullable(),
  next: z.tuple([place, place]).nullable(),
}).openapi("Unit");

export const Neighbour = UnitLine.extend({ likeness: z.number() }).openapi("Neighbour");
export const Neighbours = z
  .object({
    /** By their descriptions' words, cosine of TF-IDF (or of word vectors, where there are any). */
    byDescription: z.array(Neighbour),
    /** By shared exemplars: overlap of pictures, weighted by rank. */
    byExemplars: z.array(Neighbour),
  })
  .openapi("Neighbours");

export const ClassShare = z.object({ class: place, name: z.string(), before: z.number(), after: z.number() });

export const UnitRef = z.object({ layer: place, unit: place }).openapi("UnitRef");

/** What silencing a unit does to its own exemplars. */
export const Effect = z
  .object({
    images: z.int(),
    /** Pictures whose answer changes. */
    changed: z.int(),
    /** Classes whose mean probability changes most, either way. */
    classes: z.array(ClassShare),
  })
  .openapi("Effect");

/** A picture that the visitor brought: run through the model, kept in memory for a while under `picture`. */
export const Probe = z
  .object({
    picture: z.string(),
    /** The largest; none where the network is no classifier. */
    classes: z.array(z.object({ class: place, name: z.string(), share: z.number() })),
    /**
     * Described units whose mask is not empty, 200 at most: by how high this picture would stand among their exemplars, then by how far they exceed
     * their level, in shares of how far their strongest exemplar does.
     */
    fired: z.array(
      UnitLine.extend({
        activation: z.number(),
        level: z.number(),
        /** Of the picture, 0 to 1. */
        above: z.number(),
        /** How many of the unit's exemplars are weaker. */
        outranks: z.int(),
      }),
    ),
    /** How many there are in all. */
    total: z.int(),
  })
  .openapi("Probe");

export const AblationRequest = z
  .object({
    units: z.array(UnitRef).min(1).max(20_000),
    /** A picture brought by `probe`, or a number of one of the run's. */
    picture: z.union([z.string().max(100), z.int().min(0)]),
  })
  .openapi("AblationRequest");
export const Ablation = z.object({ classes: z.array(ClassShare) }).openapi("Ablation");

export const EditRequest = z.object({ units: z.array(UnitRef).min(1).max(20_000) }).openapi("EditRequest");

export const ReviewRequest = UnitRef.extend({
  verdict: z.enum(["yes", "no", "unsure"]),
  note: z.string().max(2000).default(""),
  reviewer: z.string().max(100).default(""),
}).openapi("ReviewRequest");

/** A verdict as it is kept: on a unit and its description; another description wants another verdict. */
export const Review = z
  .object({
    /** The tensor's name. */
    layer: z.string(),
    unit: place,
    description: z.string(),
    verdict: z.enum(["yes", "no", "unsure"]),
    note: z.string(),
    reviewer: z.string(),
    /** ISO 8601. */
    date: z.string(),
  })
  .openapi("Review");

/** Units whose descriptions belong together: by their most telling word. */
export const Cluster = z.object({ cluster: place, name: z.string(), units: z.int() }).openapi("Cluster");

export const Dashboard = z
  .object({
    /** By layer: units, different words, words a description, share of nouns, adjectives, prepositions, verbs; mean confidence; doubted units. */
    layers: z.array(
      z.object({
        layer: z.string(),
        units: z.int(),
        words: z.int(),
        length: z.number(),
        nouns: z.number(),
        adjectives: z.number(),
        prepositions: z.number(),
        verbs: z.number(),
        confidence: real,
        doubted: z.int(),
      }),
    ),
    words: z.array(z.object({ word: z.string(), units: z.int() })),
    doubts: z.array(z.object({ doubt: z.enum(DOUBTS), units: z.int() })),
    clusters: z.array(Cluster),
    /** Figures that studies left in the run. */
    figures: z.array(z.object({ id: z.string(), title: z.string(), type: z.enum(["image/svg+xml", "image/png"]) })),
  })
  .openapi("Dashboard");

/** Two runs side by side. */
export const Comparison = z
  .object({
    /** Words that descriptions of one have more often than those of the other, with the false discovery rate. */
    words: z.array(
      z.object({ word: z.string(), a: z.int(), b: z.int(), shareA: z.number(), shareB: z.number(), q: z.number() }),
    ),
    /** Pairs of layers with the same name: units described, and with the same description (same number in both). */
    layers: z.array(z.object({ display: z.string(), a: z.int(), b: z.int(), same: z.int() })),
  })
  .openapi("Comparison");
