// The page while the console is loaded: chooses language and theme, looks for a session, and signs in. The console takes over what it finds (StartPage.cs).
(() => {
  const reloadsKey = 'console.reloads';
  const mostReloads = 2;
  const reloadAfter = 1000; // milliseconds
  const stored = name => {
    try { return localStorage.getItem(`console.${name}`); } catch { return null; }
  };
  const chosen = stored('language') ?? (navigator.languages?.find(one => /^(en|ko)\b/i.test(one)) ?? 'en').slice(0, 2).toLowerCase();
  const language = chosen === 'ko' ? 'ko' : 'en';
  const texts = startTexts[language];
  const theme = stored('theme');
  const systemIsDark = () => matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.lang = language;
  document.documentElement.dataset.theme = theme === 'dark' || theme === 'light' ? theme : systemIsDark() ? 'dark' : 'light';

  const fill = part => {
    for (const one of part.querySelectorAll('[data-text]')) one.textContent = texts[one.dataset.text];
    for (const one of part.querySelectorAll('[data-label]')) one.setAttribute('aria-label', texts[one.dataset.label]);
  };
  fill(document);

  const app = document.getElementById('app');
  const loading = [...app.childNodes];
  let form = null;
  let isTaken = false;
  let isSubmitted = false;
  let hasFailed = false;

  /** The data of an answer of the API; the error is a sentence to show. */
  const call = async (path, body, token) => {
    const headers = { 'Accept-Language': language };
    if (body) headers['Content-Type'] = 'application/json';
    if (token) headers.Authorization = `Bearer ${token}`;
    let response;
    try {
      response = await fetch(`api/auth/${path}`, { method: 'POST', headers, body: body && JSON.stringify(body) });
    } catch {
      throw new Error(texts.ApiUnreachable);
    }
    const answer = await response.json().catch(() => null);
    if (response.ok && answer?.data) return answer.data;
    throw new Error(response.ok ? texts.ApiAnswerOdd : answer?.message ?? texts.ApiRefused.replace('{0}', response.status));
  };

  const resume = async () => {
    const fresh = await call('refresh');
    return { ...await call('verify', null, fresh.accessToken), ...fresh };
  };

  const show = problem => {
    const box = form.querySelector('.problem');
    box.textContent = problem;
    box.hidden = !problem;
  };

  const submit = event => {
    event.preventDefault();
    const [email, password] = [form.elements.email.value, form.elements.password.value];
    if (isTaken) {
      isSubmitted = true;
    } else if (!email || !password) {
      show(texts.SignInEmpty);
    } else {
      form.elements.submit.disabled = true;
      // After the answer to the old session: both set its cookie.
      session = session.then(() => call('signin', { email, password })).then(
        found => {
          form = null;
          app.replaceChildren(...loading);
          // The console that was to take the session over will not come.
          if (hasFailed) location.reload();
          return found;
        },
        error => {
          show(error.message);
          form.elements.submit.disabled = false;
          return null;
        });
    }
  };

  /** Browsers end all requests when an interface of the network comes or goes: the page is loaded again by itself, unless something was typed or that has not helped. */
  function fail() {
    if (hasFailed) return;
    hasFailed = true;
    clearTimeout(slow);
    setTimeout(() => {
      const isTyped = form && (form.elements.email.value || form.elements.password.value);
      const reloads = storedReloads();
      if (isTyped || reloads === null || reloads >= mostReloads) return notify(texts.StartFailed);
      sessionStorage.setItem(reloadsKey, reloads + 1);
      location.reload();
    }, reloadAfter);
  }

  const storedReloads = () => {
    try { return Number(sessionStorage.getItem(reloadsKey)); } catch { return null; }
  };

  const showForm = () => {
    const part = document.getElementById('sign-in').content.cloneNode(true);
    fill(part);
    form = part.querySelector('form');
    form.addEventListener('submit', submit);
    app.replaceChildren(part);
    document.title = `${texts.SignIn} · SimulationManager`;
  };

  let session = resume().catch(() => null);
  if (location.pathname === '/signin') {
    showForm();
  } else if (location.pathname !== '/signup') {
    session.then(found => {
      if (found || isTaken) return;
      const page = location.pathname + location.search + location.hash;
      history.replaceState(null, '', page === '/' ? '/signin' : `/signin?next=${encodeURIComponent(page)}`);
      showForm();
    });
  }

  const notice = document.getElementById('start-notice');
  const notify = text => {
    notice.firstElementChild.textContent = text;
    notice.lastElementChild.href = location.href;
    notice.hidden = false;
  };
  const slow = setTimeout(() => notify(texts.StartSlow), 30_000);
  // Blazor.start says nothing of files that do not come: it throws where nobody can catch it.
  const starting = new AbortController();
  for (const failure of ['error', 'unhandledrejection']) addEventListener(failure, fail, { signal: starting.signal });

  window.startPage = {
    language,
    systemIsDark,
    /** Waits for what is under way. Returns who is signed in as JSON, or null; from now on, the console signs in. */
    session: async () => {
      let waited, found;
      do {
        waited = session;
        found = await waited;
      } while (waited !== session);
      isTaken = true;
      return found && JSON.stringify(found);
    },
    /** What is in the form that the console is about to replace, as JSON; null when none is shown. */
    takeForm: () => {
      clearTimeout(slow);
      starting.abort();
      if (storedReloads()) sessionStorage.removeItem(reloadsKey);
      notice.hidden = true;
      if (!form) return null;
      const focused = form.contains(document.activeElement) ? document.activeElement.id : '';
      const [email, password, problem] = [form.elements.email.value, form.elements.password.value, form.querySelector('.problem').textContent];
      form = null;
      return JSON.stringify({ email, password, problem, focused, isSubmitted });
    },
  };
})();
