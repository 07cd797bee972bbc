// The only place that fetches: every request carries a fresh ID token, every failure is a Problem.
import { idToken } from '../shell/appBridge';

export interface ProblemBody {
  title: string;
  status: number;
  code: string;
  detail: string;
  errors: { field: string; message: string; rule?: string | null }[];
  request_id: string | null;
  [extra: string]: unknown;
}

/** An answer that is not a success, in the server's own words. */
export class Problem extends Error {
  constructor(readonly body: ProblemBody) {
    super(body.detail);
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;

export function get<Answer>(path: string, query: Query = {}): Promise<Answer> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const tail = search.size > 0 ? `?${search}` : '';
  return call<Answer>('GET', `/api${path}${tail}`);
}

export function send<Answer>(method: 'POST' | 'PUT' | 'DELETE', path: string, body: unknown = {}) {
  return call<Answer>(method, `/api${path}`, body);
}

/** Sends a file as it is. */
export async function upload<Answer>(path: string, query: Query, file: File): Promise<Answer> {
  const search = new URLSearchParams(Object.entries(query).map(([name, one]) => [name, `${one}`]));
  return (await (await answerTo('POST', `/api${path}?${search}`, file)).json()) as Answer;
}

/** Saves a file under the name that the server gives it. */
export async function download(path: string, method: 'GET' | 'POST' = 'GET'): Promise<void> {
  const response = await answerTo(method, `/api${path}`);
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1];
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name ?? 'holdfast';
  link.click();
  URL.revokeObjectURL(address);
}

async function call<Answer>(method: string, address: string, body?: unknown): Promise<Answer> {
  return (await (await answerTo(method, address, body)).json()) as Answer;
}

async function answerTo(method: string, address: string, body?: unknown): Promise<Response> {
  let response = await attempt(method, address, body);
  // A token may run out on the way; one more try has a fresh one.
  if (response.status === 401) response = await attempt(method, address, body);
  if (!response.ok) throw new Problem(await problemOf(response));
  return response;
}

async function attempt(method: string, address: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${await idToken()}` };
  if (body === undefined) return fetch(address, { method, headers });
  const isFile = body instanceof Blob;
  headers['Content-Type'] = isFile ? 'application/octet-stream' : 'application/json';
  return fetch(address, { method, headers, body: isFile ? body : JSON.stringify(body) });
}

async function problemOf(response: Response): Promise<ProblemBody> {
  try {
    return (await response.json()) as ProblemBody;
  } catch {
    return {
      title: response.statusText,
      status: response.status,
      code: 'no_answer',
      detail: response.statusText,
      errors: [],
      request_id: response.headers.get('X-Request-Id'),
    };
  }
}
