// Answers questions of RosMessages.FoxgloveTests: JSON on stdin, JSON on stdout.
import { createRequire } from "node:module";
import { join } from "node:path";
import { readFileSync } from "node:fs";

const require = createRequire(join(process.cwd(), "package.json"));
const { parse } = require("@foxglove/rosmsg");
const { parseRos2idl } = require("@foxglove/ros2idl-parser");
const { MessageReader, MessageWriter } = require("@foxglove/rosmsg2-serialization");
const common = require("@foxglove/rosmsg-msgs-common");

const read = (text, encoding) => (encoding === "ros2idl" ? parseRos2idl(text) : parse(text, { ros2: true }));

// One line for each field and constant, in the words of .msg files.
const lines = (definition) =>
  definition.definitions.map((field) => {
    const bound = field.upperBound == undefined ? "" : `<=${field.upperBound}`;
    const length = field.arrayLength ?? (field.arrayUpperBound == undefined ? "" : `<=${field.arrayUpperBound}`);
    const value = field.isConstant ? field.value : field.defaultValue;
    return `${field.type}${bound}${field.isArray ? `[${length}]` : ""} ${field.name}${value == undefined ? "" : ` ${field.isConstant ? "=" : ""}${value}`}`;
  });

// A message that this project wrote as JSON, as the objects that @foxglove/rosmsg2-serialization works with.
const exact = new Set(["int64", "uint64"]);
const typed = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array, float32: Float32Array, float64: Float64Array };

function primitive(type, value) {
  if (exact.has(type)) return BigInt(value);
  if (type === "float32") return Math.fround(Number(value));
  return type === "float64" ? Number(value) : value;
}

function convert(fields, definitions, json) {
  const message = {};
  for (const field of fields.filter((candidate) => candidate.isConstant !== true)) {
    const value = json[field.name];
    const element = (item) => (field.isComplex ? convert(definitions.get(field.type), definitions, item) : primitive(field.type, item));
    if (field.name === "structure_needs_at_least_one_member") message[field.name] = 0;
    else if (field.isArray && field.type === "uint8") message[field.name] = Uint8Array.from(Buffer.from(value, "base64"));
    else if (field.isArray && typed[field.type]) message[field.name] = typed[field.type].from(value.map(element));
    else message[field.name] = field.isArray ? value.map(element) : element(value);
  }
  return message;
}

function difference(a, b, path) {
  if (Object.is(a, b)) return undefined;
  if (typeof a !== "object" || typeof b !== "object" || a.constructor !== b.constructor) return `${path}: ${a} and ${b}`;
  if (Object.keys(a).length !== Object.keys(b).length) return `${path}: ${Object.keys(a)} and ${Object.keys(b)}`;
  for (const key of Object.keys(a)) {
    const found = difference(a[key], b[key], `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}

function compare({ text, encoding, messages }) {
  const parsed = read(text, encoding);
  const definitions = new Map(parsed.map((definition) => [definition.name ?? "", definition.definitions]));
  const reader = new MessageReader(parsed);
  const writer = new MessageWriter(parsed);
  return messages.map(({ payload, json }) => {
    const bytes = Buffer.from(payload, "base64");
    const theirs = reader.readMessage(bytes);
    const ours = convert(parsed[0].definitions, definitions, JSON.parse(json));
    const unequal = difference(ours, theirs, "");
    return unequal ? { difference: unequal } : { written: Buffer.from(writer.writeMessage(ours)).toString("base64"), read: reader.lastReadByteLength() };
  });
}

const questions = JSON.parse(readFileSync(0, "utf8"));
const answers = {
  definitions: () => questions.map(({ text, encoding }) => Object.fromEntries(read(text, encoding).map((definition) => [definition.name ?? "", lines(definition)]))),
  builtins: () => Object.fromEntries(questions.map((distro) => [distro, Object.fromEntries(Object.entries(common[distro]).map(([name, definition]) => [name, lines(definition)]))])),
  compare: () => questions.map(compare),
};
process.stdout.write(JSON.stringify(answers[process.argv[2]](), (_, value) => (typeof value === "bigint" ? `${value}` : value)));
