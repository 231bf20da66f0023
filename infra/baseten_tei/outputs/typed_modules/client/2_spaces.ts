const FINGERPRINT = { version: "v1", numbers: 32, steps: 32, leastCosine: 0.999 };

/** Return why vectors of two spaces must not share an index; nothing where they may. Reasons read "one -> other". */
export function spaceProblems(one: Space, other: Space): string[] {
  const shapes = changes(one, other, ["dimensions", "normalized", "document_prompt"], true);
  if (shapes.length > 0) return shapes;
  const names = [...changes(one, other, ["model_id", "revision"], false), ...changes(one, other, ["pooling"], true)];
  const prompt = knowsPrompt(one) && knowsPrompt(other) ? "prompt" : "prompt_name";
  names.push(...changes(one, other, [prompt], false));
  const cosine = leastCosine(one.fingerprint ?? null, other.fingerprint ?? null);
  if (cosine === null) return names;
  if (cosine >= FINGERPRINT.leastCosine) return [];
  return [`a probe text has another vector: cosine ${cosine.toFixed(4)}`, ...names];
}

function knowsPrompt(space: Space): boolean {
  return (space.prompt ?? null) !== null || (space.prompt_name ?? null) === null;
}

/** With `known`, what either side does not say is not compared. */
function changes(one: Space, other: Space, keys: readonly (keyof Space)[], known: boolean): string[] {
  return keys.flatMap((key) => {
    const [mine, theirs] = [one[key] ?? null, other[key] ?? null];
    if (mine === theirs || (known && (mine === null || theirs === null))) return [];
    return [`${key} ${JSON.stringify(mine)} -> ${JSON.stringify(theirs)}`];
  });
}

/** The least cosine of the probe texts' vectors; null where the two cannot be compared. */
function leastCosine(one: string | null, other: string | null): number | null {
  const [before, after] = [fingerprintNumbers(one), fingerprintNumbers(other)];
  if (before === null || after === null) return null;
  const { numbers, steps } = FINGERPRINT;
  let least = 1;
  for (let at = 0; at < Math.min(before.length, after.length); at += numbers) {
    let squares = 0;
    for (let place = at; place < at + numbers; place++) squares += ((before[place] ?? 0) - (after[place] ?? 0)) ** 2;
    least = Math.min(least, 1 - squares / (2 * numbers * steps ** 2));
  }
  return least;
}

function fingerprintNumbers(text: string | null): Int8Array | null {
  const [version, encoded] = (text ?? "").split(":");
  if (version !== FINGERPRINT.version || !encoded) return null;
  try {
    const found = new Int8Array(bytesOf(encoded).buffer);
    return found.length > 0 && found.length % FINGERPRINT.numbers === 0 ? found : null;
  } catch {
    return null;
  }
}

function bytesOf(base64: string) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
