import { Fleet } from './fleet.js';
import { FleetPainter } from './fleet-painter.js';
import { MapView } from './map-view.js';
import { connect } from './live-connection.js';
import { openLayers } from './agent-layers.js';

// The worker of a run's map: all agents on a canvas. Poses come as one message for the whole fleet, ten times a second; between two of them agents move on as they have moved last.
const fleetTopic = '/fleet/transforms';
const tableTopic = '/fleet/agents';
const drawnMark = 'fleet-drawn';
const positionsWithin = 3000; // milliseconds after which it is said that there are none
const movesOn = 0.15;         // seconds without a message for which agents move on
const reach = 12;             // pixels within which an agent is pointed at
const clickWithin = 4;        // pixels that a click may move
const decoder = new TextDecoder();

/** Opens the map on a canvas; `tell` is for the page. Returns what the page may ask of it. */
function open(canvas, path, tell) {
  const fleet = new Fleet();
  const view = new MapView();
  const painter = new FleetPainter(canvas);
  let [isFitted, isChanged, hasMotion, colours] = [false, true, true, null];
  let [followed, hovered, pointer] = [-1, -1, null];
  let [state, told, received, drawn, marked] = ['connecting', '', 0, 0, 0];
  let [layers, layersOf, table] = [null, '', null];

  function tellState(next = state) {
    state = next;
    const key = `${state} ${fleet.count} ${followed}`;
    if (key === told) return;
    told = key;
    tell('state', state, fleet.count, followed < 0 ? null : fleet.names[followed]);
  }

  // No agent by its topics, which are thousands: the fleet as a whole.
  const fleetPath = `${path}?agents=0`;
  connect(fleetPath, { choose: chooseFleet, onState: tellState });
  setTimeout(() => { if (fleet.count === 0) tellState('nothing'); }, positionsWithin);

  function chooseFleet(channel) {
    if (channel.topic !== fleetTopic || channel.encoding !== 'cdr') return null;
    if (fleet.count === 0) tellState('waiting');
    return receive;
  }

  function receive(buffer, offset) {
    const before = fleet.count;
    if (fleet.read(buffer, offset)) isChanged = true;
    received = performance.now();
    if (!isFitted && fleet.count > 0) fit();
    if (state !== 'shown' || before !== fleet.count) tellState('shown');
    if (layersOf === '' && fleet.count > 0) showLayers();
  }

  /** Shows what the followed agent scans and the map that it has; of all agents, the first one's map. */
  function showLayers() {
    const place = Math.max(0, followed);
    const key = `${place} ${followed >= 0}`;
    if (layersOf === key || fleet.count === 0) return;
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
          name: row.name, hasScan: followed >= 0, frameOf: () => fleet.frames[place], poseOf: () => fleet.poseOf(place), onChange: () => { isChanged = true; },
        });
      }),
    });
  }

  function fit() {
    const area = fleet.area();
    if (!area) return;
    view.fit(area);
    [isFitted, isChanged] = [true, true];
  }

  function zoom(factor, px, py) {
    view.zoom(factor, px, py);
    isChanged = isFitted = true;
  }

  function nearest(px, py) {
    let [found, closest] = [-1, reach * reach];
    for (let place = 0; place < fleet.count; place++) {
      if (fleet.seen[place] !== fleet.message) continue;
      const [dx, dy] = [view.toX(fleet.x[place]) - px, view.toY(fleet.y[place]) - py];
      if (dx * dx + dy * dy < closest) [found, closest] = [place, dx * dx + dy * dy];
    }
    return found;
  }

  function hover(next) {
    if (hovered === next) return;
    hovered = next;
    isChanged = true;
    tell('pointed', hovered >= 0);
  }

  function follow(next) {
    if (followed === next) return;
    followed = next;
    isChanged = true;
    tellState();
    showLayers();
  }

  /** Follows the next or the previous of the agents that there are. */
  function step(by) {
    for (let tries = 0, place = followed; tries < fleet.count; tries++) {
      place = (place + by + fleet.count) % fleet.count;
      if (fleet.seen[place] === fleet.message) return follow(place);
    }
  }

  function pan(dx, dy) {
    follow(-1);
    view.pan(dx, dy);
    isChanged = isFitted = true;
  }

  function draw() {
    requestAnimationFrame(draw);
    markDrawn();
    if (view.width === 0 || colours === null) return;
    const ahead = hasMotion && fleet.isMoving ? Math.min(movesOn, (performance.now() - received) / 1000) : 0;
    if (isChanged || (ahead > 0 && ahead < movesOn)) {
      isChanged = false;
      if (followed >= 0) ({ x: view.x, y: view.y } = fleet.poseOf(followed, ahead));
      painter.draw(fleet, view, colours, { ahead, followed, named: hovered >= 0 ? hovered : followed, layers });
    }
    drawn = fleet.stamp;
  }

  /** Marks for a PerformanceObserver in this worker that a message is on the screen: the frame that has it was finished before this one began. */
  function markDrawn() {
    if (drawn === marked) return;
    marked = drawn;
    performance.mark(drawnMark, { detail: drawn });
    performance.clearMarks(drawnMark);
  }

  tellState();
  requestAnimationFrame(draw);
  return {
    fit, zoom, pan, step,
    motion: isWanted => { hasMotion = isWanted; isChanged = true; },
    colours: next => { colours = next; isChanged = true; },
    size: (width, height, ratio) => { Object.assign(view, { width, height, ratio }); isChanged = true; },
    wheel: (delta, px, py) => zoom(Math.exp(-delta * 0.0015), px, py),
    press: (id, px, py) => { pointer = { id, px, py, hasMoved: false }; },
    move: (id, px, py) => {
      if (pointer?.id !== id) return hover(nearest(px, py));
      const [dx, dy] = [px - pointer.px, py - pointer.py];
      if (!pointer.hasMoved && Math.abs(dx) + Math.abs(dy) < clickWithin) return;
      pointer = { id, px, py, hasMoved: true };
      pan(dx, dy);
    },
    release: (px, py) => {
      const found = pointer && !pointer.hasMoved ? nearest(px, py) : -1;
      if (found >= 0) follow(found);
      pointer = null;
    },
    leave: () => { pointer = null; hover(-1); },
    unfollow: () => follow(-1),
    followNamed: (name, answer) => {
      const place = fleet.names.findIndex(one => one === name || one.replace(/^.*?0*(\d+)$/, '$1') === name);
      if (place >= 0) follow(place);
      answer.postMessage(place >= 0);
    },
  };
}

let map = null;
onmessage = ({ data: [what, ...values] }) => {
  if (what === 'open') map = open(...values, (...news) => postMessage(news));
  else map[what](...values);
};
postMessage(['ready']);
