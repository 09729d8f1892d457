import type { Events } from '../events/events.js';
import type { ImageObserver } from '../images/image-observer.js';
import type { RuntimeMeters } from '../metrics/runtime-meters.js';
import type { TemplateStore } from '../templates/template-store.js';

/** What a runtime does when something becomes of an image: it counts, and an image that is gone takes its templates along. */
export const imageObserver = (meters: RuntimeMeters, templates: TemplateStore, events: Events): ImageObserver => ({
  pulled: ({ bytes, digest, reference }) => {
    meters.imagePulled(bytes);
    events.ofImage(digest, reference, 'pulled', { bytes });
  },
  pullFailed: () => {
    meters.imagePullFailed();
  },
  prepared: () => {
    meters.imagePrepared();
  },
  removed: ({ digest }) => {
    events.ofImage(digest, null, 'removed');
    void templates.forgetImage(digest);
  },
});
