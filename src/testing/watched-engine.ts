import { RunEngine } from "../engine/run-engine.ts";
import type { RunEngineOptions } from "../engine/run-engine-options.ts";
import { RecordedDocuments } from "./recorded-documents.ts";

/** An engine of little patience, with the documents that it emits and what it warns of. */
export function watchedEngine(options: RunEngineOptions = {}) {
  const warnings: string[] = [];
  const engine = new RunEngine({
    answerSeconds: 0.1,
    actionSeconds: 0.3,
    warn: (text) => warnings.push(text),
    ...options,
  });
  const documents = new RecordedDocuments();
  engine.subscribe(documents.take);
  return { engine, documents, warnings };
}
