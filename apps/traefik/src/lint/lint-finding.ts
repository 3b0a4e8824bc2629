import type { Finding } from '../options/finding.ts';

/** A finding with its place. */
export interface LintFinding extends Finding {
  readonly path: string;
  /** 0 when it is not known. */
  readonly line: number;
}

/** Puts findings in their place. */
export function placed(path: string, line: number, findings: Iterable<Finding>): LintFinding[] {
  return [...findings].map((finding) => ({ ...finding, path, line }));
}
