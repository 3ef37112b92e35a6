// A small VDA 5050 fleet control on npm mqtt, for FleetControl: it does what each line of its input says, and answers with a line of JSON once the
// vehicles tell that it is so. All that is heard and sent is held against the published JSON schemas by npm ajv.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import addFormats from "ajv-formats";
import Ajv from "ajv/dist/2020.js";
import mqtt from "mqtt";

const [url, schemas, count] = process.argv.slice(2);
const patience = 120_000; // ms; the machine may be slow and shared

const releases = {
  v2: { number: "2.1.0", interface: "uagv", broken: "CONNECTIONBROKEN", position: "agvPosition", deviation: 0.2, ends: (startNodeId, endNodeId) => ({ startNodeId, endNodeId }) },
  v3: { number: "3.0.0", interface: "vda5050", broken: "CONNECTION_BROKEN", position: "mobileRobotPosition", deviation: { a: 0.2, b: 0.2, theta: 0 }, ends: () => ({}) },
};
const topicsOfVehicles = ["connection", "state", "visualization", "factsheet"];
const validators = new Map();
for (const [level, { number }] of Object.entries(releases)) {
  for (const topic of [...topicsOfVehicles, "order", "instantActions"]) {
    // The schemas have keywords of their own, such as "subtopic".
    const ajv = addFormats(new Ajv({ strict: false, logger: false }));
    validators.set(`${level}/${topic}`, ajv.compile(JSON.parse(readFileSync(join(schemas, number, `${topic}.schema`), "utf8"))));
  }
}

class Vehicle {
  told = { paused: false, cancelled: false, actions: new Map() };
  #headerIds = {};

  constructor(prefix) {
    this.prefix = prefix;
    [, this.level, this.manufacturer, this.serialNumber] = prefix.split("/");
    this.release = releases[this.level];
    this.number = Number(this.serialNumber.match(/\d+$/)[0]);
  }

  hear(topic, message) {
    if (topic === "visualization") this.stands = isSamePlace(message[this.release.position], this.visualization?.[this.release.position]);
    this[topic] = message;
    if (message.connectionState !== this.release.broken) return;
    broken.add(this.prefix);
    // What it told before that no longer counts. Where it is paused, it does not tell anew.
    this.state = this.visualization = undefined;
    this.stands = this.told.paused || undefined;
  }

  send(topic, content) {
    const headerId = (this.#headerIds[topic] = (this.#headerIds[topic] ?? -1) + 1);
    const message = { headerId, timestamp: new Date().toISOString(), version: this.release.number, manufacturer: this.manufacturer, serialNumber: this.serialNumber, ...content };
    const isValid = validators.get(`${this.level}/${topic}`);
    if (!isValid(message)) throw new Error(`${topic} of the fleet control is not valid: ${JSON.stringify(isValid.errors)}`);
    return client.publishAsync(`${this.prefix}/${topic}`, JSON.stringify(message));
  }

  // Two nodes on its way, which it passes, and one where it never comes.
  order() {
    const node = (nodeId, sequenceId, x, actions = []) => ({ nodeId, sequenceId, released: true, nodePosition: { x, y: 0, mapId: "map", allowedDeviationXY: this.release.deviation }, actions });
    const edge = (edgeId, sequenceId, from, to) => ({ edgeId, sequenceId, released: true, actions: [], ...this.release.ends(from, to) });
    this.told.orderId = `order-of-${this.serialNumber}`;
    this.told.actions.set("drop", "WAITING");
    return this.send("order", {
      orderId: this.told.orderId,
      orderUpdateId: 0,
      nodes: [node("a", 0, 0.5), node("b", 2, 1.5), node("c", 4, 100, [{ actionType: "drop", actionId: "drop", blockingType: "HARD" }])],
      edges: [edge("ab", 1, "a", "b"), edge("bc", 3, "b", "c")],
    });
  }

  act(actionType) {
    this.told.actions.set(actionType, "FINISHED");
    return this.send("instantActions", { actions: [{ actionType, actionId: actionType, blockingType: "NONE" }] });
  }

  pause() {
    this.told.paused = true;
    return this.act("startPause");
  }

  resume() {
    this.told.paused = false;
    return this.act("stopPause");
  }

  cancel() {
    this.told.cancelled = true;
    this.told.actions.set("drop", "FAILED");
    return this.act("cancelOrder");
  }

  get isAsTold() {
    const { state, told } = this;
    if (this.connection?.connectionState !== "ONLINE" || !this.factsheet) return false;
    if (!told.orderId) return true;
    if (!state || state.orderId !== told.orderId || state.errors.length > 0) return false;
    const actions = [...state.actionStates, ...(state.instantActionStates ?? [])];
    return state.paused === told.paused && state.driving === !told.paused && this.stands === told.paused
      && state.lastNodeId === "b" && state.lastNodeSequenceId === 2
      && state.nodeStates.map((node) => node.nodeId).join() === (told.cancelled ? "" : "c")
      && state.edgeStates.map((edge) => edge.edgeId).join() === (told.cancelled ? "" : "bc")
      && [...told.actions].every(([id, status]) => actions.find((action) => action.actionId === id)?.actionStatus === status);
  }
}

const vehicles = new Map();
const broken = new Set();
const heard = {};
const invalid = [];
let check = () => {};

const isSamePlace = (place, other) => other !== undefined && place.x === other.x && place.y === other.y;

function problemOf(topic, payload) {
  const [, level, manufacturer, serialNumber, name, ...more] = topic.split("/");
  const isValid = validators.get(`${level}/${name}`);
  if (more.length > 0 || !topicsOfVehicles.includes(name) || !isValid) return "no topic of a vehicle";
  let message;
  try {
    message = JSON.parse(payload);
  } catch (error) {
    return error.message;
  }
  if (!isValid(message)) return JSON.stringify(isValid.errors);
  if (message.manufacturer !== manufacturer || message.serialNumber !== serialNumber || message.version !== releases[level].number) return "the header does not fit the topic";
}

function hear(topic, payload) {
  const problem = problemOf(topic, payload);
  if (problem) return invalid.push(`${topic}: ${problem}: ${payload}`);
  const levels = topic.split("/");
  const [name, prefix] = [levels.pop(), levels.join("/")];
  heard[`${levels[1]}/${name}`] = (heard[`${levels[1]}/${name}`] ?? 0) + 1;
  if (!vehicles.has(prefix)) vehicles.set(prefix, new Vehicle(prefix));
  vehicles.get(prefix).hear(name, JSON.parse(payload));
  check();
}

// Looked at whenever something was heard.
function until(what, isSo) {
  return new Promise((resolve) => {
    const limit = setTimeout(() => {
      const others = [...vehicles.values()].filter((vehicle) => !vehicle.isAsTold);
      console.error(`waited for ${what}, of ${vehicles.size} vehicles; ${broken.size} were broken, ${invalid.length} messages not valid; not as told are ${others.length}, such as`, others[0]);
      process.exit(1);
    }, patience);
    check = () => {
      if (!isSo()) return;
      clearTimeout(limit);
      check = () => {};
      resolve();
    };
    check();
  });
}

// Of every vehicle, but not of all at the same time: on a machine that cannot keep up, some always stand.
function untilEach(what, isSo) {
  const done = new Set();
  return until(what, () => {
    for (const vehicle of vehicles.values()) if (!done.has(vehicle) && isSo(vehicle)) done.add(vehicle);
    return done.size === Number(count);
  });
}

// Tells vehicles something, such as those whose number is 0 or 1 by modulo 5, and waits until every vehicle was as it was told.
async function tell(what, fifths = "01234") {
  const told = [...vehicles.values()].filter((vehicle) => fifths.includes(vehicle.number % 5));
  await Promise.all(told.map((vehicle) => vehicle[what]()));
  await untilEach(`${what} to be done`, (vehicle) => vehicle.isAsTold);
}

const commands = {
  online: () => untilEach("the vehicles", (vehicle) => vehicle.isAsTold),
  order: (fifths) => tell("order", fifths),
  pause: (fifths) => tell("pause", fifths),
  resume: (fifths) => tell("resume", fifths),
  cancel: (fifths) => tell("cancel", fifths),
  broken: (number) => until(`${number} Last Wills`, () => broken.size >= Number(number)),
  offline: () => untilEach("the vehicles to go", (vehicle) => vehicle.connection.connectionState === "OFFLINE"),
  report: () => ({ heard, invalid: invalid.slice(0, 10), broken: [...broken] }),
};

const client = await mqtt.connectAsync(url, { protocolVersion: 5 });
client.on("message", (topic, payload) => hear(topic, payload.toString()));
for (const [level, release] of Object.entries(releases)) await client.subscribeAsync(`${release.interface}/${level}/#`, { qos: 1, nl: true });
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...values] = line.split(" ");
  console.log(JSON.stringify((await commands[command](...values)) ?? {}));
}
await client.endAsync();
