/** The description of a unit; its words can be pointed at, to see which exemplars they were read from. */
import { useEffect, useState } from "react";
import type { Run, UnitPage } from "./client.js";
import { silenceOf } from "./words.js";

interface SaidProps {
  readonly run: Run;
  readonly page: UnitPage;
  /** Told of the captioner's weights over the exemplars for the word that is pointed at. */
  readonly weigh: (weights: readonly number[] | undefined) => void;
}

export function Said({ run, page, weigh }: SaidProps) {
  const { text, words, attention } = page;
  // fingers cannot point, so a press keeps a word until the next
  const [pinned, setPinned] = useState<number>();
  const name = `${page.layer}:${page.unit}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another unit has other words
  useEffect(() => {
    setPinned(undefined);
    weigh(undefined);
  }, [name]);
  if (!text) {
    return (
      <h1 className="silent" tabIndex={-1}>
        {silenceOf(page, run)}
      </h1>
    );
  }
  const rest = () => weigh(pinned === undefined ? undefined : attention[pinned]);
  const pin = (place: number) => {
    const next = pinned === place ? undefined : place;
    setPinned(next);
    weigh(next === undefined ? undefined : attention[next]);
  };
  return (
    <>
      <h1 tabIndex={-1}>{text}</h1>
      {attention.length > 0 && words.length <= attention.length && (
        <fieldset className="words">
          <legend className="unseen">Words, and which exemplars they were read from</legend>
          <span className="soft" aria-hidden="true">
            Read from:
          </span>
          {words.map((word, place) => (
            <button
              // biome-ignore lint/suspicious/noArrayIndexKey: a word can come twice
              key={place}
              type="button"
              aria-pressed={pinned === place}
              title="Shows which exemplars this word was read from"
              onPointerEnter={() => weigh(attention[place])}
              onPointerLeave={rest}
              onFocus={() => weigh(attention[place])}
              onBlur={rest}
              onClick={() => pin(place)}
            >
              {word}
            </button>
          ))}
        </fieldset>
      )}
    </>
  );
}
