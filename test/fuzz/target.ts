/** What is attacked: something that reads what strangers wrote, and valid samples of that, which are spoilt at random. */
import type { Random } from "../../src/base/random.js";

export interface Attack {
  /**
   * Makes one input and gives it to whoever reads it. It is accepted when this comes back, refused when it throws a `UserError`; anything
   * else that is thrown is a finding.
   * @param random decides everything: the same state makes the same input.
   */
  once(random: Random): Promise<void>;
  close?(): Promise<void>;
}

export interface Target {
  /** Makes the samples. @param box an empty folder, outside of which nothing may be written. */
  prepare(box: string): Promise<Attack>;
}

/** A target before it is loaded. */
export interface Listed {
  /** Family and parser: "tensors/npy". */
  readonly name: string;
  /** Inputs in the tests' campaign. */
  readonly quick: number;
  /** Milliseconds that one input may take on a busy machine; default 10,000. */
  readonly mostMs?: number;
  /** Megabytes by which one input may make the process grow; default 256. */
  readonly mostMegabytes?: number;
  readonly load: () => Promise<Target>;
}

/** What is thrown for a state that must not be, though nobody threw: a finding. */
export class Broken extends Error {
  override readonly name = "Broken";
}
