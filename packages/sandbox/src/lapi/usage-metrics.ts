/** How LAPI takes a usage-metrics body: 201 and no body, or a refusal with its reason. */
export interface MetricsVerdict {
  readonly status: 201 | 400 | 422;
  readonly message?: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * The rules of LAPI's swagger for POST /v1/usage-metrics by a bouncer: what Go cannot bind is a 400, what the
 * validation finds is a 422, and there must be exactly one remediation component (400). The documentation page shows
 * `metrics` as an object; Go wants an array. The words are those of 1.7.8 as run, but for the Go type at the end of a 400.
 */
export function judgeUsageMetrics(text: string): MetricsVerdict {
  let body: unknown;
  if (text === '') return { status: 400, message: 'EOF' };
  try {
    body = JSON.parse(text);
  } catch {
    return { status: 400, message: 'invalid character looking for beginning of value' };
  }
  const problems = new Problems();
  if (!isObject(body))
    return { status: 400, message: 'json: cannot unmarshal array into Go value of type models.AllMetrics' };
  const components = problems.array(body, 'remediation_components') ?? [];
  for (const [index, component] of components.entries())
    checkComponent(component, problems.below('remediation_components', index));
  const [unbindable] = problems.unbindable;
  if (unbindable !== undefined) return { status: 400, message: `json: cannot unmarshal ${unbindable}` };
  if (problems.invalid.length > 0) {
    return { status: 422, message: `validation failure list:\n${problems.invalid.sort().join('\n')}` };
  }
  if (components.length === 0) return { status: 400, message: 'Missing remediation component data' };
  if (components.length > 1) return { status: 400, message: 'Payload has more than one remediation component' };
  return { status: 201 };
}

function checkComponent(component: unknown, problems: Problems): void {
  if (!isObject(component)) {
    problems.cannotBind(component);
    return;
  }
  problems.text(component, 'type', false, Infinity);
  problems.text(component, 'name', false, Infinity);
  problems.text(component, 'version', true);
  problems.integer(component, 'utc_startup_timestamp', true);
  problems.integer(component, 'last_pull', false);
  for (const flag of problems.array(component, 'feature_flags') ?? []) {
    if (typeof flag !== 'string') problems.below('feature_flags').cannotBind(flag);
  }
  const os = problems.object(component, 'os');
  if (os) {
    const within = problems.below('os');
    within.text(os, 'name', true);
    within.text(os, 'version', true);
    within.text(os, 'family', false);
  }
  for (const [index, metrics] of (problems.array(component, 'metrics') ?? []).entries())
    checkMetrics(metrics, problems.below('metrics', index));
}

function checkMetrics(metrics: unknown, problems: Problems): void {
  if (!isObject(metrics)) {
    problems.cannotBind(metrics);
    return;
  }
  const meta = problems.object(metrics, 'meta', true);
  if (meta) {
    const within = problems.below('meta');
    within.integer(meta, 'window_size_seconds', true);
    within.integer(meta, 'utc_now_timestamp', true);
  }
  for (const [index, item] of (problems.array(metrics, 'items', true) ?? []).entries())
    checkItem(item, problems.below('items', index));
}

function checkItem(item: unknown, problems: Problems): void {
  if (!isObject(item)) {
    problems.cannotBind(item);
    return;
  }
  problems.text(item, 'name', true);
  problems.text(item, 'unit', true);
  problems.number(item, 'value');
  const labels = problems.object(item, 'labels') ?? {};
  for (const name of Object.keys(labels)) problems.below('labels').text(labels, name, false);
}

/** Collects what is wrong, in LAPI's two kinds. An absent or null field is only wrong when it is required. */
class Problems {
  readonly unbindable: string[];
  readonly invalid: string[];
  /** Where in the body: names and indices, each with a dot behind it. */
  readonly #at: string;

  constructor(at = '', unbindable: string[] = [], invalid: string[] = []) {
    this.#at = at;
    this.unbindable = unbindable;
    this.invalid = invalid;
  }

  /** The same two lists, for what stands inside a field. */
  below(name: string, index?: number): Problems {
    const at = `${this.#at}${name}.${index === undefined ? '' : `${index}.`}`;
    return new Problems(at, this.unbindable, this.invalid);
  }

  /** Go names the field without its indices. */
  cannotBind(value: unknown, name = ''): void {
    const path = `${this.#at}${name}`.replaceAll(/\.\d+(?=\.|$)/g, '').replace(/\.$/, '');
    this.unbindable.push(`${goKind(value)} into Go struct field AllMetrics.${path}`);
  }

  text(from: Json, name: string, required: boolean, maxLength = 255): void {
    const value = from[name] ?? undefined;
    if (value === undefined) this.#missing(name, required);
    else if (typeof value !== 'string') this.cannotBind(value, name);
    else if (value.length > maxLength) this.invalid.push(`${this.#at}${name} in body should be at most 255 chars long`);
  }

  integer(from: Json, name: string, required: boolean): void {
    const value = from[name] ?? undefined;
    if (value === undefined) this.#missing(name, required);
    else if (!Number.isSafeInteger(value)) this.cannotBind(value, name);
  }

  number(from: Json, name: string): void {
    const value = from[name] ?? undefined;
    if (value === undefined) this.#missing(name, true);
    else if (typeof value !== 'number') this.cannotBind(value, name);
  }

  array(from: Json, name: string, required = false): readonly unknown[] | undefined {
    const value = from[name] ?? undefined;
    if (Array.isArray(value)) return value as readonly unknown[];
    if (value === undefined) this.#missing(name, required);
    else this.cannotBind(value, name);
    return undefined;
  }

  object(from: Json, name: string, required = false): Json | undefined {
    const value = from[name] ?? undefined;
    if (isObject(value)) return value;
    if (value === undefined) this.#missing(name, required);
    else this.cannotBind(value, name);
    return undefined;
  }

  #missing(name: string, required: boolean): void {
    if (required) this.invalid.push(`${this.#at}${name} in body is required`);
  }
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
