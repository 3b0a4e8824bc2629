export * from './target/target.ts';
export * from './reconcile/status.ts';
