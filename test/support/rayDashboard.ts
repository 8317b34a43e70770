// As much of a Ray dashboard as a look at it needs.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RayDashboard {
  readonly address: string;
  readonly requests: readonly DashboardRequest[];
  close(): Promise<void>;
}

interface DashboardRequest {
  readonly method: string;
  readonly url: string;
  /** Header of the token. */
  readonly authorization: string | undefined;
}

interface DashboardOptions {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Token without which it answers 401. */
  readonly token?: string;
}

const VERSION = JSON.stringify({ version: '4', ray_version: '2.60.0', ray_commit: 'test' });

/** Starts a dashboard that gives every request the same answer. */
export async function startRayDashboard(options: DashboardOptions = {}): Promise<RayDashboard> {
  const { status = 200, body = VERSION, headers = {}, token } = options;
  const requests: DashboardRequest[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    requests.push({ method: request.method ?? '', url: request.url ?? '', authorization });
    const isRefused = token !== undefined && authorization !== `Bearer ${token}`;
    response.writeHead(isRefused ? 401 : status, { 'content-type': 'application/json', ...headers }).end(body);
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  return {
    address: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    close: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
}
