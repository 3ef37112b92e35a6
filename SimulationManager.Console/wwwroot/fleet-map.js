// All agents of a run on a canvas. Poses come as one message of foxglove_msgs/FrameTransforms for the whole fleet; what is drawn is the last one.
const topic = '/fleet/transforms';
const subprotocol = 'foxglove.sdk.v1';
const longestWait = 30_000; // milliseconds until it is connected again
const positionsWithin = 3000; // milliseconds after which it is said that there are none
const arrow = 9;          // pixels from the middle of an arrow to its tip
const reach = 12;         // pixels within which an agent is pointed at
const turns = 72;         // directions in which an arrow is drawn
const turnAngle = 2 * Math.PI / turns;
const decoder = new TextDecoder();

/** Poses of a fleet, as typed arrays; an agent keeps its place for as long as the map is open. */
export class Fleet {
  count = 0;
  names = [];
  x = new Float64Array(1024);
  y = new Float64Array(1024);
  yaw = new Float64Array(1024);
  /** Which of them the last message told of. */
  seen = new Uint32Array(1024);
  message = 0;
  #placeOf = new Map();
  /** Place and name's bytes of each transform of the last message, in its order: mostly the next one has the same. */
  #order = [];

  /** Reads a message: CDR, little or big endian, version 1 or 2. */
  read(buffer, offset) {
    const bytes = new Uint8Array(buffer, offset);
    const view = new DataView(buffer, offset);
    const little = (bytes[1] & 1) === 1;
    const align8 = bytes[1] >= 6 ? 4 : 8;
    let at = 4;
    const align = size => { at = 4 + Math.ceil((at - 4) / size) * size; };
    const uint32 = () => { align(4); const value = view.getUint32(at, little); at += 4; return value; };
    const float64 = () => { const value = view.getFloat64(at, little); at += 8; return value; };
    const transforms = uint32();
    this.message++;
    for (let number = 0; number < transforms; number++) {
      uint32(); uint32();
      const parent = uint32();
      at += parent;
      const length = uint32();
      const place = this.#place(number, bytes, at, Math.max(0, length - 1));
      at += length;
      align(align8);
      this.x[place] = float64(); this.y[place] = float64(); float64();
      const qx = float64(), qy = float64(), qz = float64(), qw = float64();
      this.yaw[place] = Math.atan2(2 * (qw * qz + qx * qy), 1 - 2 * (qy * qy + qz * qz));
      this.seen[place] = this.message;
    }
  }

  #place(number, bytes, at, length) {
    const known = this.#order[number];
    if (known && known.name.length === length) {
      let same = true;
      for (let index = 0; index < length; index++) if (known.name[index] !== bytes[at + index]) { same = false; break; }
      if (same) return known.place;
    }
    const name = bytes.slice(at, at + length);
    const text = decoder.decode(name);
    let place = this.#placeOf.get(text);
    if (place === undefined) {
      place = this.count++;
      this.#placeOf.set(text, place);
      this.names.push(text.split('/').find(part => part.length > 0) ?? text);
      if (this.count > this.x.length) this.#grow();
    }
    this.#order[number] = { name, place };
    return place;
  }

  #grow() {
    for (const field of ['x', 'y', 'yaw', 'seen']) {
      const larger = new this[field].constructor(this[field].length * 2);
      larger.set(this[field]);
      this[field] = larger;
    }
  }
}

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
  const view = { x: 0, y: 0, scale: 40 };   // metres at the middle, pixels per metre
  let [isClosed, isFitted, isChanged] = [false, false, true];
  let [followed, hovered, pointer] = [-1, -1, null];
  let [socket, state, told, timer, wait] = [null, 'connecting', '', 0, 1000];
  let [colours, sprites] = [null, null];

  const tell = (next = state) => {
    state = next;
    const key = `${state} ${fleet.count} ${followed}`;
    if (key === told || isClosed) return;
    told = key;
    component.invokeMethodAsync('OnState', state, fleet.count, followed < 0 ? null : fleet.names[followed]);
  };

  function connect() {
    // No agent by its topics, which are thousands: the fleet as a whole. The cookie tells who watches.
    const address = new URL(`${path}?agents=0`, location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    socket = new WebSocket(address, subprotocol);
    socket.binaryType = 'arraybuffer';
    let channel = null;
    const silent = setTimeout(() => { if (fleet.count === 0) tell('nothing'); }, positionsWithin);
    socket.onmessage = event => {
      if (typeof event.data !== 'string') { receive(event.data); return; }
      const operation = JSON.parse(event.data);
      if (operation.op !== 'advertise') return;
      const found = operation.channels.find(one => one.topic === topic && one.encoding === 'cdr');
      if (!found) return;
      channel = found.id;
      wait = 1000;
      if (fleet.count === 0) tell('waiting');
      socket.send(JSON.stringify({ op: 'subscribe', subscriptions: [{ id: 1, channelId: channel }] }));
    };
    socket.onclose = () => {
      clearTimeout(silent);
      if (isClosed) return;
      tell('closed');
      timer = setTimeout(connect, wait);
      wait = Math.min(2 * wait, longestWait);
    };
  }

  function receive(buffer) {
    if (buffer.byteLength < 17 || new DataView(buffer).getUint8(0) !== 1) return;
    const before = fleet.count;
    fleet.read(buffer, 13);
    isChanged = true;
    if (!isFitted && fleet.count > 0) fit();
    if (state !== 'shown' || before !== fleet.count) tell('shown');
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
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) { [canvas.width, canvas.height] = [width, height]; isChanged = true; }
    if (!isChanged || width === 0) return;
    isChanged = false;
    if (followed >= 0) [view.x, view.y] = [fleet.x[followed], fleet.y[followed]];
    colours ??= readColours();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    drawGrid();
    const size = Math.round(clamp(view.scale * 0.35, 3, arrow));
    if (sprites?.size !== size || sprites.ratio !== ratio || sprites.colour !== colours.agent) sprites = drawSprites(size, ratio, colours.agent);
    // In device pixels, whole ones: then a sprite is copied as it is.
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.imageSmoothingEnabled = false;
    const [side, image] = [sprites.side, sprites.image];
    const [scale, middleX, middleY] = [view.scale * ratio, width / 2 - view.x * view.scale * ratio - side / 2, height / 2 + view.y * view.scale * ratio - side / 2];
    const { x, y, yaw, seen, message } = fleet;
    for (let place = 0; place < fleet.count; place++) {
      if (seen[place] !== message || place === followed) continue;
      const [px, py] = [Math.round(middleX + x[place] * scale), Math.round(middleY - y[place] * scale)];
      if (px < -side || py < -side || px > width || py > height) continue;
      const turn = ((Math.round(yaw[place] / turnAngle) % turns) + turns) % turns;
      context.drawImage(image, turn * side, 0, side, side, px, py, side, side);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (followed >= 0) {
      context.fillStyle = colours.followed;
      fillArrow(context, toX(fleet.x[followed]), toY(fleet.y[followed]), fleet.yaw[followed], arrow * 1.4);
    }
    const named = hovered >= 0 ? hovered : followed;
    if (named >= 0) drawName(named);
  }

  function drawGrid() {
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

  function drawName(place) {
    const name = fleet.names[place];
    context.font = '600 12px system-ui, sans-serif';
    const width = Math.min(260, context.measureText(name).width) + 12;
    const [px, py] = [toX(fleet.x[place]) + 12, toY(fleet.y[place]) - 12];
    context.fillStyle = colours.surface;
    context.fillRect(px, py - 14, width, 20);
    context.fillStyle = colours.text;
    context.fillText(name, px + 6, py, 260);
  }

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    const of = name => style.getPropertyValue(`--mud-palette-${name}`).trim();
    return { agent: of('primary'), followed: of('error'), grid: of('divider'), text: of('text-primary'), surface: of('surface') };
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
      '+': () => zoom(1.5), '=': () => zoom(1.5), '-': () => zoom(1 / 1.5), f: fit, Escape: () => follow(-1),
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
  }

  connect();
  requestAnimationFrame(draw);
  return {
    fit, zoom,
    follow: () => follow(-1),
    close: () => { isClosed = true; clearTimeout(timer); stop.abort(); themes.disconnect(); socket?.close(); },
  };
}
