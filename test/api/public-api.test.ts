import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

/** Every name that a program can import, by sub-path. A change here is a change of the public interface. */
const publicNames: Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }> =
  {
    ".": {
      values: [
        "ComediStreamWriter",
        "DaqError",
        "Hdf5Writer",
        "Recorder",
        "RecorderProcess",
        "RingBuffer",
        "RingReader",
        "RingWriter",
        "driverNames",
        "dtypes",
        "errorCodes",
        "exitCodeOf",
        "exitCodes",
        "formatNames",
        "formatOfPath",
        "isFormatName",
        "isLossless",
        "loadConfig",
        "loadDriver",
        "loadFormat",
        "readRunIndex",
        "recordRun",
        "recover",
        "systemClock",
        "typedView",
      ],
      types: [
        "Batch",
        "ChannelConfig",
        "Clock",
        "Column",
        "ColumnValues",
        "ComediResult",
        "ComediStreamWriterOptions",
        "CompressionType",
        "Config",
        "DType",
        "DeviceConfig",
        "Driver",
        "ErrorCode",
        "FileSummary",
        "Format",
        "FormatName",
        "FormatOptions",
        "FormatWriter",
        "FrameSink",
        "FrameSource",
        "Hdf5WriterOptions",
        "Hdf5WriterResult",
        "Ledger",
        "LoadConfigOptions",
        "LoadedConfig",
        "LossReason",
        "LostRange",
        "Metadata",
        "MetadataValue",
        "OutputOptions",
        "OutputSummary",
        "ReaderOptions",
        "RecorderHooks",
        "RecorderOptions",
        "RecorderOutcome",
        "RecorderProcessHooks",
        "RecorderProgress",
        "RecorderResult",
        "RecordsToWrite",
        "Recovery",
        "Reservation",
        "RingBufferConfig",
        "RingBufferOptions",
        "RingBufferSize",
        "RingRecord",
        "RingState",
        "RingStatus",
        "RingStream",
        "Run",
        "RunEnd",
        "RunHooks",
        "RunIndex",
        "RunInfo",
        "RunLimits",
        "RunProgress",
        "RunReport",
        "Scans",
        "SourceContext",
        "StorageConfig",
        "StorageFormat",
        "StoredSamples",
        "StreamAccount",
        "StreamSchema",
        "StreamSink",
        "StreamView",
        "TypedArray",
      ],
    },
    "./ring": {
      values: ["RingBuffer", "RingReader", "RingWriter", "overflowModes"],
      types: [
        "ConsumerStatus",
        "OverflowMode",
        "ReaderOptions",
        "ResolvedRingOptions",
        "RingBufferOptions",
        "RingBufferSize",
        "RingOptions",
        "RingRecord",
        "RingState",
        "RingStatus",
        "RingStream",
        "StreamView",
      ],
    },
    "./recorder": {
      values: ["Recorder", "RecorderProcess", "journalPath", "readRunIndex", "recover"],
      types: [
        "OutputOptions",
        "OutputSummary",
        "RecorderHooks",
        "RecorderOptions",
        "RecorderOutcome",
        "RecorderProcessHooks",
        "RecorderProgress",
        "RecorderResult",
        "Recovery",
        "RunEnd",
        "RunIndex",
      ],
    },
    "./formats": {
      values: ["formatNames", "formatOfPath", "isFormatName", "loadFormat", "openFileSink"],
      types: [
        "ByteSink",
        "FileSummary",
        "Format",
        "FormatName",
        "FormatOptions",
        "FormatWriter",
        "OpenSink",
        "OutputFile",
        "RecoveredFile",
        "WriterState",
        "WriterTarget",
      ],
    },
    "./formats/arrow": { values: ["ArrowReader"], types: ["ArrowBatch"] },
    "./formats/csv": { values: ["readRows"], types: ["ReadRowsOptions"] },
    "./formats/hdf5": {
      values: [
        "Hdf5File",
        "arrayType",
        "booleanType",
        "compoundType",
        "enumType",
        "fixedStringType",
        "floatType",
        "integerType",
        "vlenStringType",
      ],
      types: [
        "AttributeValue",
        "Attributes",
        "ChunkedArray",
        "ChunkedArraySpec",
        "CompoundMember",
        "DatasetSpec",
        "Datatype",
        "Filter",
        "FixedDataset",
        "FixedDatasetSpec",
        "FixedStringOptions",
        "Group",
        "GrowingDataset",
        "Hdf5FileOptions",
        "Hdf5State",
        "RawAttribute",
        "ReadAt",
      ],
    },
    "./devices": {
      values: [
        "configuredSchema",
        "driverNames",
        "fillSampleTimes",
        "loadDriver",
        "sampleOffsetNs",
        "systemClock",
      ],
      types: ["Clock", "Driver", "FrameSource", "SourceContext"],
    },
    "./model": {
      values: [
        "DaqError",
        "columnItemBytes",
        "dtypeBytes",
        "dtypes",
        "errorCodes",
        "exitCodeOf",
        "exitCodes",
        "indexColumns",
        "isDType",
        "isLossless",
        "isStreamName",
        "lossReasons",
        "parseJson",
        "parseStreamSchema",
        "toJson",
        "typedView",
      ],
      types: [
        "Batch",
        "Column",
        "ColumnValues",
        "DType",
        "ErrorCode",
        "FrameSink",
        "Ledger",
        "LossReason",
        "LostRange",
        "Metadata",
        "MetadataValue",
        "PayloadLayout",
        "RecordsToWrite",
        "Reservation",
        "Run",
        "RunInfo",
        "Setting",
        "SettingValues",
        "StreamAccount",
        "StreamSchema",
        "StreamSink",
        "TypedArray",
      ],
    },
    "./testing": {
      values: ["MemorySink", "SteppingClock", "formatContract", "runSource", "startSource", "withDefaults"],
      types: [
        "FormatContractOptions",
        "MemorySinkOptions",
        "MemoryStream",
        "ReadBack",
        "RecordValue",
        "RunOptions",
        "SourceRun",
        "StreamValues",
      ],
    },
  };

type Conditions = { readonly "daq-source": string; readonly types: string; readonly default: string };

const root = resolve(import.meta.dirname, "../..");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: { readonly [subPath: string]: string | Conditions };
};
const doors = Object.entries(exports).filter(
  (entry): entry is [string, Conditions] => typeof entry[1] !== "string",
);

/** The names in the `export { … } from` statements of a door; there is nothing else in one. */
function namesIn(path: string): { values: string[]; types: string[] } {
  const text = readFileSync(path, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const values: string[] = [];
  const types: string[] = [];
  const statement = /export\s+(type\s+)?\{([^}]*)\}\s*from\s*"[^"]+";/g;
  for (const [, allTypes, list] of text.matchAll(statement))
    for (const item of list!.split(",").map((part) => part.trim())) {
      const [, isType, name] = /^(type\s+)?(\w+)$/.exec(item) ?? [];
      if (name !== undefined) ((allTypes ?? isType) ? types : values).push(name);
      else assert.equal(item, "", `${path}: "${item}" is not a plain name`);
    }
  assert.equal(text.replaceAll(statement, "").trim(), "", `${path} does more than to pass names on`);
  return { values: values.sort(), types: types.sort() };
}

test("package.json exports exactly the sub-paths of the list, and itself", () => {
  assert.deepEqual(Object.keys(exports).sort(), [...Object.keys(publicNames), "./package.json"].sort());
});

for (const [subPath, door] of doors) {
  test(`daq-storage${subPath.slice(1)} gives the names of the list, and no other`, async () => {
    const source = join(root, door["daq-source"]);
    assert.ok(existsSync(source), source);
    const { values, types } = publicNames[subPath]!;
    assert.deepEqual(namesIn(source), { values: [...values].sort(), types: [...types].sort() });
    const loaded = (await import(source)) as Record<string, unknown>;
    assert.deepEqual(Object.keys(loaded).sort(), [...values].sort());
    assert.deepEqual(
      Object.values(loaded).filter((value) => value === undefined),
      [],
    );
  });

  test(`daq-storage${subPath.slice(1)} is compiled from the door that tests use`, () => {
    const stem = door["daq-source"].replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
    assert.equal(door.types, `${stem}.d.ts`);
    assert.equal(door.default, `${stem}.js`);
  });
}
