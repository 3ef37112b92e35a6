const decoder = new TextDecoder();

/** Reads a payload in CDR, little or big endian, version 1 or 2. What ends before it should is a RangeError. */
export class CdrReader {
  #view;
  #bytes;
  #little;
  #align8;
  #at = 4;

  constructor(buffer, offset) {
    this.#view = new DataView(buffer, offset);
    this.#bytes = new Uint8Array(buffer, offset);
    this.#little = (this.#view.getUint8(1) & 1) === 1;
    this.#align8 = this.#bytes[1] >= 6 ? 4 : 8;
  }

  /** Steps to a multiple of a size, counted from the end of the payload's header. */
  #next(size, alignment = size) {
    const at = 4 + Math.ceil((this.#at - 4) / alignment) * alignment;
    this.#at = at + size;
    return at;
  }

  skip(bytes) { this.#at += bytes; }
  int32() { return this.#view.getInt32(this.#next(4), this.#little); }
  uint32() { return this.#view.getUint32(this.#next(4), this.#little); }
  float32() { return this.#view.getFloat32(this.#next(4), this.#little); }
  float64() { return this.#view.getFloat64(this.#next(8, this.#align8), this.#little); }

  /** The bytes of a text without the zero at its end, in the message's own memory. */
  textBytes() {
    const length = this.uint32();
    return this.bytes(length).subarray(0, Math.max(0, length - 1));
  }

  /** Whether a text of these bytes comes next, which is then passed over: a comparison makes no object, thousands of which a message would leave behind. */
  passText(bytes) {
    const before = this.#at;
    const length = this.uint32();
    const start = this.#at;
    this.#at += length;
    if (length - 1 === bytes.length && this.#at <= this.#bytes.length) {
      let index = 0;
      while (index < bytes.length && this.#bytes[start + index] === bytes[index]) index++;
      if (index === bytes.length) return true;
    }
    this.#at = before;
    return false;
  }

  text() { return decoder.decode(this.textBytes()); }

  /** Before anything is made of a size that the payload tells. */
  #expect(length) {
    if (this.#at + length > this.#bytes.length) throw new RangeError('The payload is shorter than it says.');
  }

  bytes(length) {
    this.#expect(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  float32s() {
    const count = this.uint32();
    this.#expect(count * 4);
    return Float32Array.from({ length: count }, () => this.float32());
  }

  /** A position and a rotation, as they are on the floor. */
  pose() {
    const [x, y] = [this.float64(), this.float64()];
    this.float64();
    const [qx, qy, qz, qw] = [this.float64(), this.float64(), this.float64(), this.float64()];
    return { x, y, yaw: Math.atan2(2 * (qw * qz + qx * qy), 1 - 2 * (qy * qy + qz * qz)) };
  }

  /** A builtin_interfaces/Time, in seconds. */
  time() { return this.int32() + this.uint32() / 1e9; }

  /** The frame of a std_msgs/Header, whose time is passed over. */
  header() {
    this.time();
    return this.text();
  }
}
