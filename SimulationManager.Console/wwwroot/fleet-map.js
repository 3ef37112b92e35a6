import { Fleet } from './fleet.js';
import { connect } from './live-connection.js';
import { openLayers } from './agent-layers.js';

// All agents of a run on a canvas. Poses come as one message for the whole fleet, ten times a second; between two of them agents move on as they have moved last.
const fleetTopic = '/fleet/transforms';
const tableTopic = '/fleet/agents';
const drawnMark = 'fleet-drawn';
const positionsWithin = 3000; // milliseconds after which it is said that there are none
const movesOn = 0.15;     // seconds without a message for which agents move on
const arrow = 9;          // pixels from the middle of an arrow to its tip
const reach = 12;         // pixels within which an agent is pointed at
const turns = 72;         // directions in which an arrow is drawn
const turnAngle = 2 * Math.PI / turns;
const decoder = new TextDecoder();

function fillArrow(context, px, py, yaw, size) {
  const [cos, sin] = [Math.cos(yaw) * size, -Math.sin(yaw) * size];
  context.beginPath();
  context.moveTo(px + cos, py + sin);
  context.lineTo(px - 0.8 * cos - 0.65 * sin, py - 0.8 * sin + 0.65 * cos);
  context.lineTo(px - 0.8 * cos + 0.65 * sin, py - 0.8 * sin - 0.65 * cos);
  context.closePath();
  context.fill();
}

/** An arrow in every direction, side by side: copying pixels is several times quicker than filling thousands of paths. */
function drawSprites(size, ratio, colour) {
  const side = Math.ceil((2 * size + 4) * ratio);
  const image = document.createElement('canvas');
  [image.width, image.height] = [side * turns, side];
  const context = image.getContext('2d');
  context.fillStyle = colour;
  for (let turn = 0; turn < turns; turn++) fillArrow(context, turn * side + side / 2, side / 2, turn * turnAngle, size * ratio);
  return { image, side, size, ratio, colour };
}

export function open(canvas, path, component) {
  const fleet = new Fleet();
  const context = canvas.getContext('2d');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const view = { x: 0, y: 0, scale: 40 };   // metres at the middle, pixels per metre
  let [isClosed, isFitted, isChanged] = [false, false, true];
  let [followed, hovered, pointer] = [-1, -1, null];
  let [state, told, received, drawn, marked] = ['connecting', '', 0, 0, 0];
  let [colours, sprites] = [null, null];
  let [layers, layersOf, table] = [null, '', null];

  function tell(next = state) {
    state = next;
    const key = `${state} ${fleet.count} ${followed}`;
    if (key === told || isClosed) return;
    told = key;
    component.invokeMethodAsync('OnState', state, fleet.count, followed < 0 ? null : fleet.names[followed]);
  }

  // No agent by its topics, which are thousands: the fleet as a whole.
  const fleetPath = `${path}?agents=0`;
  const connection = connect(fleetPath, { choose: chooseFleet, onState: tell });
  const silent = setTimeout(() => { if (fleet.count === 0) tell('nothing'); }, positionsWithin);

  function chooseFleet(channel) {
    if (channel.topic !== fleetTopic || channel.encoding !== 'cdr') return null;
    if (fleet.count === 0) tell('waiting');
    return receive;
  }

  function receive(buffer, offset) {
    const before = fleet.count;
    fleet.read(buffer, offset);
    received = performance.now();
    isChanged = true;
    if (!isFitted && fleet.count > 0) fit();
    if (state !== 'shown' || before !== fleet.count) tell('shown');
    if (layersOf === '' && fleet.count > 0) showLayers();
  }

  /** Shows what the followed agent scans and the map that it has; of all agents, the first one's map. */
  function showLayers() {
    const place = Math.max(0, followed);
    const key = `${place} ${followed >= 0}`;
    if (layersOf === key || fleet.count === 0 || isClosed) return;
    layersOf = key;
    layers?.close();
    layers = null;
    table?.close();
    // The address names agents by number, which the table tells.
    table = connect(fleetPath, {
      choose: channel => channel.topic === tableTopic && ((buffer, offset) => {
        const row = JSON.parse(decoder.decode(new Uint8Array(buffer, offset))).agents.find(agent => agent.name === fleet.names[place]);
        if (!row) return;
        table.close();
        layers = openLayers(`${path}?agents=${row.instanceId}`, {
          name: row.name, hasScan: followed >= 0, frameOf: () => fleet.frames[place], poseOf: () => ({ x: fleet.x[place], y: fleet.y[place], yaw: fleet.yaw[place] }),
          onChange: () => { isChanged = true; },
        });
      }),
    });
  }

  function fit() {
    if (fleet.count === 0) return;
    let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let place = 0; place < fleet.count; place++) {
      if (fleet.seen[place] !== fleet.message) continue;
      left = Math.min(left, fleet.x[place]); right = Math.max(right, fleet.x[place]);
      bottom = Math.min(bottom, fleet.y[place]); top = Math.max(top, fleet.y[place]);
    }
    if (left > right) return;
    [view.x, view.y] = [(left + right) / 2, (bottom + top) / 2];
    const margin = 60;
    view.scale = clamp(Math.min((canvas.clientWidth - margin) / Math.max(right - left, 1), (canvas.clientHeight - margin) / Math.max(top - bottom, 1)), 0.05, 200);
    [isFitted, isChanged] = [true, true];
  }

  const clamp = (value, least, most) => Math.min(most, Math.max(least, value));
  const toX = x => (x - view.x) * view.scale + canvas.clientWidth / 2;
  const toY = y => canvas.clientHeight / 2 - (y - view.y) * view.scale;

  function zoom(factor, px = canvas.clientWidth / 2, py = canvas.clientHeight / 2) {
    const scale = clamp(view.scale * factor, 0.05, 2000);
    const [dx, dy] = [px - canvas.clientWidth / 2, canvas.clientHeight / 2 - py];
    view.x += dx / view.scale - dx / scale;
    view.y += dy / view.scale - dy / scale;
    view.scale = scale;
    isChanged = isFitted = true;
  }

  function nearest(px, py) {
    let [found, closest] = [-1, reach * reach];
    for (let place = 0; place < fleet.count; place++) {
      if (fleet.seen[place] !== fleet.message) continue;
      const [dx, dy] = [toX(fleet.x[place]) - px, toY(fleet.y[place]) - py];
      if (dx * dx + dy * dy < closest) [found, closest] = [place, dx * dx + dy * dy];
    }
    return found;
  }

  function draw() {
    if (isClosed) return;
    requestAnimationFrame(draw);
    markDrawn();
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) { [canvas.width, canvas.height] = [width, height]; isChanged = true; }
    const ahead = calm.matches ? 0 : Math.min(movesOn, (performance.now() - received) / 1000);
    if ((!isChanged && (ahead === 0 || ahead === movesOn)) || width === 0) return;
    isChanged = false;
    const { x, y, yaw, speedX, speedY, speedYaw, seen, message } = fleet;
    const poseOf = place => ({ x: x[place] + ahead * speedX[place], y: y[place] + ahead * speedY[place], yaw: yaw[place] + ahead * speedYaw[place] });
    if (followed >= 0) ({ x: view.x, y: view.y } = poseOf(followed));
    colours ??= readColours();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    layers?.drawGrid(context, toX, toY, view.scale, colours.text);
    drawLines();
    layers?.drawScan(context, toX, toY, colours.scan);
    const size = Math.round(clamp(view.scale * 0.35, 3, arrow));
    if (sprites?.size !== size || sprites.ratio !== ratio || sprites.colour !== colours.agent) sprites = drawSprites(size, ratio, colours.agent);
    // In device pixels, whole ones: then a sprite is copied as it is.
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.imageSmoothingEnabled = false;
    const [side, image] = [sprites.side, sprites.image];
    const [scale, middleX, middleY] = [view.scale * ratio, width / 2 - view.x * view.scale * ratio - side / 2, height / 2 + view.y * view.scale * ratio - side / 2];
    for (let place = 0; place < fleet.count; place++) {
      if (seen[place] !== message || place === followed) continue;
      const [px, py] = [Math.round(middleX + (x[place] + ahead * speedX[place]) * scale), Math.round(middleY - (y[place] + ahead * speedY[place]) * scale)];
      if (px < -side || py < -side || px > width || py > height) continue;
      const turn = ((Math.round((yaw[place] + ahead * speedYaw[place]) / turnAngle) % turns) + turns) % turns;
      context.drawImage(image, turn * side, 0, side, side, px, py, side, side);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (followed >= 0) {
      const pose = poseOf(followed);
      context.fillStyle = colours.followed;
      fillArrow(context, toX(pose.x), toY(pose.y), pose.yaw, arrow * 1.4);
    }
    const named = hovered >= 0 ? hovered : followed;
    if (named >= 0) drawName(named, poseOf(named));
    drawn = fleet.stamp;
  }

  /** Marks for a PerformanceObserver that a message is on the screen: the frame that has it was finished before this one began. */
  function markDrawn() {
    if (drawn === marked) return;
    marked = drawn;
    performance.mark(drawnMark, { detail: drawn });
    performance.clearMarks(drawnMark);
  }

  function drawLines() {
    const power = 10 ** Math.ceil(Math.log10(60 / view.scale));
    const step = [power / 5, power / 2, power].find(one => one * view.scale >= 40);
    const [halfWidth, halfHeight] = [canvas.clientWidth / 2 / view.scale, canvas.clientHeight / 2 / view.scale];
    context.beginPath();
    for (let x = Math.ceil((view.x - halfWidth) / step) * step; x < view.x + halfWidth; x += step) { context.moveTo(toX(x), 0); context.lineTo(toX(x), canvas.clientHeight); }
    for (let y = Math.ceil((view.y - halfHeight) / step) * step; y < view.y + halfHeight; y += step) { context.moveTo(0, toY(y)); context.lineTo(canvas.clientWidth, toY(y)); }
    context.strokeStyle = colours.grid;
    context.lineWidth = 1;
    context.stroke();
    context.fillStyle = colours.text;
    context.font = '12px system-ui, sans-serif';
    context.fillText(`${+step.toPrecision(2)} m`, 12, 20);
  }

  function drawName(place, pose) {
    const name = fleet.names[place];
    context.font = '600 12px system-ui, sans-serif';
    const width = Math.min(260, context.measureText(name).width) + 12;
    const [px, py] = [toX(pose.x) + 12, toY(pose.y) - 12];
    context.fillStyle = colours.surface;
    context.fillRect(px, py - 14, width, 20);
    context.fillStyle = colours.text;
    context.fillText(name, px + 6, py, 260);
  }

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    const of = name => style.getPropertyValue(`--mud-palette-${name}`).trim();
    return { agent: of('primary'), followed: of('error'), grid: of('divider'), scan: of('warning'), text: of('text-primary'), surface: of('surface') };
  }

  const place = event => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const stop = new AbortController();
  const on = (name, handle) => canvas.addEventListener(name, handle, { signal: stop.signal, passive: false });
  on('wheel', event => { event.preventDefault(); zoom(Math.exp(-event.deltaY * 0.0015), ...place(event)); });
  on('pointerdown', event => { pointer = { id: event.pointerId, at: place(event), moved: false }; canvas.setPointerCapture(event.pointerId); });
  on('pointermove', event => {
    const at = place(event);
    if (pointer?.id === event.pointerId) {
      const [dx, dy] = [at[0] - pointer.at[0], at[1] - pointer.at[1]];
      if (!pointer.moved && Math.abs(dx) + Math.abs(dy) < 4) return;
      if (!pointer.moved) follow(-1);
      Object.assign(pointer, { at, moved: true });
      view.x -= dx / view.scale; view.y += dy / view.scale;
      isChanged = isFitted = true;
      return;
    }
    const found = nearest(...at);
    if (found !== hovered) { hovered = found; isChanged = true; canvas.style.cursor = found >= 0 ? 'pointer' : ''; }
  });
  on('pointerup', event => { if (pointer && !pointer.moved) { const found = nearest(...place(event)); if (found >= 0) follow(found); } pointer = null; });
  on('pointerleave', () => { hovered = -1; isChanged = true; });
  on('keydown', event => {
    const pan = 60 / view.scale;
    const keys = {
      ArrowLeft: () => { view.x -= pan; }, ArrowRight: () => { view.x += pan; }, ArrowUp: () => { view.y += pan; }, ArrowDown: () => { view.y -= pan; },
      '+': () => zoom(1.5), '=': () => zoom(1.5), '-': () => zoom(1 / 1.5), f: fit, n: () => step(1), p: () => step(-1), Escape: () => follow(-1),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (event.key.startsWith('Arrow')) follow(-1);
    keys[event.key]();
    isChanged = true;
  });
  const themes = new MutationObserver(() => { colours = null; isChanged = true; setTimeout(() => { colours = null; isChanged = true; }, 300); });
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });

  function follow(next) {
    if (followed === next) return;
    followed = next;
    isChanged = true;
    tell();
    showLayers();
  }

  /** Follows the next or the previous of the agents that there are. */
  function step(by) {
    for (let tries = 0, place = followed; tries < fleet.count; tries++) {
      place = (place + by + fleet.count) % fleet.count;
      if (fleet.seen[place] === fleet.message) return follow(place);
    }
  }

  requestAnimationFrame(draw);
  return {
    fit, zoom,
    unfollow: () => follow(-1),
    /** Follows an agent of that name, or that number in it; false: there is none. */
    followNamed: name => {
      const place = fleet.names.findIndex(one => one === name || one.replace(/^.*?0*(\d+)$/, '$1') === name);
      if (place >= 0) follow(place);
      return place >= 0;
    },
    close: () => {
      isClosed = true;
      clearTimeout(silent);
      stop.abort();
      themes.disconnect();
      for (const one of [connection, table, layers]) one?.close();
    },
  };
}
