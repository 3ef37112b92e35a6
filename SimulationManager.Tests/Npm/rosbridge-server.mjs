// A rosbridge 2 server without ROS, on npm ws, for RosbridgeServer: what one client publishes, those that subscribe get. It heeds what the protocol says of
// advertise, publish, latch and status, and takes messages as Python's json does: NaN is a number, which it sends on as null. Each operation but publish that
// it gets, and each end of a connection, is a line of its output; with "echo", the text of each publish too.
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const settings = JSON.parse(process.argv[2]);
const types = /^[a-z][a-z0-9_]*\/(msg|srv|action)\/[A-Z][A-Za-z0-9_]*$/;
const topics = new Map();

const topicOf = (name) => topics.get(name) ?? topics.set(name, { publishers: new Map(), subscribers: new Set() }).get(name);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const read = (text) => JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) => (token.startsWith('"') ? token : "null")));

class Client {
  constructor(socket) {
    this.socket = socket;
    socket.on("message", (data, isBinary) => this.take(data.toString(), isBinary));
    socket.on("close", (code) => this.end(code));
    socket.on("error", (error) => tell({ op: "error", msg: error.message }));
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
    for (const subscriber of found.subscribers) subscriber.send({ op: "publish", topic, msg });
  }

  subscribe({ topic }) {
    if (settings.mute) return;
    const found = topicOf(topic);
    found.subscribers.add(this);
    for (const { last } of found.publishers.values()) if (last) this.send({ op: "publish", topic, msg: last });
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
