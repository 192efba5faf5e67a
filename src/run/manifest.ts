/**
 * `run.json`: what a run was made of. Results are only ever added to a run, or taken from it, when all of this agrees: a
 * description read off another model's exemplars would look just as convincing.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../base/errors.js";
import { readWhole, writeFileAtomically } from "../base/files.js";
import { FITS } from "../data/images/geometry.js";
import { CHANNELS, type Preprocessing } from "../data/images/preprocess.js";

/** What decides a run's results. Two runs with equal identities are interchangeable. */
export interface Identity {
  /** SHA-256 of the model file and of its external data. */
  readonly modelSha256: string;
  /** See `ImageSet.fingerprint` and `LatentSet.fingerprint`. */
  readonly probeFingerprint: string;
  readonly probeSize: number;
  /** Null for generators, which are fed latents as they are. */
  readonly preprocessing: Preprocessing | null;
  readonly k: number;
  readonly quantile: number;
  readonly seed: number;
  readonly layers: readonly LayerRecord[];
}

/** One dissected layer. */
export interface LayerRecord {
  /** The tensor's name in the model. */
  readonly name: string;
  /** The names a user may type for it. */
  readonly shortNames: readonly string[];
  readonly kind: "map" | "grid" | "tokens" | "vector";
  /** Of the activations in the model; in the run they are float32. */
  readonly dtype: string;
  /** Number of units of the layer. */
  readonly units: number;
  /** The units dissected, when not all. */
  readonly subset?: readonly number[];
  /** Size of an activation map. */
  readonly height: number;
  readonly width: number;
  /** Tokens dropped before the grid. */
  readonly prefix: number;
  /** Positions of each map that went into the levels: height * width, or fewer in a large sweep. */
  readonly positions: number;
  /** One image in so many went into the levels, in very large sweeps; absent: all did. */
  readonly every?: number;
  /** Where the tensor's values end, when activations were measured before that; absent: as they are. */
  readonly ceiling?: { readonly at: number; readonly before: string; readonly rectified: boolean };
}

/** The whole of `run.json`. */
export interface Manifest extends Identity {
  readonly format: 1;
  /** Version of Milan that made the run. */
  readonly milan: string;
  readonly modelPath: string;
  readonly probeKind: "images" | "latents";
  readonly probePath: string;
  /** Size of the exemplar images, in pixels. */
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  /** False while the sweep is under way. */
  readonly complete: boolean;
  /** Dataset ids that could not be read; they took no part. */
  readonly skipped: readonly number[];
  /** Units whose activations cannot be judged, by layer name. */
  readonly flaws: Readonly<Record<string, readonly UnitFlaw[]>>;
}

/**
 * Why a unit's exemplars mean nothing. `nan`: some activation is not a number. `constant`: it never varies, so no image
 * activates it more than another.
 */
export interface UnitFlaw {
  readonly unit: number;
  readonly flaw: "nan" | "constant";
}

const count = z
  .int()
  .min(0)
  .max(2 ** 31);
/** Pixels of a picture's side, or places of a map's. */
const side = z.int().min(1).max(16384);
const real = z.number(); // finite, as zod has it

/** What `run.json` must be, so that nothing behind this need ask again. What else is in it is left as it is. */
const Shape = z.object({
  format: z.literal(1),
  milan: z.string(),
  modelPath: z.string(),
  modelSha256: z.string(),
  probeKind: z.enum(["images", "latents"]),
  probePath: z.string(),
  probeFingerprint: z.string(),
  probeSize: count,
  preprocessing: z
    .object({
      width: side,
      height: side,
      fit: z.enum(FITS),
      range: z.tuple([real, real]),
      mean: z.array(real).min(1).max(3),
      std: z
        .array(real.refine((value) => value !== 0, "0"))
        .min(1)
        .max(3),
      channels: z.enum(Object.keys(CHANNELS) as (keyof typeof CHANNELS)[]),
      layout: z.enum(["nchw", "nhwc"]),
    })
    .nullable(),
  pictureWidth: side,
  pictureHeight: side,
  k: z.int().min(1).max(100_000),
  quantile: z.number().min(0).max(1),
  seed: real,
  complete: z.boolean(),
  skipped: z.array(count),
  layers: z.array(
    z.object({
      name: z.string(),
      shortNames: z.array(z.string()),
      kind: z.enum(["map", "grid", "tokens", "vector"]),
      dtype: z.string(),
      units: count,
      subset: z.array(count).optional(),
      height: side,
      width: side,
      prefix: count,
      positions: count,
      every: count.min(1).optional(),
      ceiling: z.object({ at: real, before: z.string(), rectified: z.boolean() }).optional(),
    }),
  ),
  flaws: z.record(z.string(), z.array(z.object({ unit: count, flaw: z.enum(["nan", "constant"]) }))),
});

const FILE = "run.json";

export const isRun = (folder: string): boolean => existsSync(join(folder, FILE));

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFileAtomically(join(folder, FILE), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** Reads `run.json`. Errors: not a run, or one of a newer format. */
export async function readManifest(folder: string): Promise<Manifest> {
  if (!isRun(folder)) {
    throw new UserError(`opening ${folder}: it holds no ${FILE}; expected a run made by \`milan dissect --out\``);
  }
  const path = join(folder, FILE);
  let manifest: Manifest;
  try {
    manifest = JSON.parse((await readWhole("reading", path)).toString("utf8"));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`reading ${path}: it is damaged; delete the run and dissect again`);
  }
  const { format } = Object(manifest) as Partial<Manifest>;
  if (typeof format === "number" && format !== 1)
    throw new UserError(`reading ${path}: format ${format}; expected 1, use the version of Milan that wrote it`);
  const { success, error } = Shape.safeParse(manifest);
  if (success) return manifest;
  const [{ path: place, message }] = error.issues;
  throw new UserError(
    `reading ${path}: its ${place.join(".") || "content"} makes no sense (${message}); expected what \`milan dissect\` wrote, delete the run and dissect again`,
  );
}

/** Refuses to go on when `found` was made of anything else than `wanted`. @param doing what is refused. @param remedy what to do. */
export function checkIdentity(
  folder: string,
  found: Identity,
  wanted: Identity,
  doing = "resuming",
  remedy = "choose a new --out folder, or delete this one",
): void {
  const facts: [keyof Identity, string][] = [
    ["modelSha256", "another model"],
    ["probeFingerprint", "another probe set"],
    ["probeSize", "another probe set"],
    ["preprocessing", "other preprocessing"],
    ["k", "another k"],
    ["quantile", "another quantile"],
    ["seed", "another seed"],
    ["layers", "other layers"],
  ];
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const differing = facts.filter(([key]) => !same(found[key], wanted[key])).map(([, name]) => name);
  const [ours, theirs] = [wanted, found].map(({ layers }) => layers.map(({ ceiling: _, ...layer }) => layer));
  if (differing.at(-1) === "other layers" && same(ours, theirs)) differing[differing.length - 1] = "another --ceiling";
  if (differing.length === 0) return;
  throw new UserError(`${doing} ${folder}: it was made with ${[...new Set(differing)].join(", ")}; ${remedy}`);
}
