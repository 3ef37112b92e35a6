// Reads and writes MCAP with npm @mcap/core, for McapIndependentReaderTests.
import { createHash } from "node:crypto";
import { open, readFile, writeFile } from "node:fs/promises";
import { McapIndexedReader, McapStreamReader, McapWriter, TempBuffer } from "@mcap/core";
import { loadDecompressHandlers } from "@mcap/support";

const [command, path, kind] = process.argv.slice(2);
const line = (topic, message) => `${topic}|${message.logTime}|${createHash("sha256").update(message.data).digest("hex")}`;

async function indexed() {
  const file = await open(path);
  const size = BigInt((await file.stat()).size);
  const readable = {
    size: async () => size,
    read: async (offset, length) => {
      const buffer = new Uint8Array(Number(length));
      await file.read(buffer, 0, Number(length), Number(offset));
      return buffer;
    },
  };
  const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers: await loadDecompressHandlers() });
  console.log(reader.header.profile);
  for await (const metadata of reader.readMetadata()) console.log(metadata.name);
  for await (const message of reader.readMessages()) console.log(line(reader.channelsById.get(message.channelId).topic, message));
}

async function streamed() {
  const reader = new McapStreamReader({ decompressHandlers: await loadDecompressHandlers(), validateCrcs: true });
  reader.append(await readFile(path));
  const topics = new Map();
  for (let record; (record = reader.nextRecord()); ) {
    if (record.type === "Channel") topics.set(record.id, record.topic);
    if (record.type === "Message") console.log(line(topics.get(record.channelId), record));
  }
  if (!reader.done()) throw new Error("the file is not complete");
}

async function compressor() {
  const { default: zstd } = await import("@foxglove/wasm-zstd");
  const { default: lz4 } = await import("lz4js");
  await zstd.isLoaded;
  return { zstd: (data) => ({ compression: "zstd", compressedData: zstd.compress(data) }), lz4: (data) => ({ compression: "lz4", compressedData: Uint8Array.from(lz4.compress(data)) }) }[kind];
}

async function write() {
  const writable = new TempBuffer();
  const bare = kind === "bare" ? { useStatistics: false, useSummaryOffsets: false, useChunkIndex: false, useMessageIndex: false, repeatSchemas: false, repeatChannels: false } : {};
  const writer = new McapWriter({ writable, useChunks: kind !== "unchunked", chunkSize: 4096, compressChunk: await compressor(), ...bare });
  await writer.start({ profile: "ros2", library: "test" });
  const schemaId = await writer.registerSchema({ name: "std_msgs/msg/String", encoding: "ros2msg", data: Buffer.from("string data") });
  const channelId = await writer.registerChannel({ schemaId, topic: "/a", messageEncoding: "cdr", metadata: new Map() });
  for (let i = 0; i < 1000; i++) {
    const data = Buffer.concat([Buffer.from([0, 1, 0, 0]), Buffer.from(`message ${i}`)]);
    await writer.addMessage({ channelId, sequence: i, logTime: BigInt(i), publishTime: BigInt(i), data });
  }
  await writer.end();
  await writeFile(path, writable.get());
}

await { indexed, streamed, write }[command]();
