// Starts the console in the language and theme that were chosen, or else those of the browser.
(() => {
  const stored = name => {
    try { return localStorage.getItem(`console.${name}`); } catch { return null; }
  };
  const language = stored('language') ?? (navigator.languages?.find(one => /^(en|ko)\b/i.test(one)) ?? 'en').slice(0, 2).toLowerCase();
  const theme = stored('theme');
  document.documentElement.lang = language === 'ko' ? 'ko' : 'en';
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  window.consoleTheme = { systemIsDark: () => matchMedia('(prefers-color-scheme: dark)').matches };
  if (language === 'ko') {
    document.querySelector('[data-text=crash]').textContent = '콘솔에서 복구할 수 없는 오류가 발생했습니다.';
    document.querySelector('[data-text=reload]').textContent = '새로 고침';
  }
  Blazor.start({ applicationCulture: language === 'ko' ? 'ko' : 'en' });
})();
