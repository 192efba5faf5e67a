/** bfloat16: the upper half of a float32. Files may hold it; nothing computes in it here, so it is widened when read. */
import type { NdArray } from "./ndarray.js";

/** The exact float32 values of raw bfloat16 bits. */
export function widenBfloat16(bits: NdArray<"uint16">): NdArray<"float32"> {
  const data = new Float32Array(bits.data.length);
  const words = new Uint32Array(data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = bits.data[i] << 16;
  return { dtype: "float32", shape: bits.shape, data };
}
