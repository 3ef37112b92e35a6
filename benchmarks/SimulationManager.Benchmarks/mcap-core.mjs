// Reads an MCAP file front to back with npm @mcap/core, to compare with `mcap-speed`:
//   npm install @mcap/core@2.2.2 @mcap/support@1.1.0 && node mcap-core.mjs FILE
import { open } from "node:fs/promises";
import { McapStreamReader } from "@mcap/core";
import { loadDecompressHandlers } from "@mcap/support";

const decompressHandlers = await loadDecompressHandlers();
for (let round = 0; round < 3; round++) {
  const start = process.cpuUsage();
  const reader = new McapStreamReader({ decompressHandlers, validateCrcs: false });
  const file = await open(process.argv[2]);
  let [messages, bytes] = [0, 0];
  for (;;) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(1 << 20), 0, 1 << 20);
    if (bytesRead === 0) break;
    reader.append(buffer.subarray(0, bytesRead));
    for (let record; (record = reader.nextRecord()); ) {
      if (record.type !== "Message") continue;
      messages++;
      bytes += record.data.byteLength;
    }
  }
  await file.close();
  const { user, system } = process.cpuUsage(start);
  console.log(`${messages} messages, ${bytes} bytes in ${((user + system) / 1e6).toFixed(2)} s of processor time`);
}
