import { createHash } from 'node:crypto';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { Control } from './controlClient.js';
import type { S3Client } from './s3Client.js';
import { answerError, clientError, parseAnswer } from './storeErrors.js';

type Documents = Pick<BlobStore, 'createDocument' | 'putDocument' | 'getDocument' | 'listDocuments' | 'deleteDocument'>;

/** Kept with every document, so that reading it shows whether it is what was written. */
const CHECKSUM = 'x-amz-meta-slipway-sha256';
const PAGE = 1000;

/** Named documents: small, checked on every read against the checksum that was stored with them. */
export const createDocuments = (client: S3Client, control: Control): Documents => {
  const put = async (key: string, body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<boolean> => {
    const sha256 = createHash('sha256').update(body).digest('hex');
    const { status } = await client.call({
      method: 'PUT',
      key,
      headers: { [CHECKSUM]: sha256, ...headers },
      body: { size: body.length, sha256, open: () => body },
      expect: [200, 412],
    });
    return status === 200;
  };

  const getDocument = async (key: string): Promise<Uint8Array | undefined> => {
    const { status, headers, body } = await client.call({ method: 'GET', key, expect: [200, 404] });
    if (status === 404) return absent(key, body);
    const expected = headers[CHECKSUM];
    if (typeof expected === 'string' && createHash('sha256').update(body).digest('hex') !== expected) {
      throw new SlipwayError('digest_mismatch', `${key} is not what was written`, { key });
    }
    return new Uint8Array(body.buffer, body.byteOffset, body.length);
  };

  return {
    getDocument,
    createDocument: async (key, body) => {
      if (await put(key, body, { 'if-none-match': '*' })) return { created: true };
      const there = await getDocument(key);
      if (there !== undefined && Buffer.compare(there, body) === 0) return { created: false };
      throw new SlipwayError('precondition_failed', `${key} exists with other content`, { key });
    },
    putDocument: async (key, body, contentType = 'application/octet-stream') => {
      await put(key, body, { 'content-type': contentType });
    },
    listDocuments: async (prefix, options = {}) => {
      const { limit = PAGE, startAfter = '' } = options;
      const keys: string[] = [];
      let token = '';
      do {
        const count = Math.min(PAGE, limit - keys.length);
        const page = await (
          await control()
        )
          .listObjectsV2Query(client.options.bucket, prefix, token, '', count, startAfter)
          .catch((error: unknown) => {
            throw clientError(`listing ${prefix}`, client.options.endpoint, error);
          });
        for (const object of page.objects) if (object.name !== undefined) keys.push(object.name);
        token = page.isTruncated ? page.nextContinuationToken : '';
      } while (token !== '' && keys.length < limit);
      return keys;
    },
    deleteDocument: async (key) => {
      await client.call({ method: 'DELETE', key, expect: [204, 200, 404] });
    },
  };
};

/** Nothing under the key is an answer; no bucket is an error. */
const absent = (key: string, body: Buffer): undefined => {
  const answer = parseAnswer(404, body.toString('utf8'));
  if (answer.code === 'NoSuchBucket') throw answerError(`GET ${key}`, answer);
  return undefined;
};
