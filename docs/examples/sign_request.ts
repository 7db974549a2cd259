// Calls MegaCity's API with a signed request. Needs Node 18 or later and nothing else; see docs/signing.md.
//
//     npx tsc --target es2022 --module nodenext --types node sign_request.ts
//     node sign_request.js GET https://api.univprepai.com/api/v1/exams
//
// The key and its secret are read from MEGACITY_KEY and MEGACITY_SECRET.

import { createHash, createHmac, randomBytes } from "node:crypto";

const SCHEME = "MegaCity-HMAC-SHA256";

export interface Asked {
  method: string;
  url: string;
  contentType: string;
  body: string;
}

/** RFC 3986: all but letters, digits and -_.~ is percent-encoded; encodeURIComponent leaves five more signs alone. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => "%" + sign.charCodeAt(0).toString(16).toUpperCase());
}

/** The text that is signed, ten lines; `timestamp` is in whole seconds since 1970. */
export function canonical(asked: Asked, key: string, timestamp: number, nonce: string): string {
  const url = new URL(asked.url);
  const pairs = [...url.searchParams].map(([name, value]): [string, string] => [encoded(name), encoded(value)]);
  // Array.sort is stable: parameters of one name stay in their order.
  pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  return [
    SCHEME,
    key,
    String(timestamp),
    nonce,
    asked.method.toUpperCase(),
    url.hostname.toLowerCase(),
    encoded(decodeURIComponent(url.pathname)).replace(/%2F/g, "/"),
    pairs.map(([name, value]) => `${name}=${value}`).join("&"),
    asked.contentType.trim(),
    createHash("sha256").update(asked.body, "utf8").digest("hex"),
  ].join("\n");
}

/** The value of the Authorization header. */
export function authorization(asked: Asked, key: string, secret: string, timestamp: number, nonce: string): string {
  const text = canonical(asked, key, timestamp, nonce);
  const signature = createHmac("sha256", secret).update(text, "utf8").digest("hex");
  return `${SCHEME} key=${key}, timestamp=${timestamp}, nonce=${nonce}, signature=${signature}`;
}

/** One call; each is signed anew, also when it is repeated. */
export async function call(method: string, url: string, body = ""): Promise<Response> {
  const asked: Asked = { method, url, body, contentType: body ? "application/json" : "" };
  const key = process.env.MEGACITY_KEY ?? "";
  const secret = process.env.MEGACITY_SECRET ?? "";
  const now = Math.floor(Date.now() / 1000);
  const headers: Record<string, string> = {
    Authorization: authorization(asked, key, secret, now, randomBytes(18).toString("base64url")),
  };
  if (body) headers["Content-Type"] = asked.contentType;
  return fetch(url, { method, headers, body: body || undefined });
}

const [, program, method, url, body] = process.argv;
if (program?.includes("sign_request") && method && url) {
  const answer = await call(method, url, body);
  console.log(answer.status);
  console.log(await answer.text());
}
