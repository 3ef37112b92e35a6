import { CdrReader } from './cdr.js';
import { connect } from './live-connection.js';

const largestGrid = 16_000_000; // cells, which is what a canvas can hold everywhere

const compose = (one, other) => ({
  x: one.x + Math.cos(one.yaw) * other.x - Math.sin(one.yaw) * other.y,
  y: one.y + Math.sin(one.yaw) * other.x + Math.cos(one.yaw) * other.y,
  yaw: one.yaw + other.yaw,
});

const invert = ({ x, y, yaw }) => ({ x: -Math.cos(yaw) * x - Math.sin(yaw) * y, y: Math.sin(yaw) * x - Math.cos(yaw) * y, yaw: -yaw });

/** Frames of one agent, as its transforms say. */
class Frames {
  #parents = new Map();
  #names = new Set();

  /** Returns whether that is news. */
  set(child, parent, pose) {
    const known = this.#parents.get(child);
    if (known?.parent === parent && known.pose.x === pose.x && known.pose.y === pose.y && known.pose.yaw === pose.yaw) return false;
    this.#parents.set(child, { parent, pose });
    this.#names.add(child).add(parent);
    return true;
  }

  has(frame) { return this.#names.has(frame); }

  /** Where a frame is in another one; null when no transforms join them. */
  find(frame, within) {
    if (frame === within) return { x: 0, y: 0, yaw: 0 };
    const above = new Map();
    for (const [name, pose] of this.#upFrom(within)) above.set(name, pose);
    for (const [name, pose] of this.#upFrom(frame)) {
      if (above.has(name)) return compose(invert(above.get(name)), pose);
    }
    return null;
  }

  *#upFrom(frame) {
    let pose = { x: 0, y: 0, yaw: 0 };
    // Transforms of a recording may go round in circles.
    for (let steps = 0; steps < 100; steps++) {
      yield [frame, pose];
      const next = this.#parents.get(frame);
      if (!next) return;
      [frame, pose] = [next.parent, compose(next.pose, pose)];
    }
  }
}

/**
 * What one agent's own topics have for the map: its occupancy grid and, if asked for, its laser scan, put where its transforms say.
 * `frameOf` and `poseOf` tell in which frame the fleet's channel gives its pose, and which that is now.
 */
export function openLayers(path, { name, hasScan, frameOf, poseOf, onChange }) {
  const frames = new Frames();
  let [scan, grid] = [null, null];
  const best = new Map();

  /** Of several topics of a type the one with the shortest name is shown: /scan before /rear/scan, /map before /local_costmap/costmap. */
  function choose(channel) {
    const type = channel.schemaName.split('/').pop();
    if (channel.encoding !== 'cdr') return null;
    if (type === 'TFMessage') return readTransforms;
    const read = { LaserScan: hasScan && readScan, OccupancyGrid: readGrid }[type];
    if (!read) return null;
    const shown = best.get(type);
    if (!shown || channel.topic.length < shown.length) best.set(type, channel.topic);
    return (buffer, offset) => { if (best.get(type) === channel.topic) read(buffer, offset); };
  }

  /** The fleet's channel has frames as recorded, the agent's own topics may have them under its name. */
  function fleetFrame() {
    const own = `${name}/${frameOf()}`;
    return frames.has(own) ? own : frameOf();
  }

  function readTransforms(buffer, offset) {
    const cdr = new CdrReader(buffer, offset);
    for (let left = cdr.uint32(); left > 0; left--) {
      const parent = cdr.header();
      if (frames.set(cdr.text(), parent, cdr.pose())) onChange();
    }
  }

  function readScan(buffer, offset) {
    const cdr = new CdrReader(buffer, offset);
    const frame = cdr.header();
    const [first, , step] = [cdr.float32(), cdr.float32(), cdr.float32()];
    cdr.skip(8);
    const [nearest, farthest] = [cdr.float32(), cdr.float32()];
    const ranges = cdr.float32s();
    // A scanner of which no transform tells is taken to be where the robot is.
    const origin = frames.find(frame, fleetFrame()) ?? poseOf();
    const points = new Float64Array(2 * ranges.length);
    let count = 0;
    for (let ray = 0; ray < ranges.length; ray++) {
      const range = ranges[ray];
      if (!(range >= nearest && range <= farthest)) continue;
      const angle = origin.yaw + first + ray * step;
      points[count++] = origin.x + range * Math.cos(angle);
      points[count++] = origin.y + range * Math.sin(angle);
    }
    scan = points.subarray(0, count);
    onChange();
  }

  function readGrid(buffer, offset) {
    const cdr = new CdrReader(buffer, offset);
    const frame = cdr.header();
    cdr.time();
    const [resolution, width, height] = [cdr.float32(), cdr.uint32(), cdr.uint32()];
    const origin = cdr.pose();
    const cells = cdr.bytes(cdr.uint32());
    if (!(resolution > 0) || width === 0 || height === 0 || width * height !== cells.length || cells.length > largestGrid) return;
    grid = { frame, resolution, width, height, origin, cells, image: null, colour: null };
    onChange();
  }

  /** The grid as a picture, the first row at the bottom: occupied cells in the text's colour, unknown ones not at all. */
  function drawGrid(context, view, colour) {
    const frame = frames.find(grid.frame, fleetFrame());
    if (!frame) return;
    if (grid.colour !== colour) Object.assign(grid, { image: imageOf(grid, colour), colour });
    const { x, y, yaw } = compose(frame, grid.origin);
    context.save();
    context.translate(view.toX(x), view.toY(y));
    context.rotate(-yaw);
    context.scale(view.scale * grid.resolution, view.scale * grid.resolution);
    context.imageSmoothingEnabled = false;
    context.drawImage(grid.image, 0, -grid.height);
    context.restore();
  }

  const connection = connect(path, { choose });
  return {
    close: connection.close,
    drawGrid: (context, view, colour) => { if (grid) drawGrid(context, view, colour); },
    drawScan(context, view, colour) {
      if (!scan) return;
      context.fillStyle = colour;
      for (let index = 0; index < scan.length; index += 2) context.fillRect(view.toX(scan[index]) - 1, view.toY(scan[index + 1]) - 1, 2.5, 2.5);
    },
  };
}

function imageOf({ width, height, cells }, colour) {
  const image = new OffscreenCanvas(width, height);
  const context = image.getContext('2d');
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  const pixels = context.createImageData(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const cell = cells[row * width + column]; // 0 to 100 percent; unknown is -1, here 255
      const at = 4 * ((height - 1 - row) * width + column);
      [pixels.data[at], pixels.data[at + 1], pixels.data[at + 2], pixels.data[at + 3]] = [red, green, blue, cell > 100 ? 0 : 12 + cell * 1.6];
    }
  }
  context.putImageData(pixels, 0, 0);
  return image;
}
