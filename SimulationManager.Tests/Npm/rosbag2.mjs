// Reads a bag of sqlite3 files with npm @foxglove/rosbag2, for IndependentReaderTests: a line per topic, then a line per message.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readFileSync } from "node:fs";

const require = createRequire(join(process.cwd(), "package.json"));
const { Rosbag2, SqliteSqljs } = require("@foxglove/rosbag2-web");

const files = process.argv.slice(2);
await SqliteSqljs.Initialize({ wasmBinary: readFileSync(require.resolve("@foxglove/sql.js/dist/sql-wasm.wasm")) });
const bag = new Rosbag2(files.map((file) => new SqliteSqljs(new Uint8Array(readFileSync(file)))));
await bag.open();
const counts = await bag.messageCounts();
for (const topic of await bag.readTopics()) console.log(`${topic.name}|${topic.type}|${counts.get(topic.name) ?? 0}`);
for await (const message of bag.readMessages({ rawMessages: true })) {
  const time = BigInt(message.timestamp.sec) * 1_000_000_000n + BigInt(message.timestamp.nsec);
  console.log(`${message.topic.name}|${time}|${createHash("sha256").update(message.data).digest("hex")}`);
}
await bag.close();
