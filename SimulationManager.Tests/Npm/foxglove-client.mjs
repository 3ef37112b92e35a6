// Watches a run or a recording with Foxglove's client library: subscribes to every channel, decodes each message with the definition that came with the channel, and writes
// it as a line; messages of channels without one are written as they are. Arguments: the server's address, the subprotocols that are offered, separated by commas, and how
// many channels there will be.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { parse } from "@foxglove/rosmsg";
import { MessageReader } from "@foxglove/rosmsg2-serialization";
import WebSocket from "ws";

const { FoxgloveClient } = createRequire(import.meta.url)("@foxglove/ws-protocol");
const [url, subprotocols, count] = process.argv.slice(2);
const tell = (line) => process.stdout.write(`${JSON.stringify(line, (_, value) => (typeof value === "bigint" ? `${value}` : ArrayBuffer.isView(value) ? Array.from(value) : value))}\n`);
const channels = new Map();
const subscriptions = new Map();

const readerOf = (channel) => {
  if (channel.encoding === "json") return { readMessage: (bytes) => JSON.parse(bytes) };
  return channel.schemaEncoding === undefined ? undefined : new MessageReader(parse(channel.schema, { ros2: true }));
};

const client = new FoxgloveClient({ ws: new WebSocket(url, subprotocols.split(",")) });
client.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
client.on("serverInfo", (info) => tell({ op: "serverInfo", info }));
client.on("status", (status) => tell({ op: "status", status }));
client.on("unadvertise", (ids) => tell({ op: "unadvertise", ids }));
client.on("advertise", (added) => {
  for (const channel of added) channels.set(channel.id, channel);
  if (channels.size < Number(count) || subscriptions.size > 0) return;
  for (const channel of channels.values()) {
    tell({ op: "channel", topic: channel.topic, type: channel.schemaName, isRaw: channel.schemaEncoding === undefined });
    subscriptions.set(client.subscribe(channel.id), { topic: channel.topic, reader: readerOf(channel) });
  }
});
client.on("message", ({ subscriptionId, timestamp, data }) => {
  const { topic, reader } = subscriptions.get(subscriptionId);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const fields = reader === undefined ? undefined : Object.keys(reader.readMessage(bytes));
  tell({ op: "message", topic, timestamp, bytes: bytes.toString("base64"), fields });
});
client.on("close", ({ code, reason }) => tell({ op: "close", code, reason }));

// Ends with whoever started it.
createInterface({ input: process.stdin }).on("close", () => process.exit());
