/** Execution providers of the runtime by the names a user types; here so that the command line need not load the runtime to list them. */
export const DEVICE_NAMES = ["cpu", "cuda", "dml", "coreml", "webgpu"] as const;
export type Device = (typeof DEVICE_NAMES)[number];
