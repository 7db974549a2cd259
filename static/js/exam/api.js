// Requests to the exam API, and which of their failures are worth another try.

export class ApiError extends Error {
  constructor(status, code, { retryAfter = null, detail = "" } = {}) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.detail = detail; // for people, in their language
  }

  /** The same request may succeed later: no network (0), a server in trouble, too many requests. */
  get temporary() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const TIMEOUT_MS = 20_000;
const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function request(method, url, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = csrf();
  }
  let response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0, "network");
  }
  let data = null;
  try {
    data = await response.json();
  } catch {
    // A proxy's error page, or a line cut in the middle of the body: the status alone decides.
    if (response.ok) throw new ApiError(0, "network");
  }
  if (response.ok) return data;
  const wait = Number.parseFloat(response.headers.get("Retry-After"));
  throw new ApiError(response.status, data?.code ?? "unknown", {
    retryAfter: Number.isFinite(wait) ? wait : null,
    detail: data?.detail ?? "",
  });
}

export const get = (url) => request("GET", url);

/** A log-in in another tab changes the token under us: fetch the page's new one and try once more. */
export async function post(url, body) {
  try {
    return await request("POST", url, body);
  } catch (error) {
    if (error.status !== 403 || !(await renewToken())) throw error;
    return request("POST", url, body);
  }
}

async function renewToken() {
  try {
    const response = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector('meta[name="csrf-token"]')?.content;
    if (!response.ok || !token) return false;
    document.querySelector('meta[name="csrf-token"]').content = token;
    return true;
  } catch {
    return false;
  }
}

/** Full jitter between half and the whole of 1, 2, 4 … 30 s, but never sooner than the server asked. */
export function delayBeforeTry(tries, retryAfter = null) {
  const step = Math.min(30, 2 ** Math.min(tries, 5));
  const seconds = step * (0.5 + Math.random() / 2);
  return Math.max(seconds, retryAfter ?? 0) * 1000;
}
