/**
 * Loaded before a command (`node --require`): kills its process with SIGKILL at a certain change of the file system, or counts those there are.
 *
 *     FAULT_COUNT=FILE    leaves the number of changes in FILE when the process ends by itself
 *     FAULT_AT=N:HOW      kills at the N-th: HOW is `before`, `after`, or `torn` (half of what is to be written is written)
 *     FAULT_SERVING=1     counts from the moment the process says on standard output that it serves
 *
 * Changes are all that create, write, cut, rename, link or remove, by promise, by callback or at once. What goes to standard streams is none.
 */
const fs = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");

const [at, how] = (process.env.FAULT_AT ?? "0:before").split(":");
const { writeFileSync } = fs;
let count = 0;
let isCounting = process.env.FAULT_SERVING !== "1";
if (!isCounting) {
  const { write } = process.stdout;
  process.stdout.write = (...args) => {
    isCounting = true;
    return write.apply(process.stdout, args);
  };
}

const die = () => {
  process.kill(process.pid, "SIGKILL");
  for (;;); // until the signal comes
};

/** Whether this change is the one; dies where it is to be before it. */
function isIt() {
  if (!isCounting || ++count !== Number(at)) return false;
  if (how === "before") die();
  return true;
}

const half = (data) => (data.length > 1 ? data.subarray(0, data.length >> 1) : data);
const bytesOf = (data) =>
  typeof data === "string"
    ? Buffer.from(data)
    : ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : undefined;

/** @param isWrite its last argument but options is data. @param dataAt where. @param isChange of these arguments. */
function patch(owner, name, kind, { dataAt = -1, isChange = () => true } = {}) {
  const original = owner[name];
  if (typeof original !== "function") return;
  owner[name] = function patched(...args) {
    if (!isChange(args) || !isIt()) return original.apply(this, args);
    const data = how === "torn" && dataAt >= 0 ? bytesOf(args[dataAt]) : undefined;
    const given = [...args];
    if (typeof args[dataAt + 2] === "number") given[dataAt + 2] = args[dataAt + 2] >> 1;
    else if (data) given[dataAt] = half(data);
    if (kind === "callback") {
      given.length = Math.min(given.length, args.length - 1);
      return original.apply(this, [...given.filter((arg) => typeof arg !== "function"), die]);
    }
    const result = original.apply(this, given);
    if (kind === "promise") return result.then(die, die);
    die();
  };
}

const isWriting = (flags) =>
  typeof flags === "number"
    ? (flags & (fs.constants.O_CREAT | fs.constants.O_TRUNC)) !== 0
    : /[wa+]/.test(flags ?? "r");
const opening = { isChange: ([, flags]) => isWriting(flags) };
const toFile = { dataAt: 1, isChange: ([fd]) => typeof fd !== "number" || fd > 2 };
for (const name of ["rename", "rm", "unlink", "rmdir", "mkdir", "link", "symlink", "truncate", "copyFile", "cp"]) {
  patch(fs.promises, name, "promise");
  patch(fs, name, "callback");
  patch(fs, `${name}Sync`, "sync");
}
patch(fs, "ftruncateSync", "sync");
patch(fs.promises, "open", "promise", opening);
patch(fs, "open", "callback", opening);
patch(fs, "openSync", "sync", opening);
for (const name of ["writeFile", "appendFile"]) {
  patch(fs.promises, name, "promise", toFile);
  patch(fs, `${name}Sync`, "sync", toFile);
}
patch(fs, "write", "callback", toFile);
patch(fs, "writeSync", "sync", toFile);
// handles have a prototype that only an open one leads to
const { open } = fs.promises;
const handles = fs.promises.open.call(fs.promises, __filename, "r").then(async (handle) => {
  const prototype = Object.getPrototypeOf(handle);
  for (const name of ["write", "writeFile", "appendFile"]) patch(prototype, name, "promise", { dataAt: 0 });
  for (const name of ["sync", "truncate"]) patch(prototype, name, "promise");
  await handle.close();
});
// what opens a file before that waits for it
fs.promises.open = async function patchedOpen(...args) {
  await handles;
  return open.apply(this, args);
};
syncBuiltinESMExports();

if (process.env.FAULT_COUNT) process.on("exit", () => writeFileSync(process.env.FAULT_COUNT, String(count)));
