// Subscribes to topics of a rosbridge server with npm roslib, and writes each message as a line: 64-bit integers that come as BigInt as text with an n at
// the end, bytes as base64. Arguments: the server's address, options of roslib's Topic with "pause", milliseconds that it does nothing after each message,
// and a topic and its type alternately.
import { createInterface } from "node:readline";
import { Ros, Topic } from "roslib";

const [url, settings, ...topics] = process.argv.slice(2);
const { pause = 0, ...options } = JSON.parse(settings);
const busy = new Int32Array(new SharedArrayBuffer(4));
const plain = (_, value) => (typeof value === "bigint" ? `${value}n` : value instanceof Uint8Array ? Buffer.from(value).toString("base64") : ArrayBuffer.isView(value) ? Array.from(value) : value);

const ros = new Ros();
ros.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await ros.connect(url);
for (let i = 0; i < topics.length; i += 2) {
  const [name, messageType] = topics.slice(i, i + 2);
  new Topic({ ...options, ros, name, messageType }).subscribe((msg) => {
    process.stdout.write(`${JSON.stringify({ topic: name, msg }, plain)}\n`);
    if (pause > 0) Atomics.wait(busy, 0, 0, pause);
  });
}

// Ends with whoever started it.
createInterface({ input: process.stdin }).on("close", () => process.exit());
