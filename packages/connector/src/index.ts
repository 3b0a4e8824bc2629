export * from './target/target.ts';
