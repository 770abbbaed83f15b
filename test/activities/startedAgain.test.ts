/** A release that has ended begins again only where somebody asked the API: not by a workflow that was started by hand. */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { RESUME_ASKED } from '../../src/domain/release/resumeAsked.js';
import { ferries, MODEL, openBuildScene } from './buildScene.js';

const scene = openBuildScene();
after(scene.close);

it('is refused by its checks until it was asked for, and writes nothing of a second start', async () => {
  const commit = scene.repository.commit(ferries());
  const releaseId = `release/${MODEL}/${commit}.9`;
  const check = () => scene.check(commit, { releaseId });
  assert.equal((await check()).verdict, 'pass');
  const { ledger } = scene.ports;
  await ledger.append(releaseId, 'ended', 'release.ended', 9, { outcome: 'rejected' });
  const before = (await ledger.read(releaseId)).length;
  await assert.rejects(check(), { code: 'not_resumable' });
  assert.equal((await ledger.read(releaseId)).length, before);
  await ledger.append(releaseId, 'resume.1', RESUME_ASKED, 10, { number: 1, by: 'oncall' });
  assert.equal((await check()).verdict, 'pass');
});
