import { CdrReader } from './cdr.js';

const decoder = new TextDecoder();
const fastest = 20; // metres a second: what moves quicker was put elsewhere

/** Poses of a fleet, as typed arrays; an agent keeps its place for as long as the map is open. */
export class Fleet {
  count = 0;
  names = [];
  /** The frame in which an agent's pose is given. */
  frames = [];
  x = new Float64Array(1024);
  y = new Float64Array(1024);
  yaw = new Float64Array(1024);
  /** What an agent has moved in a second. */
  speedX = new Float64Array(1024);
  speedY = new Float64Array(1024);
  speedYaw = new Float64Array(1024);
  /** Which of them the last message told of. */
  seen = new Uint32Array(1024);
  message = 0;
  /** When it was looked where agents are, in seconds since 1970. */
  stamp = 0;
  #placeOf = new Map();
  /** Place, name's and frame's bytes of each transform of the last message, in its order: mostly the next one has the same. */
  #order = [];

  /** Reads a message of the type foxglove_msgs/FrameTransforms. */
  read(buffer, offset) {
    const cdr = new CdrReader(buffer, offset);
    const transforms = cdr.uint32();
    const before = this.stamp;
    this.message++;
    for (let number = 0; number < transforms; number++) {
      const stamp = cdr.time();
      const parent = cdr.textBytes();
      const place = this.#place(number, cdr.textBytes(), parent);
      const { x, y, yaw } = cdr.pose();
      this.#measure(place, x, y, yaw, stamp - before);
      [this.x[place], this.y[place], this.yaw[place], this.seen[place]] = [x, y, yaw, this.message];
      this.stamp = stamp;
    }
  }

  #measure(place, x, y, yaw, seconds) {
    const turned = Math.atan2(Math.sin(yaw - this.yaw[place]), Math.cos(yaw - this.yaw[place]));
    const [dx, dy] = [x - this.x[place], y - this.y[place]];
    const isKnown = this.seen[place] === this.message - 1 && seconds > 0 && Math.hypot(dx, dy) < fastest * seconds;
    [this.speedX[place], this.speedY[place], this.speedYaw[place]] = isKnown ? [dx / seconds, dy / seconds, turned / seconds] : [0, 0, 0];
  }

  #place(number, name, frame) {
    const known = this.#order[number];
    if (known && areSame(known.name, name) && areSame(known.frame, frame)) return known.place;
    const text = decoder.decode(name);
    let place = this.#placeOf.get(text);
    if (place === undefined) {
      place = this.count++;
      this.#placeOf.set(text, place);
      // What stands before /base_link.
      this.names.push(text.replace(/\/[^/]*$/, ''));
      if (this.count > this.x.length) this.#grow();
    }
    this.frames[place] = decoder.decode(frame);
    this.#order[number] = { name: name.slice(), frame: frame.slice(), place };
    return place;
  }

  #grow() {
    for (const field of ['x', 'y', 'yaw', 'speedX', 'speedY', 'speedYaw', 'seen']) {
      const larger = new this[field].constructor(this[field].length * 2);
      larger.set(this[field]);
      this[field] = larger;
    }
  }
}

function areSame(one, other) {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}
