import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withComments } from '../../../src/domain/report/commentSection.js';
import { page } from '../../../src/domain/report/html.js';

const comment = (text: string, kind: 'comment' | 'question' = 'comment') => ({
  ...{ id: '000001-a', kind, by: 'reviewer', at: 0, text },
});
const report = page('flights', '<h1>flights</h1>');

describe('what people say, in a report', () => {
  it('stands at its end, and no word of it is a tag', () => {
    const told = withComments(report, [comment('why</section><b>bold</b>\nanother seed?', 'question')]);
    assert.match(
      told,
      /<td>1970-01-01 00:00:00 UTC<\/td><td>reviewer<\/td><td>question<\/td><td>why&lt;\/section&gt;&lt;b&gt;bold&lt;\/b&gt;<br>another seed\?<\/td>.*<\/section><\/main>/,
    );
    assert.equal(withComments(report, []), report);
  });

  it('takes the place of what was said before', () => {
    const first = withComments(report, [comment('one </section> two')]);
    const both = [comment('one </section> two'), comment('three')];
    assert.equal(withComments(first, both), withComments(report, both));
    assert.equal(withComments(first, []), report);
  });

  it('is at the end of a page that is none of ours', () => {
    assert.match(withComments('broken', [comment('one')]), /^broken<section/);
  });
});
