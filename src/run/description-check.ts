/**
 * Whether what was read is a description, or says how descriptions were made. Who reads them computes with them and writes them again, so all
 * that is known is checked; what a later version may add is left, as long as it is no list and no object.
 */
import type { Candidate, Description, DescriptionsHeader, Meaning } from "./descriptions.js";

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isReal: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTruth: Check = (value) => typeof value === "boolean";
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** An object of these fields. */
const objectOf = <T>(fields: Readonly<Record<keyof T & string, Check>>): Check => {
  const entries = Object.entries<Check>(fields);
  return (value) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    entries.every(([name, check]) => check((value as Record<string, unknown>)[name])) &&
    Object.entries(value).every(
      ([name, each]) => Object.hasOwn(fields, name) || typeof each !== "object" || each === null,
    );
};

const CANDIDATE = {
  description: isText,
  logp: isReal,
  logpLm: orNull(isReal),
  pmi: orNull(isReal),
  clip: orAbsent(isReal),
  contradicted: orAbsent(isTruth),
};

const isSound = objectOf<Description>({
  layer: isText,
  unit: isCount,
  description: isText,
  logp: orNull(isReal),
  logpLm: orNull(isReal),
  pmi: orNull(isReal),
  clip: orAbsent(isReal),
  confidence: orNull(isReal),
  doubts: listOf(isText),
  beam: orAbsent(listOf(objectOf<Candidate>(CANDIDATE))),
  attention: orAbsent(listOf(listOf(isReal))),
  meanings: orAbsent(listOf(objectOf<Meaning>({ ...CANDIDATE, share: isReal, exemplars: listOf(isCount) }))),
});

const isMade = objectOf<DescriptionsHeader>({
  milan: isText,
  describer: isText,
  describerSha256: orNull(isText),
  search: isText,
  lambda: isReal,
  beam: isReal,
  length: isReal,
  compat: orNull(isText),
  clip: orNull(objectOf({ folder: isText, sha256: isText })),
  checked: orAbsent(isText),
  scattered: orAbsent(isText),
  meanings: orAbsent((value) => isText(value) || isCount(value)),
});

/** Whether a value is a description. @param isWhole whether its beam and attention must be there. */
export const isDescription = (value: unknown, isWhole = true): value is Description =>
  isSound(value) &&
  (!isWhole || ((value as Description).beam !== undefined && (value as Description).attention !== undefined));

/** Whether a value says how descriptions were made. */
export const isDescriptionsHeader = (value: unknown): value is DescriptionsHeader => isMade(value);
