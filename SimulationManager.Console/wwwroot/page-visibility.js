// Tells the console whether somebody can see its page.

/** Calls `Changed` on a .NET object whenever the page is shown or hidden. Returns whether it is shown now. */
export function watch(observer) {
  const isShown = () => document.visibilityState === 'visible';
  document.addEventListener('visibilitychange', () => observer.invokeMethodAsync('Changed', isShown()));
  return isShown();
}
