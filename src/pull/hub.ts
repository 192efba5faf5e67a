/** Which files of a repository of the Hugging Face hub are needed: the graphs in full precision, the tokenizer, how pictures are prepared. */
import { z } from "zod";
import { UserError } from "../base/errors.js";
import type { Download } from "./download.js";

export const HUB = "https://huggingface.co";

/** A file of a repository. */
export type HubFile = Pick<Download, "url" | "sha256" | "bytes"> & { readonly file: string };

/** What the hub's listing says of a file; large ones have their SHA-256. */
const Listing = z.array(
  z.object({
    type: z.string(),
    path: z.string().max(1000),
    size: z.int().min(0),
    lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).optional(),
  }),
);
const Revision = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });

const BESIDE = ["tokenizer.json", "config.json", "preprocessor_config.json"];
/** The folder may be the repository's own, or `onnx/`. */
const GRAPHS = [["vision_model.onnx", "text_model.onnx"], ["model.onnx"]];

type Fetched = (url: string, what: string) => Promise<unknown>;

/**
 * The files to fetch, at the revision that is the newest now.
 * @param fetched a JSON document from an address.
 * Errors: `UserError` for a repository without an ONNX model and a tokenizer.
 */
export async function filesOnHub(repository: string, fetched: Fetched): Promise<HubFile[]> {
  const api = `${HUB}/api/models/${repository}`;
  const refuse = (problem: string) =>
    new UserError(
      `pulling hub/${repository}: ${problem}; expected a model exported to ONNX with its tokenizer, choose another repository`,
    );
  const revision = Revision.safeParse(await fetched(`${api}/revision/main`, "its revision"));
  if (!revision.success) throw refuse("the hub does not say which revision is the newest");
  const { sha } = revision.data;
  const listing = Listing.safeParse(await fetched(`${api}/tree/${sha}?recursive=true`, "its files"));
  if (!listing.success) throw refuse("the hub's list of files makes no sense");
  const files = new Map(listing.data.filter(({ type }) => type === "file").map((file) => [file.path, file]));
  const graphs = ["", "onnx/"].flatMap((folder) => GRAPHS.map((names) => names.map((name) => folder + name)));
  const chosen = graphs.find((names) => names.every((name) => files.has(name)));
  if (!chosen) throw refuse("it holds no model.onnx, nor vision_model.onnx with text_model.onnx");
  if (!files.has("tokenizer.json")) throw refuse("it holds no tokenizer.json");
  // weights may lie beside a large graph
  const wanted = [...chosen, ...chosen.map((name) => `${name}_data`), ...BESIDE].filter((name) => files.has(name));
  return wanted.map((file): HubFile => {
    const { size, lfs } = files.get(file)!;
    return { file, url: `${HUB}/${repository}/resolve/${sha}/${file}`, sha256: lfs?.oid, bytes: lfs?.size ?? size };
  });
}
