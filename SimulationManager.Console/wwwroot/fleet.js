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
  /** Whether an agent moved between the last two messages. */
  isMoving = false;
  #placeOf = new Map();
  /** Place, name's and frame's bytes of each transform of the last message, in its order: mostly the next one has the same. */
  #order = [];
  /** Whether the message tells of others than the one before. */
  #isOther = false;

  /** Reads a message of the type foxglove_msgs/FrameTransforms. Returns whether it changes what is to be seen. */
  read(buffer, offset) {
    const cdr = new CdrReader(buffer, offset);
    const transforms = cdr.uint32();
    const [before, wasMoving] = [this.stamp, this.isMoving];
    this.message++;
    this.isMoving = false;
    this.#isOther = transforms !== this.#order.length;
    for (let number = 0; number < transforms; number++) {
      const stamp = cdr.time();
      const place = this.#place(number, cdr);
      const { x, y, yaw } = cdr.pose();
      this.#measure(place, x, y, yaw, stamp - before);
      this.x[place] = x;
      this.y[place] = y;
      this.yaw[place] = yaw;
      this.seen[place] = this.message;
      this.stamp = stamp;
    }
    this.#order.length = transforms;
    return this.isMoving || wasMoving || this.#isOther;
  }

  /** Where an agent is, as many seconds after the last message. */
  poseOf(place, ahead = 0) {
    return { x: this.x[place] + ahead * this.speedX[place], y: this.y[place] + ahead * this.speedY[place], yaw: this.yaw[place] + ahead * this.speedYaw[place] };
  }

  /** The area that has all agents of the last message; null: there are none. */
  area() {
    let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let place = 0; place < this.count; place++) {
      const [x, y] = [this.x[place], this.y[place]];
      if (this.seen[place] !== this.message || !Number.isFinite(x + y)) continue;
      left = Math.min(left, x); right = Math.max(right, x);
      bottom = Math.min(bottom, y); top = Math.max(top, y);
    }
    return left > right ? null : { left, right, bottom, top };
  }

  #measure(place, x, y, yaw, seconds) {
    const [dx, dy, turn] = [x - this.x[place], y - this.y[place], yaw - this.yaw[place]];
    const turned = turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
    const isSeen = this.seen[place] === this.message - 1;
    const isKnown = isSeen && seconds > 0 && Math.hypot(dx, dy) < fastest * seconds;
    this.speedX[place] = isKnown ? dx / seconds : 0;
    this.speedY[place] = isKnown ? dy / seconds : 0;
    this.speedYaw[place] = isKnown ? turned / seconds : 0;
    if (!isSeen) this.#isOther = true;
    else if (dx !== 0 || dy !== 0 || turned !== 0) this.isMoving = true;
  }

  #place(number, cdr) {
    const known = this.#order[number];
    if (known && cdr.passText(known.frame)) {
      if (cdr.passText(known.name)) return known.place;
      return this.#placeNamed(number, known.frame, cdr.textBytes());
    }
    return this.#placeNamed(number, cdr.textBytes(), cdr.textBytes());
  }

  #placeNamed(number, frame, name) {
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
