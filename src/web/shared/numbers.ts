/** How pages write numbers. Null is what a run does not know. */

export const UNKNOWN = "–";

export const real = (value: number | null, digits = 2): string =>
  value === null ? UNKNOWN : value.toFixed(digits).replace("-", "−");

/** An activation or a level: numbers of any size. */
export const amount = (value: number | null): string =>
  value === null ? UNKNOWN : String(Number(value.toPrecision(3))).replace("-", "−");

/** @param share 0 to 1. */
export const percent = (share: number | null): string =>
  share === null ? UNKNOWN : `${share > 0 && share < 0.0995 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;

export const whole = (count: number): string => count.toLocaleString("en");

export const counted = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${whole(count)} ${count === 1 ? noun : nouns}`;
