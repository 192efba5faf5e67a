/** Which units are shown, and in which order. */
import { doubtName } from "./words.js";

const normal = (text) => text.toLowerCase().normalize("NFKC");

/** All the words of a query, as they are looked for. */
const termsOf = (query) => normal(query).split(/\s+/).filter(Boolean);

const escaped = (term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Finds a term at the beginning of a word. */
const finder = (term, flags) => new RegExp(`(?<![\\p{L}\\p{N}])${escaped(term)}`, flags);

/**
 * Tests units against a query. Each of its words must begin a word of the description, of a meaning's, or of a doubt, or be the unit's number, or
 * its layer's name.
 */
export function matcher(query) {
  const terms = termsOf(query).map((term) => ({ term, pattern: finder(term, "u") }));
  return (unit) =>
    terms.every(
      ({ term, pattern }) =>
        pattern.test(unit.words) || term === String(unit.unit) || term === unit.layerName.toLowerCase(),
    );
}

/** The text of a unit that is searched. */
export function searchable({ text, doubts, meanings = [] }) {
  const doubtful = doubts.length > 0 ? ["doubtful", ...doubts, ...doubts.map(doubtName)] : [];
  return normal([text, ...meanings.map((meaning) => meaning.text), ...doubtful].join(" \n "));
}

/** Splits a text where the words of a query are found in it: [text, whether found]. */
export function highlighted(text, query) {
  const terms = termsOf(query).filter((term) => !/^\d+$/.test(term));
  if (terms.length === 0) return [[text, false]];
  const parts = text.split(new RegExp(`(${terms.map((term) => finder(term, "").source).join("|")})`, "iu"));
  return parts.map((part, i) => [part, i % 2 === 1]).filter(([part]) => part);
}

const by = (value, sign) => (a, b) => {
  const [x, y] = [value(a), value(b)];
  if (x === null || y === null) return (x === null) - (y === null);
  return sign * (x - y);
};
const strongest = ({ activations }) => activations[0] ?? null;

/** Orders by name, with their text; `needs` says what units must have for it. */
export const ORDERS = {
  unit: { text: "by unit" },
  "pmi-down": { text: "highest PMI first", compare: by(({ pmi }) => pmi, -1), needs: "pmi" },
  "pmi-up": { text: "lowest PMI first", compare: by(({ pmi }) => pmi, 1), needs: "pmi" },
  "confidence-down": { text: "most confident first", compare: by((unit) => unit.confidence, -1), needs: "confidence" },
  "confidence-up": { text: "least confident first", compare: by((unit) => unit.confidence, 1), needs: "confidence" },
  "activation-down": { text: "strongest activation first", compare: by(strongest, -1) },
};
