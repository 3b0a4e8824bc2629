/** How LAPI takes a usage-metrics body: 201 and no body, or a refusal with its reason. */
export interface MetricsVerdict {
  readonly status: 201 | 400 | 422;
  readonly message?: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * The rules of LAPI's swagger for POST /v1/usage-metrics by a bouncer: what Go cannot bind is a 400, what the
 * validation finds is a 422, and there must be exactly one remediation component (400). The documentation page shows
 * `metrics` as an object; Go wants an array.
 */
export function judgeUsageMetrics(text: string): MetricsVerdict {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { status: 400, message: 'invalid character looking for beginning of value' };
  }
  const problems = new Problems();
  if (!isObject(body)) return { status: 400, message: 'json: cannot unmarshal into Go value of type AllMetrics' };
  const components = problems.array(body, 'remediation_components') ?? [];
  for (const component of components) checkComponent(component, problems);
  const [unbindable] = problems.unbindable;
  if (unbindable !== undefined) return { status: 400, message: `json: cannot unmarshal field ${unbindable}` };
  if (problems.invalid.length > 0) {
    return { status: 422, message: `validation failure list:\n${problems.invalid.join('\n')}` };
  }
  if (components.length === 0) return { status: 400, message: 'Missing remediation component data' };
  if (components.length > 1) return { status: 400, message: 'Payload has more than one remediation component' };
  return { status: 201 };
}

function checkComponent(component: unknown, problems: Problems): void {
  if (!isObject(component)) {
    problems.unbindable.push('remediation_components');
    return;
  }
  problems.text(component, 'type', false);
  problems.text(component, 'name', false);
  problems.text(component, 'version', true);
  problems.integer(component, 'utc_startup_timestamp', true);
  problems.integer(component, 'last_pull', false);
  for (const flag of problems.array(component, 'feature_flags') ?? []) {
    if (typeof flag !== 'string') problems.unbindable.push('feature_flags');
  }
  const os = problems.object(component, 'os');
  if (os) {
    problems.text(os, 'name', true);
    problems.text(os, 'version', true);
    problems.text(os, 'family', false);
  }
  for (const metrics of problems.array(component, 'metrics') ?? []) checkMetrics(metrics, problems);
}

function checkMetrics(metrics: unknown, problems: Problems): void {
  if (!isObject(metrics)) {
    problems.unbindable.push('metrics');
    return;
  }
  const meta = problems.object(metrics, 'meta');
  if (meta) {
    problems.integer(meta, 'window_size_seconds', true);
    problems.integer(meta, 'utc_now_timestamp', true);
  } else problems.invalid.push('meta in body is required');
  const items = problems.array(metrics, 'items');
  if (!items) problems.invalid.push('items in body is required');
  for (const item of items ?? []) {
    if (!isObject(item)) {
      problems.unbindable.push('items');
      continue;
    }
    problems.text(item, 'name', true);
    problems.text(item, 'unit', true);
    problems.number(item, 'value');
    const labels = problems.object(item, 'labels');
    for (const name of Object.keys(labels ?? {})) problems.text(labels ?? {}, name, false);
  }
}

/** Collects what is wrong, in LAPI's two kinds. An absent or null field is only wrong when it is required. */
class Problems {
  readonly unbindable: string[] = [];
  readonly invalid: string[] = [];

  text(from: Json, name: string, required: boolean): void {
    const value = from[name] ?? undefined;
    if (value === undefined) this.#missing(name, required);
    else if (typeof value !== 'string') this.unbindable.push(name);
    else if (value.length > 255) this.invalid.push(`${name} in body should be at most 255 chars long`);
  }

  integer(from: Json, name: string, required: boolean): void {
    const value = from[name] ?? undefined;
    if (value === undefined) this.#missing(name, required);
    else if (!Number.isSafeInteger(value)) this.unbindable.push(name);
  }

  number(from: Json, name: string): void {
    const value = from[name] ?? undefined;
    if (value === undefined) this.#missing(name, true);
    else if (typeof value !== 'number') this.unbindable.push(name);
  }

  array(from: Json, name: string): readonly unknown[] | undefined {
    const value = from[name] ?? undefined;
    if (value === undefined || Array.isArray(value)) return value;
    this.unbindable.push(name);
    return undefined;
  }

  object(from: Json, name: string): Json | undefined {
    const value = from[name] ?? undefined;
    if (value === undefined || isObject(value)) return value;
    this.unbindable.push(name);
    return undefined;
  }

  #missing(name: string, required: boolean): void {
    if (required) this.invalid.push(`${name} in body is required`);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
