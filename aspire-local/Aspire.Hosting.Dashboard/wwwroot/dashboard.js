// What Blazor cannot do from the server: charts, keys, cookies, scrolling, downloads.
(() => {
  const chartsAddress = document.currentScript.dataset.charts;
  const charts = new WeakMap();
  let chartsLoading;
  let shortcutTarget;

  // One megabyte that only two views need.
  function loadCharts() {
    chartsLoading ??= new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = chartsAddress;
      script.onload = () => resolve(window.echarts);
      script.onerror = () => reject(new Error('The charting script could not be loaded.'));
      document.head.append(script);
    });
    return chartsLoading;
  }

  async function drawChart(element, options, isDark, owner) {
    const echarts = await loadCharts();
    if (!element?.isConnected)
      return;
    let entry = charts.get(element);
    if (!entry) {
      const chart = echarts.init(element, null, { renderer: 'canvas' });
      chart.on('click', params => params.data?.id && owner.invokeMethodAsync('OnChartClick', params.data.id));
      const observer = new ResizeObserver(() => chart.resize());
      observer.observe(element);
      entry = { chart, observer };
      charts.set(element, entry);
    }
    entry.chart.setOption(JSON.parse(options), { notMerge: false, replaceMerge: ['series'] });
    element.dataset.drawn = 'true';
  }

  function disposeChart(element) {
    const entry = element && charts.get(element);
    if (!entry)
      return;
    entry.observer.disconnect();
    entry.chart.dispose();
    charts.delete(element);
  }

  function isTyping(target) {
    return target.closest?.('input, textarea, select, [contenteditable], [role="listbox"], [role="menu"]');
  }

  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey)
      return;
    if (event.key === 'Escape')
      document.querySelector('.details .details-head button:last-of-type')?.click();
    if (isTyping(event.target) || !shortcutTarget)
      return;
    if (event.key === '/') {
      event.preventDefault();
      document.querySelector('[data-search]')?.focus();
    } else if (event.key.length === 1) {
      shortcutTarget.invokeMethodAsync('OnShortcut', event.key);
    }
  });

  window.dashboard = {
    drawChart,
    disposeChart,
    listenForShortcuts(target) { shortcutTarget = target; },
    rememberTheme(theme) { document.cookie = `dashboard-theme=${theme};path=/;max-age=31536000;samesite=lax`; },
    keepAtEnd(element) {
      if (!element?.isConnected)
        return;
      if (!element.dataset.watched) {
        element.dataset.watched = 'true';
        element.addEventListener('scroll', () => {
          element.dataset.follow = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
        }, { passive: true });
      }
      if (element.dataset.follow !== 'false')
        element.scrollTop = element.scrollHeight;
    },
    async download(name, stream) {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([await stream.arrayBuffer()], { type: 'text/plain' }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    },
  };
})();
