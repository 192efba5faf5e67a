/** The vectors by which a captioner tells words apart, learned with it: good for comparing words that it knows, for want of better ones. */
import { openDescriberFiles } from "./directory.js";

/** Of each word of a describer's vocabulary, in lower case: float32 [embedding]. Errors: as `openDescriberFiles`. */
export async function describerWordVectors(path: string): Promise<Map<string, Float32Array>> {
  const { captioner, vocabulary } = await openDescriberFiles(path);
  const { data, shape } = captioner.get("embedding.weight")!;
  const size = shape[1];
  return new Map(vocabulary.words.map((word, i) => [word, (data as Float32Array).subarray(i * size, (i + 1) * size)]));
}
