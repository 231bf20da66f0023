// A client of these models, with `fetch` alone. `connect(models.search)` is typed by the model's task.

/** What went wrong: `refused` is a text or request that the model does not take, `space` another embedding space. */
export type TeiErrorKind = "deadline" | "refused" | "space" | "unauthorized" | "unavailable" | "usage";

/** All that a client throws, but the reason of a caller's own AbortSignal. No message holds a key or a text. */
export class TeiError extends Error {
  readonly kind: TeiErrorKind;
  /** The HTTP status, of an answer. */
  readonly status: number | null;
  /** The place of the text that was refused. */
  readonly index: number | null;

  constructor(kind: TeiErrorKind, message: string, told: { status?: number | null; index?: number | null } = {}) {
    super(message);
    this.name = "TeiError";
    this.kind = kind;
    this.status = told.status ?? null;
    this.index = told.index ?? null;
  }
}
