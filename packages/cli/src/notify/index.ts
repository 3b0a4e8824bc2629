export { notifySteps } from './notify-steps.ts';
export { startNotifier } from './notifier.ts';
export { createSend } from './send.ts';
