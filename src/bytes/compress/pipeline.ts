import { DaqError } from "../../model/errors.ts";
import type { Codec, CodecMemory } from "./codec-contract.ts";
import { damaged } from "./damaged.ts";
import type { EncodeStep } from "./encode-step.ts";
import { codecOf as knownCodecOf } from "./registry.ts";

/** How much memory a pipeline needs: its result, and a spare area for what is between steps and for their work. */
export type PipelineNeeds = { readonly resultBytes: number; readonly spareBytes: number };

/** Where a pipeline works. `result` and `spare` have the sizes of its needs; nothing overlaps. */
export type PipelineAreas = {
  readonly source: number;
  readonly length: number;
  readonly result: number;
  readonly spare: number;
};

const lineBytes = 64;

/** Starts of areas within the spare one stay at multiples of a cache line. */
function wholeLines(bytes: number): number {
  return Math.ceil(bytes / lineBytes) * lineBytes;
}

function codecOf(step: EncodeStep): Codec<EncodeStep> {
  const codec = knownCodecOf(step);
  if (codec !== undefined) return codec;
  throw new DaqError("format", `There is no codec "${(step as { codec: unknown }).codec}".`, {
    hint: "The program that asks for it has to be corrected.",
  });
}

/** The most bytes there can be before the first step, after it, and so on. Throws for a step that is not possible. */
function stageBytes(steps: readonly EncodeStep[], length: number): readonly number[] {
  const stages = [length];
  for (const step of steps) {
    const codec = codecOf(step);
    codec.check?.(step);
    stages.push(codec.maxEncodedBytes(step, stages.at(-1)!));
  }
  return stages;
}

/** The outputs of the steps go to result and spare by turns, so that the last one is in the result. */
function isInResult(output: number, count: number): boolean {
  return (count - 1 - output) % 2 === 0;
}

type Needs = PipelineNeeds & { readonly outputs: readonly number[]; readonly workOffset: number };

function needsOf(steps: readonly EncodeStep[], decodedBytes: number, direction: "encode" | "decode"): Needs {
  const stages = stageBytes(steps, decodedBytes);
  const outputs = direction === "encode" ? stages.slice(1) : stages.slice(0, -1).reverse();
  let resultBytes = decodedBytes * (steps.length === 0 ? 1 : 0);
  let betweenBytes = 0;
  outputs.forEach((bytes, index) => {
    if (isInResult(index, outputs.length)) resultBytes = Math.max(resultBytes, bytes);
    else betweenBytes = Math.max(betweenBytes, bytes);
  });
  const workBytes = steps.map(
    (step, index) => codecOf(step).workBytes?.(step, stages[index]!, direction) ?? 0,
  );
  const workOffset = wholeLines(betweenBytes);
  return { resultBytes, spareBytes: workOffset + Math.max(0, ...workBytes), outputs, workOffset };
}

/** Throws `DaqError("format")` for steps that are not possible. */
export function encodeNeeds(steps: readonly EncodeStep[], length: number): PipelineNeeds {
  return needsOf(steps, length, "encode");
}

export function decodeNeeds(steps: readonly EncodeStep[], decodedBytes: number): PipelineNeeds {
  return needsOf(steps, decodedBytes, "decode");
}

function runSteps(
  steps: readonly EncodeStep[],
  direction: "encode" | "decode",
  memory: CodecMemory,
  needs: Needs,
  areas: PipelineAreas,
): number {
  let { source, length } = areas;
  const work = areas.spare + needs.workOffset;
  steps.forEach((step, index) => {
    const target = isInResult(index, steps.length) ? areas.result : areas.spare;
    const capacity = needs.outputs[index]!;
    length = codecOf(step)[direction](step, memory, { source, length, target, capacity, work });
    source = target;
  });
  if (steps.length === 0) memory.bytes.copyWithin(areas.result, source, source + length);
  return length;
}

/** Runs the steps; returns how many bytes are in the result. */
export function encodePipeline(
  memory: CodecMemory,
  steps: readonly EncodeStep[],
  areas: PipelineAreas,
): number {
  return runSteps(steps, "encode", memory, needsOf(steps, areas.length, "encode"), areas);
}

/** Undoes the steps, last first. Throws `DaqError("format")` when the source is not `decodedBytes` encoded with them. */
export function decodePipeline(
  memory: CodecMemory,
  steps: readonly EncodeStep[],
  decodedBytes: number,
  areas: PipelineAreas,
): number {
  const needs = needsOf(steps, decodedBytes, "decode");
  const names = steps.map(({ codec }) => codec).join(" + ") || "stored";
  if (steps.length === 0 && areas.length !== decodedBytes)
    throw damaged(names, `it has ${areas.length} bytes, where ${decodedBytes} belong`);
  const length = runSteps(steps.toReversed(), "decode", memory, needs, areas);
  if (length !== decodedBytes) throw damaged(names, `it holds ${length} bytes, where ${decodedBytes} belong`);
  return length;
}
