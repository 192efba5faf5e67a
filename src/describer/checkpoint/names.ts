/**
 * The closed list of names a checkpoint may use, and the plain data each stands for. Any other name is refused, by name.
 *
 * Names of the libraries behind the tokenizer (spaCy and its kin) stand for opaque values: they are neither looked up nor
 * built, and the payload may hold them only where the tokenizer's data is (`payload.ts` checks).
 */
import { Opaque, PickleError, type Value } from "./machine.js";
import { unpickle, type World } from "./pickle.js";
import { STORAGE_TYPES, StorageClass, StorageRef, TensorView } from "./storage.js";

/** A function or class of the closed list. */
class Callable {
  readonly call: (args: readonly Value[]) => Value;

  constructor(call: (args: readonly Value[]) => Value) {
    this.call = call;
  }
}

const dictionary = new Callable((args) => {
  if (args.length > 0) throw new PickleError("its pickle makes a dictionary in an unknown way");
  return new Map();
});

const NAMES = new Map<string, Callable | StorageClass>([
  ["collections.OrderedDict", dictionary],
  ["thinc.config.Config", dictionary],
  ["confection.Config", dictionary],
  ["_codecs.encode", new Callable(() => new Opaque("bytes"))], // Python's bytes; only the tokenizer has any
  ["torch._utils._rebuild_tensor_v2", new Callable((args) => new TensorView(args))],
  ["torch._utils._rebuild_parameter", new Callable(([tensor]) => tensor)],
  ...Object.entries(STORAGE_TYPES).map(([name, type]) => [`torch.${name}`, new StorageClass(type)] as const),
]);

const TOKENIZER_LIBRARIES = new Set(["spacy", "thinc", "confection", "srsly", "catalogue", "numpy", "pathlib"]);

const CHECKPOINT: World = {
  find(name) {
    const known = NAMES.get(name);
    if (known) return known;
    if (TOKENIZER_LIBRARIES.has(name.split(".", 1)[0])) return new Opaque(name, true);
    throw foreignName(name);
  },
  call(callee, args) {
    if (callee instanceof Callable) return callee.call(args);
    if (callee instanceof Opaque && callee.foreign) return callee;
    throw new PickleError("its pickle calls something that is no function");
  },
  build(object) {
    if (object instanceof Map || object instanceof Opaque) return object; // the state is metadata
    throw new PickleError("its pickle sets the state of something that has none");
  },
  load: (id) => new StorageRef(id),
};

/** The error for a name outside the closed list. The name is shown, not trusted: it may hold anything. */
export function foreignName(name: string): PickleError {
  const shown = name.replace(/[^\x20-\x7e]/g, "?").slice(0, 100);
  return new PickleError(
    `Milan refuses \`${shown}\`, which its pickle asks for and no describer needs (nothing was run)`,
  );
}

/** Reads the pickle of a checkpoint as plain data and `TensorView`s. Errors: `PickleError`. */
export function readPickle(bytes: Uint8Array): Value {
  return unpickle(bytes, CHECKPOINT);
}
