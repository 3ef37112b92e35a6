// Subscribes to topics of a rosbridge server with npm roslib, and writes each message as a line. Arguments: the server's address, milliseconds that it does
// nothing after each message, and a topic and its type alternately.
import { createInterface } from "node:readline";
import { Ros, Topic } from "roslib";

const [url, pause, ...topics] = process.argv.slice(2);
const busy = new Int32Array(new SharedArrayBuffer(4));

const ros = new Ros();
ros.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await ros.connect(url);
for (let i = 0; i < topics.length; i += 2) {
  const [name, messageType] = topics.slice(i, i + 2);
  new Topic({ ros, name, messageType }).subscribe((msg) => {
    process.stdout.write(`${JSON.stringify({ topic: name, msg })}\n`);
    if (Number(pause) > 0) Atomics.wait(busy, 0, 0, Number(pause));
  });
}

// Ends with whoever started it.
createInterface({ input: process.stdin }).on("close", () => process.exit());
