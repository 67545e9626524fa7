import type { StreamSink } from "../../model/frame-sink.ts";
import type { RecordDecoder } from "./record-decoder.ts";

/**
 * A decoder over a stream that may refuse whole records (a ring that stayed full): they are lost for that reason, and
 * must not pass for the beginning of a record that broke off.
 */
export function withRefusedRecords(
  stream: StreamSink,
  warn: (message: string) => void,
  decoderOver: (stream: StreamSink) => RecordDecoder,
): RecordDecoder {
  let refused: { readonly count: number; readonly why: string } | undefined;
  const refuse = (count: number, error: unknown): never => {
    refused = { count, why: error instanceof Error ? error.message : String(error) };
    throw error;
  };
  const { schema } = stream;
  const decoder = decoderOver({
    schema,
    reserve: (count) => stream.reserve(count),
    lose: (count, reason, detail) => stream.lose(count, reason, detail),
    write: (records) => stream.write(records)?.catch((error: unknown) => refuse(records.count, error)),
  });
  return {
    get finished() {
      return decoder.finished;
    },
    get inRecord() {
      return decoder.inRecord;
    },
    stopAfterRecord: () => decoder.stopAfterRecord(),
    push: (chunk) => decoder.push(chunk),
    async end(how) {
      if (refused === undefined) return decoder.end(how);
      const { count, why } = refused;
      refused = undefined;
      warn(
        `${schema.name}: ${count === 1 ? "1 record was" : `${count} records were`} not taken, and lost: ${why}`,
      );
      await stream.lose(count, "aborted", why);
    },
  };
}
