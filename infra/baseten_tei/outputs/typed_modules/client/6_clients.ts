type PromptOf<M> = M extends { readonly prompts: infer P } ? (P extends null ? never : keyof P & string) : never;
type LabelOf<M> = M extends { readonly labels: readonly (infer L extends string)[] } ? L : string;

/** An embedding model. Vectors are in the order of the texts. */
export interface EmbeddingClient<Prompt extends string = string> {
  /** Wake the model, and throw unless it is what the module says. */
  ready(options?: CallOptions): Promise<void>;
  /** Embed texts, each after the prompt of this name, if one is given. */
  embed(texts: readonly string[], options?: CallOptions & { readonly promptName?: Prompt | undefined }): Promise<Float32Array[]>;
  /** Embed one query, after the model's prompt for queries if it has one. */
  embedQuery(query: string, options?: CallOptions): Promise<Float32Array>;
  /** Embed documents, after the model's prompt for documents if it has one. */
  embedDocuments(texts: readonly string[], options?: CallOptions): Promise<Float32Array[]>;
}

/** How well one text answers the query, by its place among the texts. */
export interface Ranked {
  readonly index: number;
  readonly score: number;
}

/** A reranker. */
export interface RerankerClient {
  /** Wake the model, and throw unless it is what the module says. */
  ready(options?: CallOptions): Promise<void>;
  /** Return the texts' scores, best first: from 0 to 1, or the model's logit with `rawScores`. */
  rerank(query: string, texts: readonly string[], options?: CallOptions & { readonly rawScores?: boolean | undefined }): Promise<Ranked[]>;
}

/** A classifier. */
export interface ClassifierClient<Label extends string = string> {
  /** Wake the model, and throw unless it is what the module says. */
  ready(options?: CallOptions): Promise<void>;
  /** Return each text's probability of each label: the sigmoid where several may hold at once, else the softmax. */
  classify(texts: readonly string[], options?: CallOptions): Promise<{ readonly [label in Label]: number }[]>;
}

/** Return a client of one of `models`, or of an environment of it. Nothing is sent yet. Throws `TeiError`. */
export function connect<const M extends Embedding | EmbeddingEnvironment>(model: M, options?: ConnectOptions): EmbeddingClient<PromptOf<M>>;
export function connect<const M extends Reranker | RerankerEnvironment>(model: M, options?: ConnectOptions): RerankerClient;
export function connect<const M extends Classifier | ClassifierEnvironment>(model: M, options?: ConnectOptions): ClassifierClient<LabelOf<M>>;
export function connect(
  asked: Model | EmbeddingEnvironment | RerankerEnvironment | ClassifierEnvironment,
  options: ConnectOptions = {},
): EmbeddingClient | RerankerClient | ClassifierClient {
  const model = options.expectSpace === undefined ? asked : findSpace(asked, options.expectSpace);
  if ("embeddings_url" in model) return embeddingClient(model, new Router(model, "embedding", options));
  if ("rerank_url" in model) return rerankerClient(new Router(model, "reranker", options));
  return classifierClient(model, new Router(model, "classifier", options));
}

/** The model itself, or what is to follow it or served before under its name: whichever is in that space. */
function findSpace(model: { readonly name: string }, expected: Space): EmbeddingEnvironment {
  const { spaces = {} } = model as { readonly spaces?: { readonly [role: string]: object } };
  const others = Object.entries(spaces).map(([role, it]) => ({ ...it, name: `${model.name}.${role}` }));
  const reasons: string[] = [];
  for (const it of [model, ...others] as Partial<EmbeddingEnvironment>[]) {
    const problems = it.space ? spaceProblems(expected, it.space) : ["it is not an embedding model"];
    if (problems.length === 0) return it as EmbeddingEnvironment;
    reasons.push(`${it.name}: ${problems.join("; ")}`);
  }
  const said = `model ${model.name} is in another embedding space than expected: ${reasons.join(". ")}`;
  throw new TeiError("space", `${said}: embed the index again, or connect to the model it was made with`);
}

function embeddingClient(model: Embedding | EmbeddingEnvironment, router: Router): EmbeddingClient {
  const prompts = model.prompts ?? {};
  const embed = async (texts: readonly string[], prompt: string, options: CallOptions): Promise<Float32Array[]> =>
    router.run(options, async (call) => {
      const body = (input: readonly string[]) => ({ model: "model", encoding_format: "base64", input });
      texts.forEach((text, index) => sendable(router, text, index));
      const found: Float32Array[] = [];
      const batches = plan(router, texts.map((text) => prompt + text), jsonBytes(body([])), 1);
      await sendAll(router, batches, async (batch) => {
        const read = (value: unknown) => byIndex((value as Body | null)?.["data"], batch.texts.length, readVector);
        const vectors = await router.ask("/v1/embeddings", body(batch.texts), batch.texts.length, call, read);
        vectors.forEach((vector, place) => (found[batch.first + place] = vector));
      });
      if (new Set(found.map((vector) => vector.length)).size > 1) {
        throw new TeiError("unavailable", `model ${router.name}: vectors of several lengths, since a release is under way`);
      }
      return found;
    });
  return {
    ready: (options = {}) => router.run(options, async () => {}),
    embed: async (texts, options = {}) => {
      const { promptName } = options;
      if (promptName !== undefined && !Object.hasOwn(prompts, promptName)) {
        const known = Object.keys(prompts).join(", ") || "none: write `prompts` in its spec, and run `pulumi up`";
        throw new TeiError("usage", `model ${router.name} does not have the prompt ${promptName}; its prompts are ${known}`);
      }
      return embed(texts, promptName === undefined ? "" : (prompts[promptName] ?? ""), options);
    },
    embedQuery: async (query, options = {}) => {
      const [vector] = await embed([query], prompts["query"] ?? "", options);
      return vector as Float32Array;
    },
    embedDocuments: async (texts, options = {}) => embed(texts, prompts["document"] ?? "", options),
  };
}

function readVector(row: Body): Float32Array {
  const encoded = row["embedding"];
  if (typeof encoded !== "string") throw new BadAnswer();
  let bytes;
  try {
    bytes = bytesOf(encoded);
  } catch {
    throw new BadAnswer();
  }
  if (bytes.length === 0 || bytes.length % 4 !== 0) throw new BadAnswer();
  const vector = new Float32Array(bytes.buffer);
  if (!vector.every(Number.isFinite)) throw new BadAnswer();
  return vector;
}

function rerankerClient(router: Router): RerankerClient {
  return {
    ready: (options = {}) => router.run(options, async () => {}),
    rerank: (query, texts, options = {}) =>
      router.run(options, async (call) => {
        const settings = { query: sendable(router, query, null), raw_scores: options.rawScores ?? false };
        const found: Ranked[] = [];
        const batches = plan(router, texts, jsonBytes({ ...settings, texts: [] }), 1);
        await sendAll(router, batches, async (batch) => {
          const read = (value: unknown) => byIndex(value, batch.texts.length, (row) => numberOf(row["score"]));
          const scores = await router.ask("/rerank", { ...settings, texts: batch.texts }, batch.texts.length, call, read);
          scores.forEach((score, place) => found.push({ index: batch.first + place, score }));
        });
        return found.sort((one, other) => other.score - one.score || one.index - other.index);
      }),
  };
}

function classifierClient(model: Classifier | ClassifierEnvironment, router: Router): ClassifierClient {
  const multiLabel = router.options.multiLabel ?? model.multi_label;
  if (multiLabel === null || multiLabel === undefined) {
    const said = `model ${router.name}: its stack does not say whether several labels may hold at once`;
    throw new TeiError("usage", `${said}: give connect multiLabel: true (sigmoid of each score) or false (softmax)`);
  }
  return {
    ready: (options = {}) => router.run(options, async () => {}),
    classify: (texts, options = {}) =>
      router.run(options, async (call) => {
        const found: { [label: string]: number }[] = [];
        const batches = plan(router, texts, jsonBytes({ raw_scores: multiLabel, inputs: [] }), 3);
        await sendAll(router, batches, async (batch) => {
          const body = { raw_scores: multiLabel, inputs: batch.texts.map((text) => [text]) };
          const read = (value: unknown) => rows(value, batch.texts.length).map((row) => readScores(row, multiLabel));
          const scores = await router.ask("/predict", body, batch.texts.length, call, read);
          scores.forEach((row, place) => (found[batch.first + place] = row));
        });
        return found;
      }),
  };
}

function readScores(row: unknown, multiLabel: boolean): { [label: string]: number } {
  if (!Array.isArray(row)) throw new BadAnswer();
  const scores = (row as Body[]).map((it): [string, number] => {
    const score = numberOf(it["score"]);
    return [String(it["label"]), multiLabel ? 1 / (1 + Math.exp(-score)) : score];
  });
  return Object.fromEntries(scores);
}
