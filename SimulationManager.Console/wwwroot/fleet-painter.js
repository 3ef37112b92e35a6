import { ArrowLayer, fillArrow } from './arrow-layer.js';

const [smallestArrow, largestArrow] = [3, 9]; // pixels from the middle of an arrow to its tip
const arrowLength = 0.35;                     // the same in metres, in between
const widestName = 260;                       // pixels

/** Draws a fleet as a view shows it: lines of a grid with their distance, what one agent's own topics have, all agents, and the name of one of them. */
export class FleetPainter {
  #canvas;
  #context;
  #arrows = new ArrowLayer();

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
  }

  /** `ahead` is the seconds since the poses were true; `followed` and `named` are agents' places in the fleet, -1 for none. */
  draw(fleet, view, colours, { ahead, followed, named, layers }) {
    const [canvas, context, { ratio }] = [this.#canvas, this.#context, view];
    const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    layers?.drawGrid(context, view, colours.text);
    this.#drawLines(view, colours);
    layers?.drawScan(context, view, colours.scan);
    this.#drawAgents(fleet, view, colours.agent, { ahead, followed, width, height });
    if (followed >= 0) {
      const pose = fleet.poseOf(followed, ahead);
      context.fillStyle = colours.followed;
      fillArrow(context, view.toX(pose.x), view.toY(pose.y), pose.yaw, largestArrow * 1.4);
    }
    if (named >= 0) this.#drawName(fleet.names[named], view, fleet.poseOf(named, ahead), colours);
  }

  #drawAgents({ count, x, y, yaw, speedX, speedY, speedYaw, seen, message }, view, colour, { ahead, followed, width, height }) {
    const [context, arrows] = [this.#context, this.#arrows];
    arrows.clear(width, height, view.ratio, Math.round(Math.min(largestArrow, Math.max(smallestArrow, view.scale * arrowLength))), colour);
    const scale = view.scale * view.ratio;
    const [middleX, middleY] = [width / 2 - view.x * scale, height / 2 + view.y * scale];
    for (let place = 0; place < count; place++) {
      if (seen[place] !== message || place === followed) continue;
      arrows.add(middleX + (x[place] + ahead * speedX[place]) * scale, middleY - (y[place] + ahead * speedY[place]) * scale, yaw[place] + ahead * speedYaw[place]);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(arrows.draw(), 0, 0);
    context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  }

  #drawLines(view, colours) {
    const context = this.#context;
    const power = 10 ** Math.ceil(Math.log10(60 / view.scale));
    const step = [power / 5, power / 2, power].find(one => one * view.scale >= 40);
    const [halfWidth, halfHeight] = [view.width / 2 / view.scale, view.height / 2 / view.scale];
    context.beginPath();
    for (let x = Math.ceil((view.x - halfWidth) / step) * step; x < view.x + halfWidth; x += step) { context.moveTo(view.toX(x), 0); context.lineTo(view.toX(x), view.height); }
    for (let y = Math.ceil((view.y - halfHeight) / step) * step; y < view.y + halfHeight; y += step) { context.moveTo(0, view.toY(y)); context.lineTo(view.width, view.toY(y)); }
    context.strokeStyle = colours.grid;
    context.lineWidth = 1;
    context.stroke();
    context.fillStyle = colours.text;
    context.font = '12px system-ui, sans-serif';
    context.fillText(`${+step.toPrecision(2)} m`, 12, 20);
  }

  #drawName(name, view, pose, colours) {
    const context = this.#context;
    context.font = '600 12px system-ui, sans-serif';
    const width = Math.min(widestName, context.measureText(name).width) + 12;
    const [px, py] = [view.toX(pose.x) + 12, view.toY(pose.y) - 12];
    context.fillStyle = colours.surface;
    context.fillRect(px, py - 14, width, 20);
    context.fillStyle = colours.text;
    context.fillText(name, px + 6, py, widestName);
  }
}
