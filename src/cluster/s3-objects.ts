/** Objects of a bucket below a prefix: listed, read, put, removed, and fetched to this machine unless they are there as they are in the store. */
import { createReadStream, existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { codeOf, messageOf, UserError } from "../base/errors.js";
import { writeAtomically, writeFileAtomically } from "../base/files.js";
import { sha256 } from "../base/hash.js";
import { relativePath } from "./paths.js";

const AT_ONCE = 8;
/** What S3 takes in one piece. */
const MOST_BYTES = 5 * 2 ** 30;
const LONGEST_TASK_BYTES = 2 ** 26;

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly tag: string;
}

export class Objects {
  readonly location: string;
  readonly #sdk: typeof import("@aws-sdk/client-s3");
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(
    sdk: typeof import("@aws-sdk/client-s3"),
    client: S3Client,
    bucket: string,
    prefix: string,
    location: string,
  ) {
    this.location = location;
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix === "" ? "" : `${prefix}/`;
  }

  /** What lies at keys below the root that begin so. */
  async list(start: string): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    const seen = new Set<string>();
    for (let token: string | undefined; ; ) {
      const command = new this.#sdk.ListObjectsV2Command({
        ...{ Bucket: this.#bucket, Prefix: this.#prefix + start },
        ...(token !== undefined && { ContinuationToken: token }),
      });
      const { Contents = [], NextContinuationToken } = await this.#asked(start, () => this.#client.send(command));
      for (const { Key = "", Size = 0, ETag = "" } of Contents) {
        found.push({ key: Key.slice(this.#prefix.length), sizeBytes: Size, tag: `${ETag} ${Size}` });
      }
      token = NextContinuationToken;
      if (token === undefined) return found;
      if (seen.has(token)) {
        throw new UserError(
          `listing ${this.location}/${start}: the store gives the same page again and again; try another`,
        );
      }
      seen.add(token);
    }
  }

  /** The text of a small object; undefined when it is not there. */
  async text(key: string): Promise<string | undefined> {
    try {
      const command = new this.#sdk.GetObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key });
      const { Body, ContentLength = 0 } = await this.#client.send(command);
      if (ContentLength > LONGEST_TASK_BYTES) throw new UserError(`reading ${this.location}/${key}: it is too long`);
      return await Body?.transformToString();
    } catch (error) {
      if ((error as Error).name === "NoSuchKey") return undefined;
      throw problemOf(`${this.location}/${key}`, error);
    }
  }

  async put(key: string, content: string | { readonly file: string }): Promise<void> {
    const sizeBytes = typeof content === "string" ? undefined : (await stat(content.file)).size;
    if (sizeBytes !== undefined && sizeBytes > MOST_BYTES) {
      throw new UserError(
        `writing ${this.location}/${key}: it has ${sizeBytes} bytes; expected at most 5 GiB, take more --parts or a shared folder`,
      );
    }
    await this.#asked(key, () =>
      this.#client.send(
        new this.#sdk.PutObjectCommand({
          ...{ Bucket: this.#bucket, Key: this.#prefix + key },
          Body: typeof content === "string" ? content : createReadStream(content.file),
          ...(sizeBytes !== undefined && { ContentLength: sizeBytes }),
        }),
      ),
    );
  }

  async remove(keys: readonly string[]): Promise<void> {
    await together(keys, (key) =>
      this.#asked(key, () =>
        this.#client.send(new this.#sdk.DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key })),
      ),
    );
  }

  /** Fetches an object to a file, whole or not at all. */
  async download({ key, sizeBytes }: StoredObject, path: string): Promise<void> {
    const command = new this.#sdk.GetObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key });
    await writeAtomically(path, async (file) => {
      const { Body } = await this.#asked(key, () => this.#client.send(command));
      await this.#asked(key, async () => {
        for await (const piece of Body as AsyncIterable<Uint8Array>) await file.writeFile(piece);
      });
      const { size } = await file.stat();
      if (size === sizeBytes) return;
      throw new UserError(`fetching ${this.location}/${key}: ${size} bytes came; expected ${sizeBytes}, try again`);
    });
  }

  /**
   * Fetches what lies at a path, an object or all that is below it, unless it is there as it is in the store.
   * Beside an object, those whose names begin with its name are fetched as well: a model's data (`net.onnx`, `net.onnx.data`).
   * @param folder where on this machine. Returns where it is there.
   */
  async fetch(path: string, folder: string, doing: string): Promise<string> {
    const all = await this.list(path);
    const isObject = all.some(({ key }) => key === path);
    const wanted = all.filter(({ key }) =>
      isObject ? !key.slice(path.length).includes("/") : key.startsWith(`${path}/`) && !key.endsWith("/"),
    );
    if (wanted.length === 0) {
      throw new UserError(`${doing} ${this.location}/${path}: no such object, and none below it; check the address`);
    }
    for (const { key } of wanted) {
      if (relativePath.safeParse(key).success) continue;
      throw new UserError(
        `${doing} ${this.location}/${path}: an object below it has a name that is no path; rename it`,
      );
    }
    const placeOf = (key: string) => join(folder, ...key.split("/"));
    const noted = join(folder, `.${sha256(path).slice(0, 16)}.json`);
    const before = await tagsIn(noted);
    await mkdir(folder, { recursive: true });
    await together(wanted, async (each) => {
      const place = placeOf(each.key);
      if (before[each.key] !== each.tag || !existsSync(place)) await this.download(each, place);
    });
    if (!isObject) await removeOthers(placeOf(path), new Set(wanted.map(({ key }) => placeOf(key))));
    await writeFileAtomically(noted, JSON.stringify(Object.fromEntries(wanted.map(({ key, tag }) => [key, tag]))));
    return placeOf(path);
  }

  async #asked<T>(key: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw problemOf(`${this.location}/${key}`, error);
    }
  }
}

/** Does something with each, some at a time. When one fails no others are begun, and those under way are waited for: nothing is written after it. */
export async function together<T>(list: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const limit = pLimit(AT_ONCE);
  let isOver = false;
  const settled = await Promise.allSettled(
    list.map((item) =>
      limit(async () => {
        if (isOver) return;
        await work(item).catch((error) => {
          isOver = true;
          throw error;
        });
      }),
    ),
  );
  const failed = settled.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
}

/** What was fetched before; nothing, when that cannot be read. */
async function tagsIn(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return { ...JSON.parse(await readFile(path, "utf8")) };
  } catch {
    return {};
  }
}

/** Removes files that are no longer in the store: they would be more images. */
async function removeOthers(folder: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // what another worker of this machine fetches just now has a name that begins with a dot
    if (entry.isFile() && !entry.name.startsWith(".") && !wanted.has(path)) await rm(path, { force: true });
  }
}

/** What the store, or the way to it, says, for people. */
function problemOf(place: string, thrown: unknown): unknown {
  if (thrown instanceof UserError) return thrown;
  const { name, $metadata } = thrown as { name?: string; $metadata?: { httpStatusCode?: number } };
  const code = codeOf(thrown) ?? "";
  const remedies: Readonly<Record<string, string>> = {
    NoSuchBucket: "there is no such bucket; check the address",
    AccessDenied: "access is denied; check what these keys may do",
    InvalidAccessKeyId: "the access key is unknown; check AWS_ACCESS_KEY_ID",
    SignatureDoesNotMatch: "the secret key is wrong; check AWS_SECRET_ACCESS_KEY",
    CredentialsProviderError: "there are no keys; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ECONNREFUSED: "nothing listens there; check AWS_ENDPOINT_URL",
    ENOTFOUND: "no such host; check AWS_ENDPOINT_URL and AWS_REGION",
  };
  const remedy =
    remedies[name ?? ""] ?? remedies[code] ?? (/region is missing/i.test(messageOf(thrown)) && "set AWS_REGION");
  if (remedy) return new UserError(`reaching ${place}: ${remedy}`, { cause: thrown });
  if ($metadata === undefined && code === "") return thrown;
  return new UserError(`reaching ${place}: ${messageOf(thrown)}; try again`, { cause: thrown });
}
