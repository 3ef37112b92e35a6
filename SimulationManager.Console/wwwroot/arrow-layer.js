const turns = 72; // directions in which an arrow is drawn
const turnAngle = 2 * Math.PI / turns;

/** Fills an arrow around a pixel; `size` is pixels to its tip. */
export function fillArrow(context, px, py, yaw, size) {
  const [cos, sin] = [Math.cos(yaw) * size, -Math.sin(yaw) * size];
  context.beginPath();
  context.moveTo(px + cos, py + sin);
  context.lineTo(px - 0.8 * cos - 0.65 * sin, py - 0.8 * sin + 0.65 * cos);
  context.lineTo(px - 0.8 * cos + 0.65 * sin, py - 0.8 * sin - 0.65 * cos);
  context.closePath();
  context.fill();
}

/**
 * Arrows of one colour and size, thousands of them. Their pixels are written here: without a GPU, 5,000 calls of drawImage take 23 milliseconds a frame and 5,000 paths 67, this takes 7.
 */
export class ArrowLayer {
  #key = '';
  #side = 0;
  #width = 0;
  #height = 0;
  #image = null;
  #pixels = null;
  #context = null;
  /** Of each direction, its pixels: where they are, counted from the first one of the arrow's square, and their colours. */
  #sprites = [];

  /** Empties the layer. Its size is in pixels of the screen, the arrows' in those of the page. */
  clear(width, height, ratio, size, colour) {
    const key = `${width} ${height} ${ratio} ${size} ${colour}`;
    if (key === this.#key) {
      this.#pixels.fill(0);
      return;
    }
    this.#key = key;
    [this.#width, this.#height, this.#side] = [width, height, Math.ceil((2 * size + 4) * ratio)];
    // A margin around it takes the arrows that are partly outside.
    this.#image = new ImageData(width + 2 * this.#side, height + 2 * this.#side);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#context = new OffscreenCanvas(width, height).getContext('2d');
    this.#drawSprites(size * ratio, colour);
  }

  #drawSprites(size, colour) {
    const side = this.#side;
    const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
    context.fillStyle = colour;
    for (let turn = 0; turn < turns; turn++) {
      context.clearRect(0, 0, side, side);
      fillArrow(context, side / 2, side / 2, turn * turnAngle, size);
      const pixels = new Uint32Array(context.getImageData(0, 0, side, side).data.buffer);
      const visible = Uint32Array.from(pixels.keys()).filter(at => pixels[at] !== 0);
      this.#sprites[turn] = { places: visible.map(at => Math.floor(at / side) * this.#image.width + at % side), colours: visible.map(at => pixels[at]) };
    }
  }

  /** Adds an arrow around a pixel of the screen. What is not a number is left out. */
  add(px, py, yaw) {
    const side = this.#side;
    const left = Math.round(px - side / 2);
    const top = Math.round(py - side / 2);
    if (!(left >= -side && left <= this.#width && top >= -side && top <= this.#height)) return;
    const turn = ((Math.round(yaw / turnAngle) % turns) + turns) % turns | 0;
    const { places, colours } = this.#sprites[turn];
    const pixels = this.#pixels;
    const first = (top + side) * this.#image.width + left + side;
    for (let index = 0; index < places.length; index++) {
      const place = first + places[index];
      // The soft edge of an arrow must not cut into the one under it.
      if (colours[index] >>> 24 > pixels[place] >>> 24) pixels[place] = colours[index];
    }
  }

  /** The layer as a picture. */
  draw() {
    this.#context.putImageData(this.#image, -this.#side, -this.#side);
    return this.#context.canvas;
  }
}
