/** The verdict on a unit's description, part of its page. */
import type { Run, UnitPage } from "./client.js";
import { verdictName } from "./words.js";

/** @param reviewed is called once a verdict has been kept. */
export function Review({ unit }: { run: Run; unit: UnitPage; reviewed: () => void }) {
  if (!unit.review) return null;
  return (
    <p>
      Verdict: {verdictName(unit.review.verdict)} <span className="soft">{unit.review.note}</span>
    </p>
  );
}
