// A proxy before a real server that records what is asked and holds chat replies back until the test lets them through.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GateProxy {
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string;
  /** Bodies of the chat requests, in the order they came. */
  readonly chats: readonly string[];
  /** Chat replies that went through. */
  readonly replied: number;
  /** The highest number of chat requests under way at once. */
  readonly mostAtOnce: number;
  /** Lets this many more chat replies through. */
  letThrough(replies: number): void;
  /** From now on it is a provider that has closed, for held requests too: models are unknown (404), or the key is refused (401). */
  retire(status?: 401 | 404): void;
  stop(): Promise<void>;
}

/** @param target the base URL of the server behind, `http://127.0.0.1:<port>/v1` */
export async function startGateProxy(target: string): Promise<GateProxy> {
  const { port: targetPort } = new URL(target);
  const chats: string[] = [];
  const held: (() => void)[] = [];
  let open = 0;
  let replied = 0;
  let underWay = 0;
  let mostAtOnce = 0;
  let retired: 401 | 404 | null = null;

  const release = (): void => {
    while (open > 0 && held.length > 0) {
      open -= 1;
      held.shift()?.();
    }
  };

  const server = http.createServer((request, response) => {
    const body: Buffer[] = [];
    request.on('data', (chunk: Buffer) => body.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(body);
      const isChat = request.url?.endsWith('/chat/completions') === true;
      const forward = (): void => {
        if (retired !== null) {
          const [message, code] =
            retired === 404
              ? ['The model does not exist.', 'model_not_found']
              : ['The account was closed.', 'invalid_api_key'];
          response.writeHead(retired, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ error: { message, code } }));
          return;
        }
        const onward = http.request(
          {
            host: '127.0.0.1',
            port: targetPort,
            path: request.url,
            method: request.method,
            headers: { ...request.headers, host: `127.0.0.1:${targetPort}` },
          },
          (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
            if (isChat) replied += 1;
          },
        );
        onward.on('error', () => response.destroy());
        onward.end(bytes);
      };
      if (!isChat) {
        forward();
        return;
      }
      chats.push(bytes.toString('utf8'));
      underWay += 1;
      mostAtOnce = Math.max(mostAtOnce, underWay);
      response.on('close', () => {
        underWay -= 1;
        // Given up by the caller before its turn: it takes nobody's place.
        const place = held.indexOf(forward);
        if (place >= 0) held.splice(place, 1);
      });
      held.push(forward);
      release();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${String(port)}/v1`,
    chats,
    get replied() {
      return replied;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    letThrough(replies) {
      open += replies;
      release();
    },
    retire(status = 404) {
      retired = status;
      open = Infinity;
      release();
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
