const margin = 60; // pixels that are left free when all is to be seen
const [smallest, largest] = [0.05, 2000]; // pixels per metre
const largestFit = 200;

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

/** Which part of the floor the map shows. */
export class MapView {
  /** Metres at its middle. */
  x = 0;
  y = 0;
  /** Pixels per metre. */
  scale = 40;
  /** Pixels of the page, of which each is `ratio` of the screen's. */
  width = 0;
  height = 0;
  ratio = 1;

  toX(x) { return (x - this.x) * this.scale + this.width / 2; }
  toY(y) { return this.height / 2 - (y - this.y) * this.scale; }

  /** Zooms around a pixel. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const scale = clamp(this.scale * factor, smallest, largest);
    const [dx, dy] = [px - this.width / 2, this.height / 2 - py];
    this.x += dx / this.scale - dx / scale;
    this.y += dy / this.scale - dy / scale;
    this.scale = scale;
  }

  /** Moves what is shown by pixels. */
  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y += dy / this.scale;
  }

  /** Shows all of an area. */
  fit({ left, right, bottom, top }) {
    [this.x, this.y] = [(left + right) / 2, (bottom + top) / 2];
    this.scale = clamp(Math.min((this.width - margin) / Math.max(right - left, 1), (this.height - margin) / Math.max(top - bottom, 1)), smallest, largestFit);
  }
}
