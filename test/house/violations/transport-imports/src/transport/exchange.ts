import { request } from 'node:http';

export const exchange = () => request('http://127.0.0.1');
