/** What every call takes. */
export interface CallOptions {
  /** Ends the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call with its cold start; default: those of `connect`. */
  readonly timeoutMs?: number | undefined;
}

/** One call: its deadline, the caller's signal, and what happened last. */
class Call {
  last = "still waiting for its turn";
  readonly signal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #end: number;
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #outer: AbortSignal | undefined;

  constructor(name: string, timeoutMs: number, outer: AbortSignal | undefined) {
    if (!(timeoutMs > 0)) throw new TeiError("usage", `timeoutMs must be above 0, not ${timeoutMs}`);
    outer?.throwIfAborted();
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    this.#outer = outer;
    this.#end = performance.now() + timeoutMs;
    this.signal = this.#stop.signal;
    this.#timer = setTimeout(() => this.stop(this.#late()), Math.min(timeoutMs, 2 ** 31 - 1));
    outer?.addEventListener("abort", this.#pass);
  }

  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /** Forget timer and signal: to be called once the call has ended. */
  close(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#pass);
  }

  /** Sleep; throws at once where the deadline comes first. */
  async rest(milliseconds: number): Promise<void> {
    this.signal.throwIfAborted();
    if (milliseconds <= 0) return;
    if (performance.now() + milliseconds >= this.#end) throw this.#late();
    await new Promise<void>((resolve, reject) => {
      const give_up = () => {
        clearTimeout(timer);
        reject(this.signal.reason);
      };
      const timer = setTimeout(() => {
        this.signal.removeEventListener("abort", give_up);
        resolve();
      }, milliseconds);
      this.signal.addEventListener("abort", give_up, { once: true });
    });
  }

  /** Take `work` as long as the call lasts. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    let give_up = () => {};
    const ended = new Promise<never>((_, reject) => {
      give_up = () => reject(this.signal.reason);
      this.signal.addEventListener("abort", give_up, { once: true });
    });
    try {
      return await Promise.race([work, ended]);
    } finally {
      this.signal.removeEventListener("abort", give_up);
    }
  }

  readonly #pass = (): void => this.stop(this.#outer?.reason);

  #late(): TeiError {
    const seconds = this.#timeoutMs / 1000;
    return new TeiError(
      "deadline",
      `model ${this.#name}: no complete answer within ${seconds} s (${this.last}): allow more time (timeoutMs), or ` +
        "check the model's state on Baseten",
    );
  }
}

/** Requests and texts under way, at most; first come, first served. */
class Permits {
  #requests: number;
  #texts: number;
  readonly #mostTexts: number;
  readonly #waiting: { texts: number; begin: () => void }[] = [];

  constructor(requests: number, texts: number) {
    this.#requests = requests;
    this.#texts = this.#mostTexts = texts;
  }

  /** Wait for permits, do `work` with them, and give them back. */
  async hold<T>(texts: number, call: Call, work: () => Promise<T>): Promise<T> {
    const wanted = Math.min(texts, this.#mostTexts);
    const place = { texts: wanted, begin: () => {} };
    const turn = new Promise<void>((resolve) => (place.begin = resolve));
    this.#waiting.push(place);
    this.#next();
    try {
      await call.during(turn);
    } catch (error) {
      const at = this.#waiting.indexOf(place);
      if (at >= 0) this.#waiting.splice(at, 1);
      else this.#give(wanted); // its turn came as the call ended
      this.#next();
      throw error;
    }
    try {
      return await work();
    } finally {
      this.#give(wanted);
    }
  }

  #give(texts: number): void {
    this.#requests += 1;
    this.#texts += texts;
    this.#next();
  }

  #next(): void {
    for (let first = this.#waiting[0]; first && this.#requests > 0 && this.#texts >= first.texts; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#requests -= 1;
      this.#texts -= first.texts;
      first.begin();
    }
  }
}
