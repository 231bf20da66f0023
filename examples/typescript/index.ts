import * as tei from "pulumi-baseten-tei";

const search = new tei.Embedding("search", {
    model_id: "BAAI/bge-small-en-v1.5",
    accelerator: "L4",
    autoscaling: { max_replica: 4 },
});
export const embeddings_url = search.outputs.embeddings_url;
