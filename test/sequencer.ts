/** The order of the files: those that take longest come first, so that no core waits for one of them at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files of more than some ten seconds, the slowest first; parts of their paths. */
const SLOW = [
  "builtin/reproduce.test",
  "cli/demo.test",
  "describer/training/train.test",
  "builtin/subjects/gan.test",
  "builtin/faces.test",
  "builtin/misled.test",
  "studies/generalization/generalize.test",
  "studies/faithfulness/verify.test",
  "data/world/world.test",
];

const placeOf = ({ moduleId }: TestSpecification) => {
  const place = SLOW.findIndex((part) => moduleId.includes(part));
  return place < 0 ? SLOW.length : place;
};

export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}
