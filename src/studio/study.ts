/**
 * A study: the units of a run that people are asked about, and how (paper, section 4 and appendix A). All of it is in one file, beside the
 * run's own; what was chosen when it was begun holds until it ends.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../base/errors.js";
import { parseJson } from "../base/json.js";
import { Random } from "../base/random.js";
import { isWhole } from "../exemplars/annotated.js";
import { publishedName } from "../exemplars/milannotations.js";
import type { ExemplarLayer, ExemplarStore } from "../exemplars/store.js";
import { findLayer } from "../run/layer-name.js";
import { newToken } from "../serving/token.js";
import { Database } from "./database.js";
import { Qualification } from "./qualification.js";

/** Name of the study's file in its run. */
export const STUDY_FILE = "study.sqlite";

/** What a study is begun with. */
export const Settings = z.object({
  /** Shown to annotators. */
  title: z.string().min(1).max(120),
  /** Annotators a unit; 3 in the paper. */
  annotators: z.int().min(1).max(100),
  /** Seed of the order of units, and of which ones are chosen. */
  seed: z.int().min(0),
  /** How long a unit is kept for whoever opened it, in minutes. */
  leaseMinutes: z.number().min(0.01).max(1440),
  /** Answers given faster are flagged, in seconds. */
  leastSeconds: z.number().min(0).max(600),
  /** Brightness outside of the masks, 0 to 1; 0.25 in the pictures of the reference implementation. */
  outside: z.number().min(0).max(1),
  qualification: Qualification.nullable(),
});
export type Settings = z.infer<typeof Settings>;

/** Which units of a run are asked about: all that can be judged, unless said otherwise. */
export interface UnitChoice {
  /** Names of layers. */
  readonly layers?: readonly string[] | undefined;
  /** Numbers of units, by the name of their layer. */
  readonly units?: Readonly<Record<string, readonly number[]>> | undefined;
  /** So many of each layer, drawn by the seed. */
  readonly sample?: number | undefined;
}

/** A unit of a study. */
export interface StudyUnit {
  readonly id: number;
  /** What annotators and pictures know it by: says nothing of layer and number. */
  readonly code: string;
  /** The layer's tensor, and the name it is published under. */
  readonly layer: string;
  readonly published: string;
  readonly unit: number;
  /** Its row in the layer. */
  readonly row: number;
}

/** An open study. Close it when done. */
export class Study {
  readonly database: Database;
  readonly settings: Settings;
  /** Recognises the study in batches and results: 12 hexadecimal digits. */
  readonly id: string;

  constructor(database: Database) {
    this.database = database;
    this.settings = settingsIn(database);
    this.id = setting(database, "id");
  }

  /** Opens the study of a run, or one kept elsewhere. Errors: `UserError` when there is none, or another process is at it. */
  static open(path: string, purpose: string, store?: ExemplarStore): Study {
    const database = Database.open(path, purpose);
    try {
      if (store && setting(database, "exemplars") !== identityOf(store)) {
        throw new UserError(
          `opening ${path}: its units are not those of ${store.folder}; expected the run it was begun with, choose that one, or begin another study with --study`,
        );
      }
      return new Study(database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Whether there is a study: a file that a process was killed over while it began one is none. */
  static isBegun(path: string, purpose: string): boolean {
    if (!existsSync(path)) return false;
    const database = Database.open(path, purpose);
    try {
      return database.get("SELECT 1 FROM settings WHERE key = 'id'") !== undefined;
    } finally {
      database.close();
    }
  }

  /** Begins a study. Errors: `UserError` when there is one, and for units that are not there. */
  static begin(
    path: string,
    purpose: string,
    store: ExemplarStore,
    settings: Settings,
    choice: UnitChoice = {},
  ): Study {
    if (Study.isBegun(path, purpose))
      throw new UserError(`beginning a study: ${path} is there already; choose another with --study`);
    const asked = settings.qualification?.questions.map((question) => unitNamed(store, question)) ?? [];
    const isAsked = new Set(asked.map(keyOf));
    const chosen = chooseUnits(store, choice, settings.seed).filter((unit) => !isAsked.has(keyOf(unit)));
    if (chosen.length === 0) {
      throw new UserError(`beginning a study: no unit of ${store.folder} is left to ask about; choose others`);
    }
    const database = Database.open(path, purpose, { create: true });
    try {
      database.transaction(() => {
        const keep = "INSERT INTO settings (key, value) VALUES (?, ?)";
        database.run(keep, ["settings", JSON.stringify(settings)]);
        database.run(keep, ["choice", JSON.stringify(choice)]);
        database.run(keep, ["exemplars", identityOf(store)]);
        database.run(keep, ["id", randomBytes(6).toString("hex")]);
        database.run(keep, ["salt", randomBytes(16).toString("hex")]);
        addUnits(database, asked, "qualification");
        addUnits(database, chosen, "study");
      });
      return new Study(database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** The units that are asked about, in the order they are given out. */
  units(): StudyUnit[] {
    return this.database.all("SELECT * FROM units WHERE purpose = 'study' ORDER BY place");
  }

  /** The units of the qualification test, in its order. */
  qualificationUnits(): StudyUnit[] {
    return this.database.all("SELECT * FROM units WHERE purpose = 'qualification' ORDER BY place");
  }

  /** The units it was begun with, as they were asked for. */
  get choice(): UnitChoice {
    return jsonIn(this.database, "choice") as UnitChoice;
  }

  /** What opens the study to annotators and to reviewers from elsewhere; the same whenever it is served. */
  tokens(): { annotator: string; reviewer: string } {
    const token = (key: string) => {
      const made = [key, newToken()];
      this.database.run("INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING", made);
      return setting(this.database, key);
    };
    return { annotator: token("annotator token"), reviewer: token("reviewer token") };
  }

  /** Mixed into what stands for people's names elsewhere. */
  get salt(): string {
    return setting(this.database, "salt");
  }

  close(): void {
    this.database.close();
  }
}

/** Where a run's study is. */
export const studyPath = (run: string): string => join(run, STUDY_FILE);

function settingsIn(database: Database): Settings {
  const { data } = Settings.safeParse(jsonIn(database, "settings"));
  if (data) return data;
  throw damagedSetting(database, "settings");
}

function jsonIn(database: Database, key: string): unknown {
  try {
    return parseJson(setting(database, key));
  } catch (error) {
    throw error instanceof UserError ? error : damagedSetting(database, key);
  }
}

const damagedSetting = ({ path }: Database, key: string) =>
  new UserError(`opening ${path}: its ${key} make no sense; expected those it was begun with, restore a copy`);

function setting(database: Database, key: string): string {
  const row = database.get<{ value: string }>("SELECT value FROM settings WHERE key = ?", [key]);
  if (row === undefined) throw new UserError(`opening ${database.path}: it was never begun; delete it and begin again`);
  return row.value;
}

/** A unit of a store. */
interface Place {
  readonly layer: ExemplarLayer;
  readonly row: number;
}

const keyOf = ({ layer, row }: Place) => `${row} ${layer.name}`;

function addUnits(database: Database, units: readonly Place[], purpose: "study" | "qualification"): void {
  for (const [place, { layer, row }] of units.entries()) {
    database.run("INSERT INTO units (code, layer, published, unit, row, purpose, place) VALUES (?, ?, ?, ?, ?, ?, ?)", [
      randomBytes(9).toString("base64url"),
      layer.name,
      publishedName(layer),
      layer.units[row],
      row,
      purpose,
      place,
    ]);
  }
}

/** Which exemplars a study is about: names, units, pictures and levels of all layers. */
function identityOf(store: ExemplarStore): string {
  const hash = createHash("sha256").update(JSON.stringify([store.k, store.height, store.width]));
  for (const { name, units, images, levels } of store.layers) {
    hash
      .update(JSON.stringify([name, units]))
      .update(new Uint8Array(images.buffer, images.byteOffset, images.byteLength));
    if (levels) hash.update(new Uint8Array(levels.buffer, levels.byteOffset, levels.byteLength));
  }
  return hash.digest("hex");
}

/** Whether there is something to see: all exemplars are there, and the first exceeds the unit's level. */
function canBeShown(store: ExemplarStore, { layer, row }: Place): boolean {
  const level = layer.levels?.[row];
  const first = layer.activations?.[row * store.k];
  const isQuiet = level !== undefined && first !== undefined && !(first > level);
  return isWhole(store, layer, row) && !isQuiet && !layer.flaws.some(({ unit }) => unit === layer.units[row]);
}

/** The chosen units that can be shown, shuffled. */
function chooseUnits(store: ExemplarStore, { layers, units, sample }: UnitChoice, seed: number): Place[] {
  const random = new Random(seed);
  const asked = new Set(
    [...(layers ?? []), ...Object.keys(units ?? {})].map((name) => findLayer(store.layers, name, store.folder)),
  );
  const chosen = (asked.size > 0 ? store.layers.filter((layer) => asked.has(layer)) : store.layers).flatMap((layer) => {
    const listed = Object.entries(units ?? {}).filter(
      ([name]) => findLayer(store.layers, name, store.folder) === layer,
    );
    const numbers = listed.length > 0 ? new Set(listed.flatMap(([, list]) => list)) : undefined;
    const missing = [...(numbers ?? [])].find((unit) => !layer.units.includes(unit));
    if (missing !== undefined) throw noUnit(store, layer, missing);
    const rows = layer.units.flatMap((unit, row) =>
      numbers === undefined || numbers.has(unit) ? [{ layer, row }] : [],
    );
    const shown = rows.filter((place) => canBeShown(store, place));
    return shuffled(shown, random).slice(0, sample);
  });
  return shuffled(chosen, random);
}

const shuffled = <T>(list: readonly T[], random: Random): T[] =>
  Array.from(random.permutation(list.length), (i) => list[i]);

/** The unit that a question of the qualification is about. */
function unitNamed(store: ExemplarStore, { layer: name, unit }: { layer: string; unit: number }): Place {
  const layer =
    store.layers.find((each) => publishedName(each) === name) ?? findLayer(store.layers, name, store.folder);
  const row = layer.units.indexOf(unit);
  if (row < 0) throw noUnit(store, layer, unit);
  if (canBeShown(store, { layer, row })) return { layer, row };
  throw new UserError(
    `beginning a study: unit ${unit} of ${name} has nothing to show; ask about another in the qualification`,
  );
}

const noUnit = (store: ExemplarStore, layer: ExemplarLayer, unit: number) =>
  new UserError(
    `beginning a study: layer ${layer.name} of ${store.folder} has no unit ${unit}; expected one of its ${layer.units.length} units`,
  );
