import { Command } from 'commander';
import { answer } from '../contract/spec.js';

export const validate = [Command, answer];
