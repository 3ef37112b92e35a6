const subprotocol = 'foxglove.sdk.v1';
const longestWait = 30_000; // milliseconds until it is connected again
const messageData = 1;
const messageHeader = 13;   // kind, subscription, time

/**
 * A connection to a run's agents by Foxglove's protocol, made anew when it is lost. It subscribes to what `choose` wants of each channel that is told: a function
 * that takes a message, or nothing. The cookie tells who watches.
 */
export function connect(path, { choose, onState = () => { } }) {
  let [socket, timer, wait, isClosed] = [null, 0, 1000, false];

  function open() {
    const address = new URL(path, location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const takers = new Map();
    socket = new WebSocket(address, subprotocol);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') handle(JSON.parse(data));
      else receive(data);
    };
    socket.onclose = () => {
      if (isClosed) return;
      onState('closed');
      timer = setTimeout(open, wait);
      wait = Math.min(2 * wait, longestWait);
    };

    function handle(operation) {
      if (operation.op !== 'advertise') return;
      wait = 1000;
      for (const channel of operation.channels) {
        const take = choose(channel);
        if (!take) continue;
        takers.set(channel.id, take);
        socket.send(JSON.stringify({ op: 'subscribe', subscriptions: [{ id: channel.id, channelId: channel.id }] }));
      }
    }

    function receive(buffer) {
      const view = new DataView(buffer);
      if (buffer.byteLength <= messageHeader || view.getUint8(0) !== messageData) return;
      try {
        takers.get(view.getUint32(1, true))?.(buffer, messageHeader);
      } catch (error) {
        // What a recording has need not be what it says: a message that cannot be read is not shown.
        if (!(error instanceof RangeError)) throw error;
      }
    }
  }

  open();
  return { close: () => { isClosed = true; clearTimeout(timer); socket.close(); } };
}
