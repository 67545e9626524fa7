import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { DaqError } from "../../model/errors.ts";
import type { SettingValues } from "../../model/setting.ts";
import { type RunOptions, startSource } from "../../testing/run-source.ts";
import { systemClock } from "../system-clock.ts";
import { tcpDriver } from "./driver.ts";

/** A server on a free port that treats each connection with `serve`. */
async function serving(context: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function start(port: number, settings: SettingValues, more: RunOptions = {}) {
  return startSource(tcpDriver, {
    clock: systemClock,
    settings: { port, encoding: "lines", ...settings },
    ...more,
  });
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain: ${what}`);
    await wait(5);
  }
}

const frames = { encoding: "raw", dtype: "uint16", shape: [100, 100], byte_order: "big" };

test("records what a server sends until it closes", async (context) => {
  const port = await serving(context, (socket) => socket.end("1;2\n3;4\n"));
  const { stream, done } = start(port, { columns: ["a", "b"], units: ["V", ""] });
  await done;
  assert.deepEqual([...(stream.values("b") as Float64Array)], [2, 4]);
  assert.equal(stream.schema.source, `tcp: 127.0.0.1:${port}`);
  assert.equal(stream.account.lost, 0);
});

test("records big-endian frames whole, also when it is held back", async (context) => {
  const frame = (value: number) => Buffer.alloc(20_000, Buffer.from([value, 1]));
  const port = await serving(context, (socket) => {
    for (let value = 0; value < 100; value++) socket.write(frame(value));
    socket.end();
  });
  const { stream, done } = start(port, frames, { backPressure: () => wait(1) });
  await done;
  assert.equal(stream.stored, 100);
  const values = stream.values("frame") as Uint16Array;
  assert.ok(values.every((value, index) => value === Math.floor(index / 10_000) * 256 + 1));
});

test("counts a record as lost that the server closed in the middle of", async (context) => {
  const port = await serving(context, (socket) => socket.end(Buffer.alloc(21_234)));
  const { stream, warnings, done } = start(port, frames);
  await done;
  assert.equal(stream.stored, 1);
  assert.equal(stream.account.ranges[0]!.detail, "incomplete: 1234 of 20000 bytes");
  assert.equal(warnings.length, 1);
});

test("says that a connection was reset, and keeps and accounts for what came before", async (context) => {
  const port = await serving(context, (socket) => {
    socket.write(Buffer.alloc(30_000), () => setTimeout(() => socket.resetAndDestroy(), 100));
  });
  const { stream, done } = start(port, frames);
  await assert.rejects(done, {
    code: "device",
    message: new RegExp(`device0.*${port} broke off the connection`),
  });
  assert.deepEqual([stream.stored, stream.account.lost], [1, 1]);
});

test("says that nothing listens at the port", async (context) => {
  const port = await serving(context, () => {});
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const closed = (free.address() as AddressInfo).port;
  free.close();
  await once(free, "close");
  assert.notEqual(port, closed);
  await assert.rejects(start(closed, {}).done, {
    code: "device",
    message: /device0.*refused.*nothing listens/,
  });
});

test("says that a host is not known", async () => {
  await assert.rejects(start(1, { host: "no-such-host.invalid" }).done, {
    code: "device",
    message: /no-such-host\.invalid:1/,
  });
});

test("gives up on a server that does not answer", async () => {
  // An address of TEST-NET-1, which is never in use: either nothing answers, or the network says so at once.
  const started = performance.now();
  await assert.rejects(start(9, { host: "192.0.2.1", connect_timeout_ms: 150 }).done, {
    code: "device",
    message: /192\.0\.2\.1:9/,
  });
  assert.ok(performance.now() - started < 5000);
});

test("stops at once between two records, also while it connects", async (context) => {
  const port = await serving(context, (socket) => socket.write("1\n"));
  for (const waitForRecord of [true, false]) {
    const controller = new AbortController();
    const { stream, done } = start(port, { stop_timeout_ms: 60_000 }, { signal: controller.signal });
    if (waitForRecord) await until("first record", () => stream.stored === 1);
    const asked = performance.now();
    controller.abort();
    await done;
    assert.ok(performance.now() - asked < 1000);
    assert.equal(stream.account.lost, 0);
  }
});

test("waits for the rest of the record in hand when the run stops, and for no other", async (context) => {
  let client: Socket | undefined;
  const port = await serving(context, (socket) => {
    client = socket;
    socket.write(Buffer.alloc(30_000));
  });
  const controller = new AbortController();
  const { stream, done } = start(port, { ...frames, stop_timeout_ms: 5000 }, { signal: controller.signal });
  await until("the first frame", () => stream.stored === 1);
  await wait(50);
  controller.abort();
  await wait(50);
  client!.write(Buffer.alloc(25_000));
  await done;
  assert.deepEqual([stream.stored, stream.account.lost], [2, 0]);
});

test("does not wait longer than it is told for the rest of a record", async (context) => {
  const port = await serving(context, (socket) => socket.write("1\n2"));
  const controller = new AbortController();
  const { stream, done } = start(port, { stop_timeout_ms: 100 }, { signal: controller.signal });
  await until("first record", () => stream.stored === 1);
  await wait(50);
  controller.abort();
  await done;
  assert.deepEqual([stream.stored, stream.account.lost], [1, 1]);
});

test("stops a server that never pauses, without a loss", async (context) => {
  const port = await serving(context, (socket) => {
    const chunk = Buffer.alloc(12_345);
    const fill = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", fill);
    fill();
  });
  const controller = new AbortController();
  const { stream, done } = start(port, frames, { signal: controller.signal });
  await until("some frames", () => stream.stored > 20);
  controller.abort();
  await done;
  assert.equal(stream.account.lost, 0);
});

test("leaves the server after exactly the limit of records", async (context) => {
  let closed = false;
  const port = await serving(context, (socket) => {
    socket.on("close", () => {
      closed = true;
    });
    socket.write("1\n2\n3\n4\n5\n6");
  });
  const { stream, done } = start(port, {}, { recordLimit: 3 });
  await done;
  assert.deepEqual([stream.account.produced, stream.stored], [3, 3]);
  await until("the server sees the end", () => closed);
});

test("passes the sink's error on and leaves the server", async (context) => {
  let closed = false;
  const port = await serving(context, (socket) => {
    socket.on("close", () => {
      closed = true;
    });
    socket.write("1\n");
  });
  const full = new DaqError("ring-full", "The ring stayed full.");
  await assert.rejects(start(port, {}, { backPressure: () => Promise.reject(full) }).done, full);
  await until("the server sees the end", () => closed);
});

test("takes no more from a server than it can pass on", async (context) => {
  let sent = 0;
  const port = await serving(context, (socket) => {
    const chunk = Buffer.alloc(20_000);
    const fill = () => {
      while (!socket.destroyed && sent < 200_000_000 && socket.write(chunk)) sent += chunk.length;
    };
    socket.on("drain", fill);
    fill();
  });
  const controller = new AbortController();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { done } = start(port, frames, { signal: controller.signal, backPressure: () => held });
  await wait(300);
  assert.ok(sent < 50_000_000, `${sent} bytes were taken while nothing could be passed on`);
  controller.abort();
  release();
  await done;
});
