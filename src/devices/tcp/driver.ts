import type { SettingValues } from "../../model/setting.ts";
import { byteStream } from "../byte-stream/byte-stream.ts";
import type { RecordDecoder } from "../byte-stream/record-decoder.ts";
import { byteStreamSettings } from "../byte-stream/settings.ts";
import type { FrameSource, SourceContext, SourceDriver } from "../contract.ts";
import { connectionError, openConnection } from "../tcp-connection.ts";
import { SocketReader } from "./socket-reader.ts";

/** Records what a TCP server sends. */
export const tcpDriver: SourceDriver = {
  name: "tcp",
  summary: "A TCP server: what it sends after the connection becomes records.",
  settings: [
    { key: "host", kind: "string", default: "127.0.0.1", doc: "Name or address of the server." },
    { key: "port", kind: "integer", required: true, min: 1, max: 65535, doc: "Port of the server." },
    {
      key: "connect_timeout_ms",
      kind: "integer",
      default: 5000,
      min: 1,
      unit: "ms",
      doc: "How long to wait for the connection.",
    },
    {
      key: "stop_timeout_ms",
      kind: "integer",
      default: 500,
      min: 0,
      unit: "ms",
      doc: "How long the rest of a record that has begun is waited for when the run stops.",
    },
    ...byteStreamSettings,
  ],
  create: (id, settings) => createTcp(id, settings),
};

function createTcp(id: string, settings: SettingValues): FrameSource {
  const host = settings.host as string;
  const port = settings.port as number;
  const stream = byteStream(id, `tcp: ${host}:${port}`, settings);

  async function run(context: SourceContext): Promise<void> {
    const { clock, signal } = context;
    const decoder = stream.open(context);
    if (signal.aborted || decoder.finished) return;
    const timeoutMs = settings.connect_timeout_ms as number;
    const stopTimeoutMs = settings.stop_timeout_ms as number;
    const connection = { id, host, port, timeoutMs, clock, signal };
    const socket = await openConnection(connection);
    if (socket === undefined) return;
    // A server that lost its power never says so; probes find out.
    socket.setKeepAlive(true, 10_000);
    const reader = new SocketReader(socket, (cause) => connectionError(connection, cause));
    const stop = () => {
      // While a chunk is being decoded the loop below looks at the signal itself.
      if (reader.waiting) void leaveAfterRecord(reader, decoder, context, stopTimeoutMs);
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const chunk of reader.chunks()) {
        await decoder.push(chunk);
        if (signal.aborted) void leaveAfterRecord(reader, decoder, context, stopTimeoutMs);
        if (decoder.finished) break;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      reader.leave();
      await decoder.end("cut");
    }
  }

  return { id, streams: [stream.schema], run };
}

/** At a stop: between two records the connection is left at once; within one, its rest is waited for a little. */
async function leaveAfterRecord(
  reader: SocketReader,
  decoder: RecordDecoder,
  { clock }: SourceContext,
  waitMs: number,
): Promise<void> {
  decoder.stopAfterRecord();
  if (decoder.inRecord) await clock.sleep(waitMs, reader.closed);
  reader.leave();
}
