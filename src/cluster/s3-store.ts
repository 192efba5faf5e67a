/**
 * A root in an object store that speaks S3: Amazon's, MinIO, Ceph. Model and images are fetched into a folder of this machine the first time, and again when they have changed;
 * results are objects, which are there whole or not at all. Keys and address come from where the AWS SDK looks for them (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
 * AWS_REGION, AWS_ENDPOINT_URL, ...).
 */
import { stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { UserError } from "../base/errors.js";
import { sha256 } from "../base/hash.js";
import { relativePath } from "./paths.js";
import { Objects, together } from "./s3-objects.js";
import type { Results, Store } from "./store.js";
import { TASK_FILE } from "./task.js";

/**
 * Opens `s3://bucket/prefix` as a root.
 * @param cache folder of this machine for what is fetched; it stays there.
 * Errors: `UserError` for what is no such address. Whether the bucket is there turns out when it is first used.
 */
export async function s3Store(address: string, cache: string): Promise<Store> {
  const [, bucket, rest = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(address) ?? [];
  const prefix = rest.replace(/\/+$/, "");
  if (bucket === undefined || (prefix !== "" && !relativePath.safeParse(prefix).success)) {
    throw new UserError(
      `opening ${address}: it is no place in an object store; expected s3://bucket or s3://bucket/prefix`,
    );
  }
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const sdk = await import("@aws-sdk/client-s3");
  const isElsewhere = (process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL) !== undefined;
  const client = new sdk.S3Client({
    // other servers than Amazon's know neither names of buckets in host names nor the newer sums
    ...(isElsewhere && { forcePathStyle: true }),
    ...(isElsewhere && process.env.AWS_REGION === undefined && { region: "us-east-1" }),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const location = `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
  const objects = new Objects(sdk, client, bucket, prefix, location);
  const fetched = join(resolve(cache), sha256(location).slice(0, 16));
  return {
    location,
    async pathOf(place, doing) {
      const inStore = place.startsWith(`${location}/`) ? place.slice(location.length + 1) : undefined;
      const path = inStore ?? relative(fetched, resolve(place)).split(sep).join("/");
      if (relativePath.safeParse(path).success) return path;
      throw new UserError(
        `${doing} ${place}: it is not below ${location}; expected an address there, copy it there first`,
      );
    },
    resultsOf: async (out) => `${basename(resolve(out))}.parts`,
    open: (path, doing) => objects.fetch(path, fetched, doing),
    results: (path) => new S3Results(objects, path),
  };
}

class S3Results implements Results {
  readonly location: string;
  readonly #objects: Objects;
  readonly #path: string;

  constructor(objects: Objects, path: string) {
    this.location = `${objects.location}/${path}`;
    this.#objects = objects;
    this.#path = path;
  }

  begin(task: string): Promise<void> {
    return this.#objects.put(`${this.#path}/${TASK_FILE}`, task);
  }

  task(): Promise<string | undefined> {
    return this.#objects.text(`${this.#path}/${TASK_FILE}`);
  }

  async names(): Promise<ReadonlySet<string>> {
    const found = await this.#objects.list(`${this.#path}/`);
    return new Set(found.map(({ key }) => key.slice(this.#path.length + 1)));
  }

  async put(file: string, name: string): Promise<boolean> {
    if ((await this.task()) === undefined) return false;
    const key = `${this.#path}/${name}`;
    await this.#objects.put(key, { file });
    if ((await this.task()) !== undefined) return true;
    await this.#objects.remove([key]); // the run was finished meanwhile
    return false;
  }

  async gather(folder: string): Promise<string> {
    const found = await this.#objects.list(`${this.#path}/`);
    await together(found, async (each) => {
      const name = each.key.slice(this.#path.length + 1);
      if (!/^sweep-\d+-\d+\.safetensors$/.test(name)) return;
      const place = join(folder, name);
      const there = await stat(place).catch(() => undefined);
      if (there?.size !== each.sizeBytes) await this.#objects.download(each, place);
    });
    return folder;
  }

  async remove(): Promise<void> {
    await this.#objects.remove([`${this.#path}/${TASK_FILE}`]);
    await this.#objects.remove((await this.#objects.list(`${this.#path}/`)).map(({ key }) => key));
  }
}
