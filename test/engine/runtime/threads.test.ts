import { afterEach, expect, test, vi } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { openSession } from "../../../src/engine/runtime/open.js";

afterEach(() => void vi.unstubAllEnvs());

function model() {
  const g = new GraphBuilder("negation");
  g.output(g.node("Neg", [g.input("x", "float32", ["n"])]), "y", "float32", ["n"]);
  return g.build();
}

test.each(["0", "-1", "1.5", "many", "257"])("MILAN_THREADS=%s is refused in a line", async (threads) => {
  vi.stubEnv("MILAN_THREADS", threads);
  const opened = openSession(model());
  await expect(opened).rejects.toThrow(UserError);
  await expect(opened).rejects.toThrow(/MILAN_THREADS.*expected a whole number from 1 to 256, got/);
  await (await openSession(model(), { threads: 1 })).close(); // what is said outright goes before it
});

test.each(["", "3"])("MILAN_THREADS=%s is taken", async (threads) => {
  vi.stubEnv("MILAN_THREADS", threads);
  await (await openSession(model())).close();
});
