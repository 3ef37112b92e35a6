// A rosbridge 2 server without ROS, on npm ws, for RosbridgeServer: what one client publishes, those that subscribe get. It heeds what the protocol says of
// advertise, publish, latch and status, and takes messages as Python's json does: NaN is a number, which it sends on as null. Each operation but publish that
// it gets, and each end of a connection, is a line of its output; with "echo", the text of each publish too. With "raw", who asks for the compression cbor-raw gets
// messages serialized by npm @foxglove/rosmsg2-serialization; with "strict", who names no type is subscribed only to a topic that is there.
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { createInterface } from "node:readline";
import { ros2jazzy } from "@foxglove/rosmsg-msgs-common";
import { MessageWriter } from "@foxglove/rosmsg2-serialization";
import { WebSocketServer } from "ws";

const settings = JSON.parse(process.argv[2]);
const types = /^[a-z][a-z0-9_]*\/(msg|srv|action)\/[A-Z][A-Za-z0-9_]*$/;
const topics = new Map();

const topicOf = (name) => topics.get(name) ?? topics.set(name, { publishers: new Map(), subscribers: new Set() }).get(name);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const read = (text) => JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) => (token.startsWith('"') ? token : "null")));

const head = (kind, length) => (length < 24 ? [kind | length] : length < 256 ? [kind | 24, length] : [kind | 26, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]);
const cbor = (value) => {
  if (typeof value === "number") return Buffer.from(head(0x00, value));
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from(head(0x40, value.length)), value]);
  if (typeof value === "string") return Buffer.concat([Buffer.from(head(0x60, Buffer.byteLength(value))), Buffer.from(value)]);
  return Buffer.concat([Buffer.from(head(0xa0, Object.keys(value).length)), ...Object.entries(value).flat().map(cbor)]);
};
const writers = new Map();
const serialize = (type, msg) => {
  const definitions = Object.values(ros2jazzy);
  const root = ros2jazzy[type.replace("/msg/", "/")] ?? ros2jazzy[type];
  if (!writers.has(type)) writers.set(type, new MessageWriter([root, ...definitions.filter((other) => other !== root)]));
  return writers.get(type).writeMessage(msg);
};

class Client {
  constructor(socket) {
    this.socket = socket;
    this.raw = new Set();
    socket.on("message", (data, isBinary) => this.take(data.toString(), isBinary));
    socket.on("close", (code) => this.end(code));
    socket.on("error", (error) => tell({ op: "error", msg: error.message }));
  }

  deliver(topic, type, msg) {
    if (settings.raw && this.raw.has(topic)) this.socket.send(cbor({ op: "publish", topic, msg: { secs: 1, nsecs: 2, bytes: serialize(type, msg) } }));
    else this.send({ op: "publish", topic, msg });
  }

  send(operation) {
    this.socket.send(JSON.stringify(operation));
  }

  complain(msg, id) {
    this.send({ op: "status", level: "error", msg, id });
  }

  take(text, isBinary) {
    if (isBinary) return this.complain("binary messages are not taken");
    let operation;
    try {
      operation = read(text);
    } catch (error) {
      return this.complain(`no JSON: ${error.message}`);
    }
    if (operation.op !== "publish") tell(operation);
    else if (settings.echo) tell({ op: "text", text });
    const act = { advertise: this.advertise, unadvertise: this.unadvertise, publish: this.publish, subscribe: this.subscribe, unsubscribe: this.unsubscribe }[operation.op];
    if (act) act.call(this, operation);
    else this.complain(`Unknown operation: ${operation.op}`, operation.id);
  }

  advertise({ topic, type, latch, id }) {
    const found = topicOf(topic);
    if (!types.test(type)) return this.complain(`advertise: Unable to load the type ${type}`, id);
    if (settings.unknownTypes?.includes(type)) return this.complain(`advertise: Unable to load the type ${type}`, id);
    if (found.type && found.type !== type) return this.complain(`advertise: ${topic} is of type ${found.type}`, id);
    found.type = type;
    found.publishers.set(this, { latch: latch === true });
  }

  unadvertise({ topic }) {
    topicOf(topic).publishers.delete(this);
  }

  publish({ topic, msg, id }) {
    const found = topicOf(topic);
    const publisher = found.publishers.get(this);
    if (!publisher) return this.complain(`publish: the topic ${topic} is not advertised`, id);
    if (publisher.latch) publisher.last = msg;
    for (const subscriber of found.subscribers) subscriber.deliver(topic, found.type, msg);
  }

  subscribe({ topic, type, compression }) {
    const found = topicOf(topic);
    if (settings.mute || (settings.strict && !type && !found.type)) return;
    if (compression === "cbor-raw") this.raw.add(topic);
    found.subscribers.add(this);
    for (const { last } of found.publishers.values()) if (last) this.deliver(topic, found.type, last);
  }

  unsubscribe({ topic }) {
    topicOf(topic).subscribers.delete(this);
  }

  end(code) {
    for (const { publishers, subscribers } of topics.values()) {
      publishers.delete(this);
      subscribers.delete(this);
    }
    tell({ op: "closed", code });
  }
}

const file = (path) => path && readFileSync(path);
const options = settings.cert ? { cert: file(settings.cert), key: file(settings.key), ca: file(settings.ca), requestCert: !!settings.ca, rejectUnauthorized: !!settings.ca } : {};
const web = (settings.cert ? createHttps : createHttp)(options, (_, response) => response.writeHead(404).end());
const server = new WebSocketServer({ noServer: true, maxPayload: settings.maxPayload ?? 10 * 1024 * 1024 });
web.on("upgrade", (request, socket, head) => {
  const refuse = (status) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  if (request.url !== (settings.path ?? "/")) return refuse("404 Not Found");
  if (settings.authorization && request.headers.authorization !== settings.authorization) return refuse("401 Unauthorized");
  server.handleUpgrade(request, socket, head, (client) => new Client(client));
});
web.listen(settings.port, "127.0.0.1", () => tell({ op: "listening" }));

// Ends with whoever started it.
createInterface({ input: process.stdin }).on("close", () => process.exit());
