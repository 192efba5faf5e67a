/**
 * Connections to Redis. The first one must succeed, so that a wrong address or password is told at once; after that a server that goes away is waited for.
 * What is shown of an address never includes its password.
 */
import { Redis, type RedisOptions } from "ioredis";
import { messageOf, UserError } from "../base/errors.js";

const CONNECT_MS = 10_000;

/** Where a Redis server is, and how to show it. */
export interface RedisAddress {
  readonly options: Pick<RedisOptions, "host" | "port" | "db" | "username" | "password" | "tls">;
  /** `redis://host:6379/0`, without user and password. */
  readonly shown: string;
}

/** Reads `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. Errors: `UserError`, which does not repeat it. */
export function redisAddress(text: string): RedisAddress {
  const refusal = () =>
    new UserError(
      "reading the address of the queue: it is not one of Redis; expected redis://[user:password@]host[:port][/database], or rediss:// for TLS",
    );
  if (!URL.canParse(text)) throw refusal();
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  const isKnown = protocol === "redis:" || protocol === "rediss:";
  if (!isKnown || hostname === "" || !/^\/?\d{0,5}$/.test(pathname) || search !== "" || hash !== "") throw refusal();
  const database = Number(pathname.slice(1));
  try {
    return {
      options: {
        host: hostname.replace(/^\[|\]$/g, ""),
        port: port === "" ? 6379 : Number(port),
        db: database,
        ...(username !== "" && { username: decodeURIComponent(username) }),
        ...(password !== "" && { password: decodeURIComponent(password) }),
        ...(protocol === "rediss:" && { tls: {} }),
      },
      shown: `${protocol}//${hostname}:${port === "" ? 6379 : port}${database === 0 ? "" : `/${database}`}`,
    };
  } catch {
    throw refusal(); // a % that begins no character
  }
}

export interface Connection {
  readonly client: Redis;
  close(): void;
}

/**
 * Connects.
 * @param patient whether commands wait for a server that went away; otherwise they fail at once.
 * @param onChange is told when the server went away (`false`) and when it is back.
 * Errors: `UserError` when the server cannot be reached, or does not let us in.
 */
export async function connect(
  { options, shown }: RedisAddress,
  { patient, onChange }: { readonly patient: boolean; readonly onChange: (isThere: boolean) => void },
): Promise<Connection> {
  let wasReady = false;
  let isThere = true;
  let problem: unknown;
  const client = new Redis({
    ...options,
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: patient ? null : 0,
    enableOfflineQueue: patient,
    retryStrategy: (times) => (wasReady ? Math.min(2000, 100 * times) : null),
  });
  client.on("error", (error) => {
    problem ??= error;
  });
  const late = setTimeout(() => {
    problem ??= new Error("it does not answer");
    client.disconnect();
  }, CONNECT_MS);
  try {
    await client.connect();
    if (options.db) await client.select(options.db); // of a database that there is not, connecting says nothing
    wasReady = true;
  } catch (error) {
    client.disconnect();
    throw connectionProblem(shown, problem ?? error);
  } finally {
    clearTimeout(late);
  }
  const change = (now: boolean) => {
    if (isThere !== now) onChange(now);
    isThere = now;
  };
  client.on("ready", () => change(true));
  client.on("close", () => change(false));
  return {
    client,
    close: () => {
      client.removeAllListeners("close");
      client.disconnect();
    },
  };
}

function connectionProblem(shown: string, thrown: unknown): UserError {
  const said = messageOf(thrown);
  const remedies: [RegExp, string][] = [
    [/ECONNREFUSED/, "nothing listens there; start redis-server, or check host and port"],
    [/ENOTFOUND|EAI_AGAIN/, "no such host; check its name"],
    [/ETIMEDOUT|does not answer/, "it does not answer; check host and port, and what lies between"],
    [/WRONGPASS|invalid password|without any password/, "the user or the password is wrong; check them"],
    [/NOAUTH/, "it wants a password; expected one in the address, redis://user:password@host"],
    [/database|DB index/i, "it has no such database; choose one from 0 to 15, at the end of the address"],
    [
      /SSL|TLS|certificate|ECONNRESET|EPROTO/i,
      "no connection came about; check whether it speaks TLS (rediss://) or not (redis://)",
    ],
  ];
  const remedy = remedies.find(([pattern]) => pattern.test(said))?.[1] ?? `${said}; check that it is a Redis server`;
  return new UserError(`connecting to ${shown}: ${remedy}`, { cause: thrown });
}
