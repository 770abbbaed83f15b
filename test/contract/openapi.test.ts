import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openApi } from '../../src/contract/http/openapi.js';

describe('the OpenAPI document', () => {
  it('is one of version 3.1, as a validator of others sees it', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(openApi());
    assert.ok(valid, JSON.stringify(errors));
    assert.equal(validator.version, '3.1');
  });

  it('would be refused with a mistake in it', async () => {
    const { valid } = await new Validator().validate({ ...openApi(), paths: { '/x': { get: { responses: 7 } } } });
    assert.equal(valid, false);
  });
});
