const keyPan = 60; // pixels that an arrow key moves the map
const keys = new Map(Object.entries({
  ArrowLeft: ['pan', keyPan, 0], ArrowRight: ['pan', -keyPan, 0], ArrowUp: ['pan', 0, keyPan], ArrowDown: ['pan', 0, -keyPan],
  '+': ['zoom', 1.5], '=': ['zoom', 1.5], '-': ['zoom', 1 / 1.5], f: ['fit'], n: ['step', 1], p: ['step', -1], Escape: ['unfollow'],
}));
const startAgain = [250, 1000]; // milliseconds after which a worker is started again whose scripts did not come
const themeChange = 300; // milliseconds until a theme that was chosen has its colours

/**
 * The page's side of a run's map. The canvas belongs to a worker, which has the connection and draws, so that neither waits for what the page does. The worker gets events, size,
 * colours and whether motion is wanted; the page gets what it shows about the map.
 * Returns null where a worker cannot draw.
 */
export function open(canvas, path, component) {
  if (!canvas.transferControlToOffscreen) {
    component.invokeMethodAsync('OnState', 'failed', 0, null);
    return null;
  }
  const offscreen = canvas.transferControlToOffscreen();
  const stop = new AbortController();
  const on = (target, name, handle, options) => target.addEventListener(name, handle, { signal: stop.signal, ...options });
  let worker, starting;
  let isStarted = false;
  const send = (what, ...values) => { if (isStarted) worker.postMessage([what, ...values]); };

  const start = attempt => {
    worker = new Worker(new URL('./fleet-worker.js', import.meta.url), { type: 'module' });
    worker.onerror = () => {
      if (isStarted) return;
      if (attempt < startAgain.length) starting = setTimeout(start, startAgain[attempt], attempt + 1);
      else component.invokeMethodAsync('OnState', 'failed', 0, null);
    };
    worker.onmessage = ({ data: [what, ...values] }) => {
      if (what === 'ready') {
        isStarted = true;
        worker.postMessage(['open', offscreen, path], [offscreen]);
        sendMotion();
        sendColours();
        sendSize();
      }
      if (what === 'state') component.invokeMethodAsync('OnState', ...values);
      if (what === 'pointed') canvas.style.cursor = values[0] ? 'pointer' : '';
    };
  };

  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const sendMotion = () => send('motion', !calm.matches);
  on(calm, 'change', sendMotion);

  const sendColours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = name => style.getPropertyValue(`--mud-palette-${name}`).trim();
    send('colours', { agent: of('primary'), followed: of('error'), grid: of('divider'), scan: of('warning'), text: of('text-primary'), surface: of('surface') });
  };
  const themes = new MutationObserver(() => { sendColours(); setTimeout(sendColours, themeChange); });
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });

  const sendSize = () => send('size', canvas.clientWidth, canvas.clientHeight, devicePixelRatio);
  const sizes = new ResizeObserver(sendSize);
  sizes.observe(canvas);
  // A window may be moved to a screen of other pixels.
  const watchRatio = () => on(matchMedia(`(resolution: ${devicePixelRatio}dppx)`), 'change', () => { sendSize(); watchRatio(); }, { once: true });
  watchRatio();

  on(canvas, 'wheel', event => { event.preventDefault(); send('wheel', event.deltaY, event.offsetX, event.offsetY); }, { passive: false });
  on(canvas, 'pointerdown', event => { canvas.setPointerCapture(event.pointerId); send('press', event.pointerId, event.offsetX, event.offsetY); });
  on(canvas, 'pointermove', event => send('move', event.pointerId, event.offsetX, event.offsetY));
  on(canvas, 'pointerup', event => send('release', event.offsetX, event.offsetY));
  on(canvas, 'pointerleave', () => send('leave'));
  on(canvas, 'keydown', event => {
    const action = keys.get(event.key);
    if (!action || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    send(...action);
  });

  start(0);
  return {
    fit: () => send('fit'),
    zoom: factor => send('zoom', factor),
    unfollow: () => send('unfollow'),
    /** Follows an agent of that name, or that number in it; false: there is none. */
    followNamed: name => isStarted && new Promise(resolve => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => { port1.close(); resolve(data); };
      worker.postMessage(['followNamed', name, port2], [port2]);
    }),
    close: () => {
      stop.abort();
      themes.disconnect();
      sizes.disconnect();
      clearTimeout(starting);
      worker.onmessage = null;
      worker.terminate();
    },
  };
}
