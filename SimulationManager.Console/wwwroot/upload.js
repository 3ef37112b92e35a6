// Files that a person chooses or drops, and their way to the object storage: their bytes never pass through WebAssembly.
const reportEvery = 200;

async function filesOf(transfer) {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...transfer.files];
  const files = [];
  const visit = async entry => {
    if (entry.isFile) files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    if (!entry.isDirectory) return;
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const one of some) await visit(one);
    }
  };
  for (const entry of entries) await visit(entry);
  return files;
}

export function watch(drop, input, component) {
  let files = [];
  const requests = new Set();
  const choose = chosen => {
    files = chosen;
    component.invokeMethodAsync('OnChosen', files.map((file, index) => ({ index, name: file.name, size: file.size })));
  };
  const over = event => { event.preventDefault(); drop.classList.toggle('over', event.type === 'dragover'); };
  drop.addEventListener('dragover', over);
  drop.addEventListener('dragleave', over);
  drop.addEventListener('drop', async event => { over(event); choose(await filesOf(event.dataTransfer)); });
  const chooseInput = () => { if (input.files.length > 0) choose([...input.files]); input.value = ''; };
  input.addEventListener('change', chooseInput);
  // Files may have been chosen before this script was there.
  chooseInput();
  return {
    put: (index, start, size, url, name) => new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let told = 0;
      requests.add(request);
      request.open('PUT', url);
      request.upload.onprogress = event => {
        if (performance.now() - told < reportEvery) return;
        told = performance.now();
        component.invokeMethodAsync('OnSent', name, event.loaded);
      };
      request.onloadend = () => {
        requests.delete(request);
        if (request.status < 200 || request.status > 299) { reject(new Error(`status ${request.status}`)); return; }
        component.invokeMethodAsync('OnSent', name, size);
        resolve();
      };
      request.send(files[index].slice(start, start + size));
    }),
    abort: () => { for (const request of requests) request.abort(); },
  };
}
