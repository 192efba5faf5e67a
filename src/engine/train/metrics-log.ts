/**
 * `metrics.jsonl`: how a training went, one JSON object a line, written as it goes so that it can be watched. Lines that a killed
 * process wrote after its last checkpoint are taken back when the training resumes.
 */
import { appendFile } from "node:fs/promises";
import { fileProblem } from "../../base/errors.js";
import { readWhole, writeFileAtomically } from "../../base/files.js";

export interface MetricsRecord {
  /** `steps`: means since the line before, in the same epoch; `epoch`: means over the epoch, and its evaluation. */
  readonly kind: "steps" | "epoch";
  /** From 1. */
  readonly epoch: number;
  /** Steps taken in all. */
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Examples a second, waiting for data included, evaluation not. */
  readonly rate: number;
  /** Since the training began, earlier processes included. */
  readonly seconds: number;
  /** What else the step returns, and what the evaluation found. */
  readonly metrics: Readonly<Record<string, number>>;
}

export class MetricsLog {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Begins a log, or goes on with the lines of an earlier one for which `isKept`. */
  static async open(path: string, isKept?: (record: MetricsRecord) => boolean): Promise<MetricsLog> {
    const lines = isKept ? await readMetrics(path) : [];
    const kept = lines.filter((record) => isKept?.(record));
    await writeFileAtomically(path, kept.map(lineOf).join(""));
    return new MetricsLog(path);
  }

  async append(record: MetricsRecord): Promise<void> {
    await appendFile(this.#path, lineOf(record)).catch((error) => {
      throw fileProblem("writing", this.#path, error);
    });
  }
}

const lineOf = (record: MetricsRecord) => `${JSON.stringify(record)}\n`;

/** The whole lines of a log; none when it is not there. */
export async function readMetrics(path: string): Promise<MetricsRecord[]> {
  const text = await readWhole("reading", path).then(String, () => "");
  return text.split("\n").flatMap((line): MetricsRecord[] => {
    try {
      const record = JSON.parse(line);
      return record === null ? [] : [record];
    } catch {
      return []; // cut off by a kill
    }
  });
}
