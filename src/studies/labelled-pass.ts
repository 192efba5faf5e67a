/**
 * One pass of a run's network over pictures whose contents are known: what each picture shows, beside where each unit is active in it.
 * Grades and baselines both begin with it. `doing` is the study's name in messages.
 */
import { UserError } from "../base/errors.js";
import { type Progress, silent } from "../base/progress.js";
import type { ImageSet } from "../data/images/imageset.js";
import { subsetOf } from "../data/images/subset.js";
import type { LabelSource, Labels } from "../data/labels/labels.js";
import type { SessionOptions } from "../engine/runtime/session.js";
import { imageProbe } from "../exemplars/probe.js";
import { fixedBatch, imageInput, type Subject } from "../exemplars/subject.js";
import type { Run } from "../run/run.js";
import { openSubject } from "./described-run.js";
import { type WatchedLayer, watchMasks } from "./watch-masks.js";

export interface LabelledPassOptions extends SessionOptions {
  /** The model's file, when it has moved since the run was made. */
  readonly model?: string;
  /** Side of the labels and masks that are compared, pixels; default: the network's input, 64 at most. */
  readonly size?: number;
  /** Images run at once; default 8, or what the model demands. */
  readonly batchSize?: number;
  readonly progress?: Progress;
}

/** A picture: what it shows, and [layer][row of the layer's layout]: positions of the active pixels, y * size + x, ascending. */
export interface LabelledPicture {
  readonly labels: Labels;
  readonly covered: readonly (readonly Uint32Array[])[];
}

const MOST_SIZE = 64;

/** Labels are square, and so must be what the network sees. */
export class LabelledPass {
  readonly #doing: string;
  readonly #run: Run;
  readonly #set: ImageSet;
  readonly #source: LabelSource;
  readonly #size: number;
  readonly #subject: Subject;
  readonly #options: LabelledPassOptions;
  #labels: readonly Labels[] | undefined;

  private constructor(
    doing: string,
    run: Run,
    set: ImageSet,
    source: LabelSource,
    subject: Subject,
    options: LabelledPassOptions,
  ) {
    this.#doing = doing;
    this.#run = run;
    this.#set = set;
    this.#source = source;
    this.#size = options.size ?? Math.min(MOST_SIZE, run.manifest.preprocessing!.width);
    this.#subject = subject;
    this.#options = options;
  }

  /**
   * Opens the network.
   * @param all stays open. @param source knows what its pictures show, or those of them that it lists.
   * Errors: `UserError` when the network is gone or another one, or sees no square.
   */
  static async open(
    doing: string,
    run: Run,
    all: ImageSet,
    source: LabelSource,
    options: LabelledPassOptions,
  ): Promise<LabelledPass> {
    const { folder, manifest } = run;
    const { width, height } = manifest.preprocessing ?? { width: 0, height: 0 };
    if (width !== height || width === 0) {
      throw new UserError(
        `${doing} ${folder}: the network sees ${width}x${height} pixels; expected a square, as labels are; dissect with --size`,
      );
    }
    const set = source.files ? subsetOf(all, source.files, source.title) : all;
    const subject = await openSubject(doing, run, options.model);
    return new LabelledPass(doing, run, set, source, subject, options);
  }

  /**
   * What all pictures show, by dataset id; from then on in memory: at 64 pixels 12 kB a picture, and 4 kB more for each part and texture.
   * Errors: `UserError` when a picture is not known.
   */
  async labels(): Promise<readonly Labels[]> {
    if (this.#labels) return this.#labels;
    const { progress = silent } = this.#options;
    const labels: Labels[] = [];
    progress.begin("labels", this.#set.entries.length, "image");
    try {
      for (const id of this.#set.entries.keys()) {
        labels.push(await this.#labelsOf(id));
        progress.update(labels.length);
      }
    } finally {
      progress.end();
    }
    this.#labels = labels;
    return labels;
  }

  async #labelsOf(id: number): Promise<Labels> {
    return this.#labels?.[id] ?? this.#source.labels(this.#set.entries[id].file, this.#size);
  }

  /**
   * Runs the network, and has the labels of a picture told as it comes, unless all are in memory. Damaged pictures are left out, with a warning.
   * Errors: `UserError` when none can be read, or one is not known.
   */
  async *pictures(layers: readonly WatchedLayer[]): AsyncGenerator<LabelledPicture> {
    const { progress = silent, batchSize = 8 } = this.#options;
    const fixed = fixedBatch(this.#subject);
    const probe = imageProbe(this.#set, this.#run.manifest.preprocessing!, imageInput(this.#subject).name, progress);
    const watched = watchMasks(this.#subject.model, probe, layers, {
      ...{ size: this.#size, progress, session: this.#options, fixed: fixed !== undefined },
      batchSize: fixed ?? Math.min(batchSize, probe.size),
    });
    let images = 0;
    for await (const { id, covered } of watched) {
      images++;
      yield { labels: await this.#labelsOf(id), covered };
    }
    if (images === 0) {
      throw new UserError(`${this.#doing} on ${this.#set.location}: no image can be read; expected some`);
    }
  }
}
