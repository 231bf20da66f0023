const CHARACTERS_PER_TOKEN = 250; // TEI reads no more of a text for each token of `max_input_length`
const encoder = new TextEncoder();

type Batch = { readonly first: number; readonly texts: readonly string[] };

function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length;
}

/** Return the texts in requests that the router takes, in their order. Throws for a text that it does not take. */
function plan(router: Router, texts: readonly string[], bytesWithout: number, bytesBeside: number): Batch[] {
  const room = router.limits.payload_limit_bytes - bytesWithout;
  const batches: { first: number; texts: string[] }[] = [];
  let left = 0;
  texts.forEach((given, index) => {
    const text = sendable(router, given, index);
    const bytes = jsonBytes(text) + bytesBeside;
    if (bytes > room) refuse(index, `needs ${bytes} bytes, but a request to this model holds at most ${room}: split it`);
    const batch = batches.at(-1);
    if (batch && batch.texts.length < router.textsPerRequest && bytes <= left) {
      batch.texts.push(text);
      left -= bytes;
    } else {
      batches.push({ first: index, texts: [text] });
      left = room - bytes;
    }
  });
  return batches;
}

function sendable(router: Router, text: string, index: number | null): string {
  if (typeof text !== "string") refuse(index, `is of type ${typeof text}, not a string: convert it, or leave it out`);
  if (text === "") refuse(index, "is empty, which no model accepts: leave it out");
  if (/\p{Surrogate}/u.test(text)) refuse(index, "contains half of a surrogate pair: decode its source again");
  const { auto_truncate, max_input_length } = router.limits;
  const most = CHARACTERS_PER_TOKEN * (max_input_length ?? Infinity);
  if (text.length <= most) return text;
  const characters = [...text];
  if (characters.length <= most) return text;
  if (!auto_truncate) refuse(index, `has ${characters.length} characters, but the model reads at most ${most}: split it`);
  return characters.slice(0, most).join("");
}

function refuse(index: number | null, reason: string): never {
  throw new TeiError("refused", `${index === null ? "the query" : `text ${index}`} ${reason}`, { index });
}

/** Send batches, as many at once as the replicas let in. The first failure ends the call. */
async function sendAll(router: Router, batches: readonly Batch[], send: (batch: Batch) => Promise<void>): Promise<void> {
  const waiting = batches.values();
  const work = async () => {
    for (const batch of waiting) await send(batch);
  };
  await Promise.all(Array.from({ length: Math.min(router.requestsUnderWay, batches.length) }, work));
}

/** Return the rows of an answer. Throws `BadAnswer` unless there is one for each text. */
function rows(value: unknown, count: number): unknown[] {
  if (!Array.isArray(value) || value.length !== count) throw new BadAnswer();
  return value;
}

function numberOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new BadAnswer();
  return value;
}

/** Return the rows by their `index`. */
function byIndex<T>(value: unknown, count: number, read: (row: Body) => T): T[] {
  const found = new Map<number, T>();
  for (const row of rows(value, count) as Body[]) found.set(numberOf(row?.["index"]), read(row));
  return Array.from({ length: count }, (_, place) => {
    const row = found.get(place);
    if (row === undefined) throw new BadAnswer();
    return row;
  });
}
