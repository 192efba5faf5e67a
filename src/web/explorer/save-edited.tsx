/** The model without the units, as a file of one's own. */
import { useState } from "react";
import { type Run, server } from "./client.js";
import { unitsOf } from "./places.js";

type State =
  | { readonly is: "ready" }
  | { readonly is: "asking" }
  | { readonly is: "done" | "failed"; readonly said: string };

export function SaveEdited({ run, units }: { run: Run; units: string }) {
  const [state, setState] = useState<State>({ is: "ready" });
  const all = unitsOf(units);
  const save = async () => {
    setState({ is: "asking" });
    try {
      const { file, name } = await server.edited(run.id, all);
      saveAs(file, name);
      setState({ is: "done", said: `Saved as ${name}, ${(file.size / 2 ** 20).toFixed(1)} MB.` });
    } catch (error) {
      setState({ is: "failed", said: (error as Error).message });
    }
  };
  return (
    <p className="save">
      <button type="button" className="main" disabled={state.is === "asking"} onClick={save}>
        {state.is === "asking" ? "Writing the model …" : "Save as ONNX"}
      </button>
      <span className="small soft" role="status">
        {state.is === "done" ? state.said : "The network with these units silent for good."}
      </span>
      {state.is === "failed" && (
        <span className="refusal" role="alert">
          {state.said}
        </span>
      )}
    </p>
  );
}

const KEPT_MS = 60_000;

function saveAs(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS); // the browser begins when it likes
}
