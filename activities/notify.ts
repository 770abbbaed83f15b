import type { Notification } from '../src/ports/notifier.js';
import type { Ports } from './ports.js';

/** Delivers a notification; receivers drop repeats of its ID. */
export const createNotify =
  (ports: Ports) =>
  async (notification: Notification): Promise<void> => {
    await ports.notifier.notify(notification);
    ports.failpoint('notify.delivered');
  };
