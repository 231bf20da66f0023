// A service in TypeScript: does what its argument names, with what its standard input holds, and prints JSON.

import {
  connect,
  models,
  spaceProblems,
  TeiError,
  type ClassifierClient,
  type EmbeddingClient,
  type RerankerClient,
  type Space,
} from "./search_models.js";

declare const process: { argv: string[]; stdin: AsyncIterable<{ toString(): string }> };

const scenario = process.argv[2] ?? "";
let given = "";
for await (const part of process.stdin) given += part.toString();
const told = JSON.parse(given);
const { texts = [], options = {}, call = {} } = told as { texts: string[]; options: object; call: object };

const scenarios: { [name: string]: () => Promise<unknown> } = {
  async embed() {
    const client: EmbeddingClient<"query" | "document" | "clustering"> = connect(models.search, options);
    return (await client.embed(texts, call)).map((vector) => [...vector]);
  },
  async prompts() {
    const client = connect(models.search);
    const [document] = await client.embedDocuments(["cats"]);
    const [cluster] = await client.embed(["cats"], { promptName: "clustering" });
    return [await client.embedQuery("cats"), document, cluster].map((vector) => [...(vector ?? [])]);
  },
  async routed() {
    return [...(await connect(models.search, options).embedQuery("cats"))];
  },
  async rerank() {
    const client: RerankerClient = connect(models.rerank);
    return client.rerank("what sleeps?", texts);
  },
  async classify() {
    const client: ClassifierClient<(typeof models.moods.labels)[number]> = connect(models.moods);
    const [first] = await client.classify(texts);
    const love: number | undefined = first?.love;
    return [love, await client.classify(texts)];
  },
  async together() {
    const client = connect(models.search, options);
    await client.ready();
    const calls = Array.from({ length: 20 }, (_, n) => client.embed(texts.map((text) => `${text} ${n}`)));
    return (await Promise.all(calls)).map((vectors) => vectors.length);
  },
  async abort() {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("the reader has gone")), 300);
    return connect(models.search).embed(texts, { signal: stop.signal });
  },
  async after() {
    // the call that was ended gives its permits back: a later one is answered
    const client = connect(models.search, { replicas: 1 });
    const ended = await client.embed(texts, { timeoutMs: 500 }).catch((error: TeiError) => error.kind);
    return [ended, (await client.embed(texts, { timeoutMs: 60_000 })).length];
  },
  async compare() {
    return told.pairs.map(([one, other]: [Space, Space]) => spaceProblems(one, other));
  },
};

/** What no model can do: never called, but compiled. */
export async function wrong(): Promise<void> {
  // @ts-expect-error another task's method
  await connect(models.rerank).embed(["a"]);
  // @ts-expect-error a prompt that is not there
  await connect(models.search).embed(["a"], { promptName: "qery" });
  // @ts-expect-error one text where a list belongs
  await connect(models.search).embed("a");
  // @ts-expect-error a space that is no space
  connect(models.search, { expectSpace: { model_id: "a/b" } });
  const [mood] = await connect(models.moods.environments.production).classify(["a"]);
  // @ts-expect-error a label that is not there
  console.log(mood?.anger);
}

try {
  console.log(JSON.stringify({ found: await scenarios[scenario]?.() }));
} catch (error) {
  if (error instanceof TeiError) {
    const { kind, status, index, message } = error;
    console.log(JSON.stringify({ kind, status, index, message }));
  } else console.log(JSON.stringify({ thrown: String(error) }));
}
