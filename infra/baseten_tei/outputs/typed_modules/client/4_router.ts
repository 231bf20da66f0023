/** What `connect` takes. */
export interface ConnectOptions {
  /** Default: the environment variable BASETEN_API_KEY. */
  readonly apiKey?: string | undefined;
  /** The space of the index that vectors are compared with: the model under that name which serves it is called. */
  readonly expectSpace?: Space | undefined;
  /** Milliseconds for a whole call with its cold start; default 300000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds for one try of one request; default 60000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Milliseconds without an answer after which the model may be asleep and is woken first; default 300000. */
  readonly wakeAfterMs?: number | undefined;
  /** Replicas to keep busy; default: `limits.max_replica`. */
  readonly replicas?: number | undefined;
  /** Whether several labels may hold at once, where the model's `multi_label` is null. */
  readonly multiLabel?: boolean | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

type Served = Pick<Embedding, "name" | "sync_url" | "wake_url" | "limits">;
type Failure = { status: number | null; message: string; retryAfterMs: number | null };
type Body = { readonly [key: string]: unknown };

const PASSING = [408, 429, 502, 503, 504]; // retried for as long as the caller waits
const DOUBTFUL = [200, 424, 500]; // a batch that failed, or a broken model; 200: an answer that cannot be used
const DOUBTFUL_TRIES = 3;

/** One model's router: its limits, permits and retries. */
class Router {
  limits: Limits;
  readonly name: string;
  readonly options: ConnectOptions;
  readonly replicas: number;
  readonly #model: Served;
  readonly #task: string;
  readonly #key: string;
  #permits: Permits | null = null;
  #contact: Promise<void> | null = null;
  #answeredAt = -Infinity;
  #quietUntil = 0;

  constructor(model: Served, task: string, options: ConnectOptions) {
    this.name = model.name;
    this.limits = model.limits;
    this.options = options;
    this.replicas = options.replicas ?? model.limits.max_replica;
    this.#model = model;
    this.#task = task;
    this.#key = apiKey(options);
    for (const url of [model.sync_url, model.wake_url]) requireSafe(url, model.name);
  }

  /** Run one call, once the model is awake. */
  async run<T>(options: CallOptions, work: (call: Call) => Promise<T>): Promise<T> {
    const call = new Call(this.name, options.timeoutMs ?? this.options.timeoutMs ?? 300_000, options.signal);
    try {
      await this.#awake(call);
      return await work(call);
    } catch (error) {
      call.stop(error); // what is still under way
      throw error;
    } finally {
      call.close();
    }
  }

  /** Texts in one request: a replica that is full of requests still has a permit for each of their texts. */
  get textsPerRequest(): number {
    const { max_client_batch_size, max_concurrent_requests, predict_concurrency } = this.limits;
    const each = this.replicas > 1 ? Math.floor(max_concurrent_requests / predict_concurrency) : Infinity;
    return Math.max(1, Math.min(max_client_batch_size, max_concurrent_requests, each));
  }

  get requestsUnderWay(): number {
    return Math.max(1, Math.min(this.limits.predict_concurrency, this.limits.max_concurrent_requests) * this.replicas);
  }

  /** Ask until there is an answer that `read` takes; `read` throws for one that cannot be used. */
  async ask<T>(path: string, body: Body | null, texts: number, call: Call, read: (value: unknown) => T): Promise<T> {
    for (let tries = 1; ; tries++) {
      await call.rest(this.#quietUntil - performance.now());
      const send = () => this.#try(`${this.#model.sync_url}${path}`, body, call, read);
      const found = this.#permits && texts ? await this.#permits.hold(texts, call, send) : await send();
      if ("value" in found) {
        this.#answeredAt = performance.now();
        return found.value;
      }
      call.last = `try ${tries}: ${found.status ?? "no answer"} ${found.message}`;
      const again = found.status === null || PASSING.includes(found.status);
      if (!again && !(DOUBTFUL.includes(found.status ?? 0) && tries < DOUBTFUL_TRIES)) throw this.#error(found);
      const pause = pauseMs(found, tries);
      if (found.status === 429) this.#quietUntil = Math.max(this.#quietUntil, performance.now() + pause);
      await call.rest(pause);
    }
  }

  async #awake(call: Call): Promise<void> {
    // Calls that overlap share one wake; where its own call ends early, the next one wakes again.
    while (performance.now() - this.#answeredAt >= (this.options.wakeAfterMs ?? 300_000)) {
      if (this.#contact === null) {
        this.#contact = this.#meet(call).finally(() => (this.#contact = null));
        return this.#contact;
      }
      await call.during(this.#contact.catch(() => {}));
    }
  }

  async #meet(call: Call): Promise<void> {
    this.#send(this.#model.wake_url, {}, call.signal).catch(() => {}); // its outcome does not matter
    const info = await this.ask("/info", null, 0, call, readInfo);
    if (!(this.#task in info.model_type)) {
      const served = Object.keys(info.model_type).join(", ");
      const what = `model ${this.name}: the module says ${this.#task}, but the router serves ${served}`;
      throw new TeiError("unavailable", `${what}: generate the module again`);
    }
    this.limits = liveLimits(this.#model.limits, info);
    this.#permits ??= new Permits(this.requestsUnderWay, this.limits.max_concurrent_requests * this.replicas);
  }

  async #try<T>(url: string, body: Body | null, call: Call, read: (value: unknown) => T): Promise<{ value: T } | Failure> {
    const stop = new AbortController();
    const pass = () => stop.abort(call.signal.reason);
    const timer = setTimeout(() => stop.abort(), this.options.requestTimeoutMs ?? 60_000);
    call.signal.throwIfAborted();
    call.signal.addEventListener("abort", pass, { once: true });
    try {
      const answer = await this.#send(url, body, stop.signal);
      const text = await answer.text();
      if (!answer.ok) return this.#failure(answer, text);
      return { value: read(JSON.parse(text)) };
    } catch (error) {
      call.signal.throwIfAborted();
      const unusable = error instanceof BadAnswer || error instanceof SyntaxError;
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
      const said = unusable ? "the answer cannot be used" : `${error instanceof Error ? error.message : ""}${cause}`;
      return { status: unusable ? 200 : null, message: this.#shown(said), retryAfterMs: null };
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener("abort", pass);
    }
  }

  async #send(url: string, body: Body | null, signal: AbortSignal): Promise<Response> {
    const headers = { Authorization: `Api-Key ${this.#key}`, "Content-Type": "application/json" };
    const how = body === null ? { method: "GET" } : { method: "POST", body: JSON.stringify(body) };
    return (this.options.fetch ?? fetch)(url, { ...how, headers, signal, redirect: "manual" });
  }

  #failure(answer: Response, text: string): Failure {
    let said: unknown = text;
    let asked: unknown = answer.headers.get("retry-after");
    try {
      const value = JSON.parse(text);
      said = value?.error ?? value?.message ?? text;
      asked = value?.retry_after ?? asked;
    } catch {
      // a proxy's page
    }
    const seconds = asked === null || asked === "" ? NaN : Number(asked);
    const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
    return { status: answer.status, message: this.#shown(String(said)), retryAfterMs };
  }

  #shown(text: string): string {
    return text.replaceAll(this.#key, "[key]").replace(/[^\x20-\x7e\u00a1-\ufffc]+/g, " ").slice(0, 300);
  }

  #error({ status, message }: Failure): TeiError {
    const said = `model ${this.name}: ${status} ${message}`;
    const told = { status };
    if (status === 401 || status === 402 || status === 403) {
      const some = status === 403 ? ", and for this model if it is for some only" : "";
      const check = `check BASETEN_API_KEY, which must be of this model's workspace${some}`;
      return new TeiError("unauthorized", `${said}: ${check}`, told);
    }
    if (status === 404) return new TeiError("unavailable", `${said}: generate the module again`, told);
    if (status !== null && status >= 400 && status < 500 && status !== 424) return new TeiError("refused", said, told);
    return new TeiError("unavailable", `${said}: read the model's logs on Baseten`, told);
  }
}

class BadAnswer extends Error {}

/** What a 429 or 503 asks for and up to a quarter more; else 0.25, 0.5, 1 … 10 s, less up to half. */
function pauseMs(failure: Failure, tries: number): number {
  if (failure.retryAfterMs !== null) return failure.retryAfterMs * (1 + Math.random() / 4);
  return (Math.min(10_000, 250 * 2 ** Math.min(tries - 1, 10)) * (1 + Math.random())) / 2;
}

function apiKey(options: ConnectOptions): string {
  const there = globalThis as { process?: { env?: { [name: string]: string | undefined } } };
  const key = (options.apiKey ?? there.process?.env?.["BASETEN_API_KEY"] ?? "").trim();
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new TeiError("unauthorized", "no API key: set BASETEN_API_KEY, or give connect an apiKey");
  }
  return key;
}

/** The key is sent to https, or to this machine. */
function requireSafe(url: string, name: string): void {
  const { protocol, hostname } = new URL(url);
  const local = ["127.0.0.1", "localhost", "[::1]"].includes(hostname) || hostname.endsWith(".localhost");
  if (protocol !== "https:" && !(protocol === "http:" && local)) {
    throw new TeiError("usage", `model ${name}: ${url} is not https, and the API key is never sent unencrypted`);
  }
}

type Info = { readonly model_type: object; readonly version: unknown; readonly [key: string]: unknown };

function readInfo(value: unknown): Info {
  const info = value as Partial<Info> | null;
  if (!info || typeof info.model_type !== "object" || info.model_type === null) throw new BadAnswer();
  return { ...info, model_type: info.model_type, version: info.version };
}

/** The live router's values come first. Before 1.9.0 a router aborts when its permits are all taken: half are used. */
function liveLimits(limits: Limits, info: Info): Limits {
  const live = Object.fromEntries(
    Object.entries(info).filter(([key, value]) => key in limits && ["number", "boolean"].includes(typeof value)),
  );
  const found: Limits = { ...limits, ...live };
  const [major = 0, minor = 0] = String(info.version ?? "").split(".").map(Number);
  if (major > 1 || (major === 1 && minor >= 9)) return found;
  return { ...found, max_concurrent_requests: Math.max(1, Math.floor(found.max_concurrent_requests / 2)) };
}
