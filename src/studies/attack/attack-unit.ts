/** The attack with one unit: its class, its cut-outs, and what the network makes of pictures with them (paper, Figure 14). */
import type { Interval } from "../../base/bootstrap.js";
import { sha256 } from "../../base/hash.js";
import { pairedDifference } from "../../base/proportion.js";
import { Random } from "../../base/random.js";
import type { ChosenUnit } from "./choose.js";
import type { Shape } from "./cutout.js";
import type { ExemplarCutouts } from "./exemplar-cutouts.js";
import type { Network } from "./network.js";
import { type PastedPairs, type Verdict, verdictOf } from "./paired.js";
import { type Place, pasted, placeFor, pngOf, reachOf, type Stamp, stampOf } from "./paste.js";
import type { Candidate, CutoutSource } from "./source.js";
import type { Victim } from "./victims.js";

/** One picture, attacked. Classes are numbers of the model's outputs. */
export interface Paste {
  /** The picture, and its class, which is what the network takes it for. */
  readonly file: string;
  readonly before: number;
  /** The pictures that distractor and control were cut out of. */
  readonly distractor: string;
  readonly control: string;
  /** Where the middle of both is, pixels, and how many pixels they cover. */
  readonly place: Place;
  readonly area: number;
  /** What the network takes it for with the distractor, and with the control. */
  readonly after: number;
  readonly controlAfter: number;
  /** The picture with the distractor, a PNG of the network's size; only where the network takes it for the unit's class. */
  readonly png?: Buffer;
}

/** A paste to look at: uint8 [3, y, x] each. */
export interface Example {
  readonly paste: Paste;
  readonly original: Uint8Array;
  readonly stamp: Stamp;
  readonly attacked: Uint8Array;
  readonly controlled: Uint8Array;
}

export interface AttackedUnit {
  readonly layer: string;
  readonly unit: number;
  readonly description: string;
  readonly wordDifference: number;
  /** The class it speaks for most, and by how much, logits: see `Network.outgoing`. */
  readonly class: number;
  readonly weight: number;
  /** Different cut-outs of what it is described by. */
  readonly cutouts: number;
  readonly pastes: readonly Paste[];
  /** Pictures taken for the class. */
  readonly pairs: PastedPairs;
  /** Share of distractors that succeed less that of controls. The interval is about pictures: few cut-outs are few, however many those. */
  readonly difference: Interval;
  readonly verdict: Verdict;
  /** A success, where there is one, and rather one whose control changes nothing. */
  readonly example: Example;
}

/** A unit that could not be attacked with. */
export interface SkippedUnit extends Pick<AttackedUnit, "layer" | "unit" | "description" | "wordDifference"> {
  readonly reason: string;
}

/** Controls that are cut out for a unit. */
const CONTROLS = 100;

/** What is pasted into one picture. */
interface Planned {
  readonly victim: Victim;
  readonly stamps: readonly [distractor: Stamp, control: Stamp];
  readonly place: Place;
  readonly area: number;
}

/** What all units are attacked with alike. */
export interface Arena {
  readonly network: Network;
  readonly exemplars: ExemplarCutouts;
  readonly source: CutoutSource;
  readonly victims: readonly Victim[];
  /** Of the classes. */
  readonly names: readonly string[];
  readonly shape: Shape;
  readonly seed: number;
  readonly trials: number;
  /** Share of the picture's area that is pasted. */
  readonly size: number;
  /** Whether distractors may be of the unit's class; controls never are. */
  readonly ownClass: boolean;
}

export class Attacker {
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  async attack(unit: ChosenUnit): Promise<AttackedUnit | SkippedUnit> {
    const { network, exemplars, source, victims, names, seed, trials, ownClass } = this.#arena;
    const { layer, unit: number, said } = unit;
    const told = { layer: said.layer, unit: number, description: said.description, wordDifference: unit.difference };
    const shown = await exemplars.pictures(unit);
    if (shown.length === 0) return { ...told, reason: "it is active on no picture of the run" };
    const weights = await network.outgoing(layer, number, shown);
    const weight = Math.max(...weights);
    if (!(weight > 0)) return { ...told, reason: "silencing it changes no answer" };
    const target = weights.indexOf(weight);
    // of its own: what is drawn for a unit is the same whatever other units are attacked with
    const random = new Random(Number.parseInt(sha256(`${seed} ${number} ${layer.name}`).slice(0, 8), 16));
    const name = names[target];
    const isOther = ({ classes }: Candidate) => !classes.has(target);
    const distractors = (await source.of(unit)).filter((cutout) => ownClass || isOther(cutout));
    if (distractors.length === 0)
      return { ...told, reason: `no cut-out of what it is described by is of another class than ${name}` };
    const controls = (await source.others(unit, CONTROLS, random)).filter(isOther);
    if (controls.length === 0) return { ...told, reason: "there is nothing else to cut out and compare with" };
    const planned: Planned[] = [];
    for (const i of random.permutation(victims.length)) {
      if (planned.length === trials) break;
      const victim = victims[i];
      const plan = victim.class === target ? undefined : await this.#plan(victim, distractors, controls, random);
      if (plan) planned.push(plan);
    }
    if (planned.length === 0) return { ...told, reason: `no picture of another class than ${name} is recognised` };
    const found = await this.#paste(planned, target);
    const count = (holds: (paste: Paste) => boolean) => found.pastes.filter(holds).length;
    const pairs: PastedPairs = {
      pictures: found.pastes.length,
      first: count(({ after, controlAfter }) => after === target && controlAfter !== target),
      second: count(({ after, controlAfter }) => after !== target && controlAfter === target),
      both: count(({ after, controlAfter }) => after === target && controlAfter === target),
    };
    const difference = pairedDifference(pairs);
    return {
      ...{ ...told, class: target, weight, cutouts: distractors.length, ...found, pairs, difference },
      verdict: verdictOf(difference),
    };
  }

  /** Draws what is pasted, and where; undefined where all there is comes from this very picture. */
  async #plan(
    victim: Victim,
    distractors: readonly Candidate[],
    controls: readonly Candidate[],
    random: Random,
  ): Promise<Planned | undefined> {
    const { shape, size } = this.#arena;
    const [height, width] = shape;
    const pick = (from: readonly Candidate[]) => {
      const others = from.filter(({ source }) => source !== victim.source);
      return others[random.integer(others.length)] as Candidate | undefined;
    };
    const [distractor, control] = [pick(distractors), pick(controls)];
    if (!distractor || !control) return undefined;
    const wanted = size * height * width;
    const area = Math.min(wanted, reachOf(distractor, shape), reachOf(control, shape));
    const stamps = [await stampOf(distractor, area), await stampOf(control, area)] as const;
    return { victim, stamps, place: placeFor(stamps, shape, random), area };
  }

  async #paste(planned: readonly Planned[], target: number): Promise<Pick<AttackedUnit, "pastes" | "example">> {
    const { network, shape } = this.#arena;
    const pictures = planned.flatMap(({ victim, stamps, place }) =>
      stamps.map((stamp) => pasted(victim.pixels, shape, stamp, place)),
    );
    const answers = await network.answers(pictures);
    const pastes: Paste[] = [];
    let example: Example | undefined;
    for (const [i, { victim, stamps, place, area }] of planned.entries()) {
      const [after, controlAfter] = answers.slice(2 * i, 2 * i + 2);
      const [attacked, controlled] = pictures.slice(2 * i, 2 * i + 2);
      const [distractor, control] = stamps.map(({ cutout }) => cutout.from);
      const paste: Paste = {
        ...{ file: victim.file, before: victim.class, distractor, control, place, area, after, controlAfter },
        ...(after === target && { png: await pngOf(attacked, shape) }),
      };
      pastes.push(paste);
      if (example === undefined || telling(paste, target) > telling(example.paste, target))
        example = { paste, original: victim.pixels, stamp: stamps[0], attacked, controlled };
    }
    return { pastes, example: example! };
  }
}

/** How much a paste shows: one that succeeds more than one that does not, and most where the control changes nothing. */
const telling = ({ before, after, controlAfter }: Paste, target: number): number =>
  after !== target ? 0 : controlAfter === target ? 1 : controlAfter === before ? 3 : 2;
