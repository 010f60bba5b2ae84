// The shape of the URLs in links and descriptors. Only a first sieve, without a URL parser: the driver that
// dials parses the URL again and checks the address it resolves to.

/** Longest URL, bytes. */
export const URL_BYTES_MAX = 2048;

// scheme://authority, then a path or query; printable ASCII only, no userinfo, no fragment.
const SHAPE = /^([a-z]+):\/\/([^/?#@\\]+)(?:[/?][^#\\]*)?$/i;
const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~%-]+)(?::[0-9]{1,5})?$/i;

/** Why the text is not an absolute http(s) URL; undefined when it is. */
export function httpProblem(url: string): string | undefined {
  return urlProblem(url, ['http', 'https']);
}

/** Why the text is not an absolute ws(s) URL; undefined when it is. */
export function webSocketProblem(url: string): string | undefined {
  return urlProblem(url, ['ws', 'wss']);
}

function urlProblem(url: string, schemes: readonly string[]): string | undefined {
  const shown = `"${url.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')}"`;
  if (url.length > URL_BYTES_MAX) return `${shown} is longer than ${URL_BYTES_MAX} bytes`;
  if (!/^[\x21-\x7e]+$/.test(url))
    return `${shown} holds a space, a control or a non-ASCII character`;
  const match = SHAPE.exec(url);
  const scheme = match?.[1]?.toLowerCase() ?? '';
  if (!schemes.includes(scheme)) return `${shown} is not a ${schemes.join(' or ')} URL`;
  if (!AUTHORITY.test(match?.[2] ?? '')) return `${shown} has no proper host`;
  return undefined;
}
