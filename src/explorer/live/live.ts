/**
 * What runs a run's model for visitors: a picture of theirs, units silenced, the edited model. One `Live` for each run; all of them share the
 * turns and the memory for pictures (`LiveHouse`).
 *
 * Memory: of the two models used last, the file and up to three sessions, each with the weights once; 256 MB of pictures' maps for all runs.
 */
import { randomUUID } from "node:crypto";
import type { z } from "@hono/zod-openapi";
import { messageOf, UserError } from "../../base/errors.js";
import { inlined } from "../../engine/onnx/model.js";
import { encodePieces, modelBytes } from "../../engine/onnx/write.js";
import type { Arrays } from "../../engine/runtime/session.js";
import type { Run } from "../../run/run.js";
import { silence } from "../../studies/editing/silence.js";
import type { Ablation, Effect, Probe, UnitLine, UnitRef } from "../api/schemas.js";
import { EffectTally } from "./effect-tally.js";
import { firedUnits } from "./fired.js";
import { cannotSee, type Network, type NetworkOptions, nameIn, openNetwork } from "./network.js";
import { Passes, type Silent } from "./passes.js";
import { changes, largest, MOST_CLASSES, sharesOf } from "./shares.js";
import { Shelf } from "./shelf.js";
import { Turns } from "./turns.js";
import { readUpload } from "./upload.js";

/** What is shown of a run elsewhere, and needed here. */
export interface ShownRun {
  readonly run: Run;
  /** A picture of the run, uint8 [3, height, width]. */
  picture(id: number): Promise<Uint8Array>;
  /** What is said of a unit; empty where nothing is. @param layer its place in the run. @param row in the layer. */
  text(layer: number, row: number): string;
  /** Units as lists have them. */
  lines(units: readonly { layer: number; row: number }[]): Promise<z.infer<typeof UnitLine>[]>;
}

/** Something that is not there, or no longer. */
export class Missing extends UserError {}

/** The run's model cannot be asked that: it is gone, another one, no classifier. */
export class Refused extends UserError {}

/** A picture that the network has seen. */
interface Seen {
  /** uint8 [3, height, width]. */
  readonly pixels: Uint8Array;
  /** By layer, float32 [row, y, x]; none for pictures of the run, whose maps are on disk. */
  readonly maps: readonly Float32Array[];
  /** By where passes start: what they begin with, and what is said with no unit silent. */
  readonly begun: Map<number, { readonly border: Arrays; readonly said: Float32Array }>;
  readonly bytes: number;
}

const MOST_PICTURES = 64;
const PICTURE_BYTES = 256 * 2 ** 20;
const MOST_WAITING = 32;
const MOST_MODELS = 2;
/** Of the answer to a picture. */
const MOST_FIRED = 200;
const MOST_EFFECTS = 5000;
/** Pictures a pass: no other request is answered meanwhile. */
const PICTURES_A_PASS = 3;
/** Protobuf, and so browsers' memory for one file, cannot hold more. */
const LARGEST_DOWNLOAD = 2 ** 31 - 1;

/** What all runs of a server share. */
export class LiveHouse {
  readonly turns = new Turns(MOST_WAITING);
  readonly pictures = new Shelf<Seen>(MOST_PICTURES, PICTURE_BYTES);
  readonly #open = new Set<Live>();

  /** Notes that a run's model is in use, and closes those that have not been for longest. To be called in a turn. */
  async use(live: Live): Promise<void> {
    this.#open.delete(live);
    this.#open.add(live);
    for (const other of this.#open) {
      if (this.#open.size <= MOST_MODELS) return;
      this.#open.delete(other);
      await other.close();
    }
  }
}

interface Opened {
  readonly network: Network;
  readonly passes: Passes;
}

export class Live {
  readonly #shown: ShownRun;
  readonly #options: NetworkOptions;
  readonly #house: LiveHouse;
  readonly #effects = new Map<string, z.infer<typeof Effect>>();
  #opened: Promise<Opened> | undefined;

  constructor(shown: ShownRun, options: NetworkOptions, house: LiveHouse) {
    this.#shown = shown;
    this.#options = options;
    this.#house = house;
  }

  /** What cannot be done with the run, in a sentence each, and the names of its classes. Opens the model, and lets it go again. */
  async facts(): Promise<{ probe: string | null; ablate: string | null; classes: readonly string[] | null }> {
    try {
      const { notClassifier, classes } = await openNetwork(this.#shown.run, this.#options);
      return { probe: null, ablate: notClassifier, classes };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const reason = cannotSee(this.#shown.run) ?? messageOf(error);
      return { probe: reason, ablate: reason, classes: null };
    }
  }

  /** Shows the network a visitor's picture and keeps it for a while. @param bytes of the uploaded file. */
  async probe(bytes: Uint8Array, signal?: AbortSignal): Promise<z.infer<typeof Probe>> {
    const { run } = this.#shown;
    const size = sizeOf(run);
    return this.#turn(signal, async ({ network, passes }) => {
      const pixels = await readUpload(bytes, run.manifest.preprocessing!);
      const { maps, said } = await passes.see(pixels);
      const id = randomUUID();
      this.#house.pictures.put(this.#key(id), seen(pixels, maps));
      const fired = firedUnits(run.layers, maps, size, (layer, row) => this.#shown.text(layer, row) !== "");
      const most = fired.slice(0, MOST_FIRED);
      const lines = await this.#shown.lines(most);
      return {
        picture: id,
        classes: said ? this.#classes(network, said) : [],
        fired: most.map(({ layer: _, row: __, ...facts }, i) => ({ ...lines[i], ...facts })),
        total: fired.length,
      };
    });
  }

  /** A visitor's picture as the network saw it, uint8 [3, height, width]. Errors: `Missing` when it is not kept any more. */
  pixels(picture: string): Uint8Array {
    return this.#seen(picture).pixels;
  }

  /** A unit's map on a visitor's picture, float32 [height, width], and its level. Errors: `Missing`. */
  map(picture: string, ref: z.infer<typeof UnitRef>) {
    const { maps } = this.#seen(picture);
    const { layer, row } = this.#find(ref);
    const { height, width, levels, activations, ids, unitNumbers } = layer;
    const cells = height * width;
    const k = ids.length / unitNumbers.length;
    return {
      map: maps[ref.layer].subarray(row * cells, (row + 1) * cells),
      shape: [height, width] as const,
      level: levels[row],
      /** What its strongest exemplar has. */
      most: activations[row * k],
    };
  }

  /** Class probabilities of a picture before and after units are silenced: those that are largest before or after. */
  async ablate(
    units: readonly z.infer<typeof UnitRef>[],
    picture: string | number,
    signal?: AbortSignal,
  ): Promise<z.infer<typeof Ablation>> {
    const silent = this.#silent(units);
    return this.#turn(signal, async (opened) => {
      const { network, passes } = classifying(opened);
      const seen = typeof picture === "string" ? this.#seen(picture) : await this.#own(picture);
      const start = passes.start(silent);
      const { border, said } = await this.#begin(passes, seen, start ?? 0);
      const before = sharesOf(said, network.saying);
      const after =
        start === undefined ? before : sharesOf(await passes.silenced(border, 1, start, silent), network.saying);
      const shown = new Set([...largest(before, MOST_CLASSES), ...largest(after, MOST_CLASSES)]);
      return { classes: changes([...shown], before, after, nameIn(network)) };
    });
  }

  /** What silencing a unit does to its own exemplars. */
  async effect(ref: z.infer<typeof UnitRef>, signal?: AbortSignal): Promise<z.infer<typeof Effect>> {
    const key = `${ref.layer}/${ref.unit}`;
    const known = this.#effects.get(key);
    if (known) return known;
    const { layer, row } = this.#find(ref);
    const k = layer.ids.length / layer.unitNumbers.length;
    const ids = [...layer.ids.subarray(row * k, (row + 1) * k)].filter((id) => id >= 0);
    const silent: Silent = new Map([[ref.layer, [ref.unit]]]);
    let tally: EffectTally | undefined;
    for (let first = 0; first === 0 || first < ids.length; first += PICTURES_A_PASS) {
      const some = ids.slice(first, first + PICTURES_A_PASS);
      await this.#turn(signal, async (opened) => {
        const { network, passes } = classifying(opened);
        tally ??= new EffectTally(network);
        if (some.length === 0) return;
        const pixels = joined(await Promise.all(some.map((id) => this.#shown.picture(id))));
        const start = passes.start(silent);
        const { border, said } = await passes.begin(pixels, start ?? 0);
        tally.add(said, start === undefined ? said : await passes.silenced(border, some.length, start, silent));
      });
    }
    const effect = tally!.done();
    if (this.#effects.size >= MOST_EFFECTS) this.#effects.clear();
    this.#effects.set(key, effect);
    return effect;
  }

  /** The model with units silenced: the bytes of an ONNX file in pieces, the weights uncopied. Errors: `UserError` beyond 2 GB. */
  async edited(units: readonly z.infer<typeof UnitRef>[]): Promise<{ pieces: Uint8Array[]; bytes: number }> {
    const network = await this.#turn(undefined, async (opened) => opened.network);
    const layers = new Map(network.layers.map(({ place, layer }) => [place, layer]));
    const silenced = distinct(units).map((ref) => {
      const { layer, row } = this.#find(ref);
      const told = { layer: layer.name, unit: ref.unit, description: this.#shown.text(ref.layer, row) };
      return { layer: layers.get(ref.layer)!, unit: ref.unit, told };
    });
    const { model } = network.subject;
    if ((await modelBytes(model)) > LARGEST_DOWNLOAD) {
      throw new UserError("writing the edited model: it is larger than 2 GB; use milan edit, which writes it to disk");
    }
    const pieces = encodePieces((await inlined(silence(model, silenced, { chosen: "in the explorer" }))).proto);
    return { pieces, bytes: pieces.reduce((sum, { byteLength }) => sum + byteLength, 0) };
  }

  /** Lets the model go; it is opened again when it is asked something. */
  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    await opened?.passes.close();
  }

  /** Does work with the model when its turn has come. Errors: `Refused`, `Busy`, `Abandoned`, and those of the work. */
  #turn<T>(signal: AbortSignal | undefined, work: (opened: Opened) => Promise<T>): Promise<T> {
    return this.#house.turns.take(async () => {
      const opened = await this.#open();
      await this.#house.use(this);
      return work(opened);
    }, signal);
  }

  #open(): Promise<Opened> {
    if (this.#opened) return this.#opened;
    const opened = openNetwork(this.#shown.run, this.#options)
      .then((network) => ({ network, passes: new Passes(network, this.#options) }))
      .catch((error: unknown) => {
        this.#opened = undefined; // the model may come back
        throw error instanceof UserError ? new Refused(messageOf(error), { cause: error }) : error;
      });
    this.#opened = opened;
    return opened;
  }

  #key = (picture: string | number) => `${this.#shown.run.folder}\n${picture}`;

  #seen(picture: string): Seen {
    const found = this.#house.pictures.get(this.#key(picture));
    if (found) return found;
    throw new Missing("looking at the picture: it is not kept any more; give it again");
  }

  /** A picture of the run. */
  async #own(id: number): Promise<Seen> {
    const { probeSize, skipped } = this.#shown.run.manifest;
    if (id >= probeSize || skipped.includes(id)) {
      throw new Missing(`looking at picture ${id}: the run has none of that number; expected one of its exemplars`);
    }
    const key = this.#key(`run ${id}`);
    const known = this.#house.pictures.get(key);
    if (known) return known;
    const fresh = seen(await this.#shown.picture(id), []);
    this.#house.pictures.put(key, fresh);
    return fresh;
  }

  async #begin(passes: Passes, { begun, pixels }: Seen, start: number) {
    const known = begun.get(start);
    if (known) return known;
    const fresh = await passes.begin(pixels, start);
    begun.set(start, fresh);
    this.#house.pictures.trim();
    return fresh;
  }

  /** Errors: `Missing` for a unit that the run does not have. */
  #find({ layer: place, unit }: z.infer<typeof UnitRef>) {
    const layer = this.#shown.run.layers[place];
    const row = layer?.subset ? layer.unitNumbers.indexOf(unit) : unit;
    if (layer && row >= 0 && row < layer.unitNumbers.length) return { layer, row };
    throw new Missing(`looking for unit ${unit} of layer ${place}: the run has none such; expected one of its units`);
  }

  #silent(units: readonly z.infer<typeof UnitRef>[]): Silent {
    const silent = new Map<number, number[]>();
    for (const ref of distinct(units)) {
      this.#find(ref);
      const own = silent.get(ref.layer);
      if (own) own.push(ref.unit);
      else silent.set(ref.layer, [ref.unit]);
    }
    return silent;
  }

  #classes(network: Network, said: Float32Array) {
    if (!said.every(Number.isFinite)) return [];
    const shares = sharesOf(said, network.saying);
    const nameOf = nameIn(network);
    return largest(shares, MOST_CLASSES).map((number) => ({
      class: number,
      name: nameOf(number),
      share: shares[number],
    }));
  }
}

/** Errors: `Refused` when the network is no classifier. */
function classifying(opened: Opened): Opened {
  if (opened.network.notClassifier === null) return opened;
  throw new Refused(opened.network.notClassifier);
}

const sizeOf = ({ manifest }: Run): readonly [number, number] => [manifest.pictureHeight, manifest.pictureWidth];

function seen(pixels: Uint8Array, maps: readonly Float32Array[]): Seen {
  const own = maps.reduce((sum, { byteLength }) => sum + byteLength, pixels.byteLength);
  const begun: Seen["begun"] = new Map();
  return {
    ...{ pixels, maps, begun },
    get bytes() {
      return [...begun.values()]
        .flatMap(({ border }) => Object.values(border))
        .reduce((sum, { data }) => sum + data.byteLength, own);
    },
  };
}

function joined(pictures: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pictures.length * pictures[0].length);
  for (const [i, picture] of pictures.entries()) all.set(picture, i * picture.length);
  return all;
}

const distinct = (units: readonly z.infer<typeof UnitRef>[]) => [
  ...new Map(units.map((ref) => [`${ref.layer}/${ref.unit}`, ref])).values(),
];
