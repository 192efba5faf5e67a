/** Names of hosts: which of them mean this machine, and which a visitor may address the server by. */
import { isIP } from "node:net";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);
const EVERYWHERE = new Set(["0.0.0.0", "::"]);

/** Without the brackets that an IPv6 address has in an address of the web, in lower case. */
export const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, "$1").toLowerCase();

/** Whether only programs of this machine reach a server that listens there. */
export const isLoopback = (host: string): boolean => LOOPBACK.has(bareHost(host));

/** As it stands in an address of the web. */
export const inUrl = (host: string): string => (isIP(bareHost(host)) === 6 ? `[${bareHost(host)}]` : host);

/** Where a browser of this machine finds a server that listens at `host`. */
export const visited = (host: string): string => (EVERYWHERE.has(bareHost(host)) ? "127.0.0.1" : bareHost(host));

/** The name in a request's Host header, without the port; null where the header is none. */
export function hostOf(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header ?? "");
  return match ? bareHost(match[1]) : null;
}

/**
 * Whether a request may name the server so. Another site can have its own name point here (DNS rebinding) and read what is served as if it
 * were its own, so only names that are known are answered: those of the loopback, the one listened at, the ones given; and where the server
 * listens at every address of the machine, all numeric addresses, which no site can rebind.
 */
export function isServed(name: string, listening: string, given: readonly string[]): boolean {
  if (LOOPBACK.has(name) || name === bareHost(listening)) return true;
  if (given.some((host) => bareHost(host) === name)) return true;
  return EVERYWHERE.has(bareHost(listening)) && isIP(name) !== 0;
}
