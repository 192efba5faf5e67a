/**
 * From a unit's beam to its description: what the candidates' evidence allows to say, in words, and the doubts that keep a reader from trusting it
 * too far.
 */

import { tokenize } from "../language/tokens.js";
import { isVague } from "../language/vague.js";
import type { Candidate, Description, Doubt } from "../run/descriptions.js";
import { agreements, consensusFirst, onceFirst, SCATTERED } from "./agreement.js";
import { type Alone, aloneOf, OUTVOTED } from "./alone.js";
import { type Decoded, type DecodingOptions, speakingFirst } from "./describe-features.js";
import type { Describer } from "./describer.js";
import { type Evidence, scoreOne, type Task } from "./evidence.js";
import { distanceOf } from "./familiarity.js";
import { hedged, type Interpreter } from "./hedge.js";
import { clipOf, type Ranked } from "./rerank-beam.js";
import { MAJORITY, type Testimony, type Witness } from "./witness.js";

/** The candidates that a witness does not contradict, then the others, each in their order. */
export async function testified(
  found: readonly Ranked[],
  { layer, row }: Task,
  { vocabulary }: Describer,
  witness: Witness | undefined,
): Promise<readonly Testified[]> {
  if (!witness || found.length === 0) return found;
  const texts = found.map(({ tokens }) => vocabulary.reconstruct(tokens));
  const testimonies = await witness.testify(layer, row, texts);
  const told = found.map((candidate, i) => ({ ...candidate, ...testimonies[i] }));
  return [...told.filter((each) => !each.contradicted), ...told.filter((each) => each.contradicted)];
}

type Testified = Ranked & Partial<Testimony> & Partial<Alone>;

/** How a unit's description is found among its candidates. */
export interface Choice {
  readonly settings: DecodingOptions;
  /** Default no: the first candidate is said. */
  readonly consensus?: boolean | undefined;
  /** Default nobody: nothing is hedged. */
  readonly interpreter?: Interpreter | undefined;
}

type Said = Candidate & Pick<Testified, "share"> & { readonly ranked: Testified };

/** Puts a unit's result into words. */
export async function conclude(
  describer: Describer,
  task: Task,
  evidence: Evidence | undefined,
  found: readonly Testified[],
  choice: Choice,
): Promise<Description> {
  const unit = { layer: task.layer.name, unit: task.layer.units[task.row] };
  const candidates = inOrder(found, describer, choice.settings).map((ranked) => saidBy(describer, ranked));
  if (candidates.length === 0) {
    const nothing = { description: "", logp: null, logpLm: null, pmi: null, confidence: null };
    return { ...unit, ...nothing, doubts: [whyNot(task, evidence)], beam: [], attention: [] };
  }
  const ordered = await chosenFirst(describer, evidence!, candidates, choice);
  const [{ ranked: best }] = ordered;
  const beam = ordered.map(({ ranked: _, share: __, ...candidate }) => candidate);
  const asked = beam.filter(({ alone }) => alone !== undefined);
  const confidence = agreements(asked.length > 0 ? asked : beam)[0] ?? null;
  return {
    ...unit,
    ...beam[0],
    confidence,
    doubts: doubtsOf(describer, task, evidence!, best, { ...beam[0], confidence }),
    beam,
    attention: best.attention.map((weights) => Array.from(weights)),
  };
}

/** The candidates, before them the one to be said, which may be none of them. Where exemplars were asked about some by themselves, it is of those. */
async function chosenFirst(
  describer: Describer,
  evidence: Evidence,
  candidates: readonly Said[],
  choice: Choice,
): Promise<readonly Said[]> {
  const asked = candidates.filter(({ alone }) => alone !== undefined);
  if (asked.length === 0) return agreedFirst(describer, evidence, candidates, choice);
  const others = candidates.filter(({ alone }) => alone === undefined);
  return [...(await agreedFirst(describer, evidence, asked, choice)), ...others];
}

async function agreedFirst(
  describer: Describer,
  evidence: Evidence,
  candidates: readonly Said[],
  { settings, consensus = false, interpreter }: Choice,
): Promise<readonly Said[]> {
  const { vocabulary } = describer;
  const { stop, unk } = vocabulary;
  // what is contradicted, cut short or has a word missing is not said because others agree with it
  const isOut = ({ contradicted = false, ranked: { tokens } }: Said) =>
    contradicted || tokens.includes(unk) || !tokens.includes(stop);
  const agreed = consensus ? onceFirst(consensusFirst(candidates, isOut), isOut) : candidates;
  const hedge = interpreter && hedged(agreed, isOut, interpreter, (text) => vocabulary.knows(tokenize(text)));
  if (!hedge) return agreed;
  const { candidate, description } = hedge;
  const others = agreed.filter((each) => each !== candidate);
  if (description === candidate.description) return [candidate, ...others];
  const [tokens] = vocabulary.index([tokenize(description)], { start: false, pad: false });
  // its visible part is the candidate's, and so is what a witness said of that
  const scored = await scoreOne(describer, evidence, tokens, settings.lambda ?? describer.search.lambda);
  const [alone] = candidate.alone === undefined ? [] : await aloneOf(describer, evidence, [scored]);
  return [saidBy(describer, { ...candidate.ranked, ...scored, ...alone }), ...agreed];
}

const saidBy = (describer: Describer, ranked: Testified): Said => ({
  ...toCandidate(describer, ranked),
  ...(ranked.share !== undefined && { share: ranked.share }),
  ranked,
});

export const inOrder = <Each extends Ranked>(
  beam: readonly Each[],
  { vocabulary }: Describer,
  { compat }: DecodingOptions,
): readonly Each[] => (compat ? beam : speakingFirst(beam, vocabulary.stop));

export function toCandidate(
  { vocabulary }: Describer,
  { tokens, logp, logpLm, pmi, clip, alone, support, contradicted }: Testified,
): Candidate {
  return {
    ...{ description: vocabulary.reconstruct(tokens), logp, logpLm: logpLm ?? null, pmi: pmi ?? null },
    ...clipOf(clip),
    ...(alone !== undefined && { alone }),
    ...(support !== undefined && { support }),
    ...(contradicted && { contradicted }),
  };
}

function whyNot(task: Task, evidence: Evidence | undefined): Doubt {
  const flaw = flawOf(task);
  if (flaw) return flaw;
  return !evidence?.masked.includes(1) ? "no-exemplars" : "undecodable";
}

function doubtsOf(
  describer: Describer,
  task: Task,
  { masked, features }: Evidence,
  best: Decoded & Testified,
  { description, confidence }: Pick<Description, "description" | "confidence">,
): Doubt[] {
  const { vocabulary, familiarity } = describer;
  const { stop, unk } = vocabulary;
  const doubts: Doubt[] = best.tokens[0] === stop ? ["speechless"] : [];
  if (best.logpLm !== undefined && best.logp < best.logpLm) doubts.push("unsupported");
  if (isTied(task)) doubts.push("tied");
  if (sumOf(masked) < task.ranks.length / 2) doubts.push("few-masks");
  if (best.support !== undefined && best.support <= OUTVOTED) doubts.push("outvoted");
  if (!best.tokens.includes(stop)) doubts.push("unfinished");
  if (best.tokens.includes(unk)) doubts.push("unknown-word");
  if (isVague(description)) doubts.push("vague");
  if (confidence !== null && confidence < SCATTERED) doubts.push("scattered");
  if (best.contradicted) doubts.push("contradicted");
  else if (best.share !== undefined && best.share < MAJORITY) doubts.push("minority");
  if (familiarity && distanceOf(familiarity, features) > familiarity.limit) doubts.push("unfamiliar");
  return doubts;
}

/** Whether nothing but the images' numbers says which of them are a unit's exemplars. */
function isTied({ layer: { activations, units }, row, ranks }: Task): boolean {
  if (!activations || ranks.length < 2) return false;
  const first = (row * activations.length) / units.length;
  return ranks.every((rank) => activations[first + rank] === activations[first]);
}

const sumOf = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0);

export const flawOf = ({ layer, row }: Task) => layer.flaws.find(({ unit }) => unit === layer.units[row])?.flaw;
